"""Backups and point-in-time recovery keep items and restore them; policies, insights, destinations are told."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, SETTLED_S, TinyWorld

WORLD = TinyWorld("eu-west-1")
CLIENT = WORLD.clients["eu-west-1"]
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/things"


def setup_module() -> None:
    CLIENT.create_table(
        TableName="things",
        KeySchema=[HASH],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "colour")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-colour",
                "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    settle()


def settle() -> None:
    WORLD.clock.time += SETTLED_S


def put(pk: str, colour: str) -> None:
    CLIENT.put_item(TableName="things", Item={"pk": {"S": pk}, "colour": {"S": colour}})


def colours(table: str, **more: Any) -> dict[str, str]:
    items = CLIENT.scan(TableName=table, **more)["Items"]
    return {item["pk"]["S"]: item["colour"]["S"] for item in items}


def refused(operation: str, **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**input)
    return str(caught.value.response["Error"]["Code"])


def message(operation: str, **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**input)
    return str(caught.value.response["Error"]["Message"])


def test_a_backup_keeps_items_as_they_stood_and_restores_them_with_their_indexes() -> None:
    put("a", "red"), put("b", "blue")
    backup = CLIENT.create_backup(TableName="things", BackupName="first")["BackupDetails"]
    assert backup["BackupStatus"] == "CREATING"
    assert refused("delete_backup", BackupArn=backup["BackupArn"]) == "BackupInUseException"
    put("a", "green")
    CLIENT.delete_item(TableName="things", Key={"pk": {"S": "b"}})
    settle()
    described = CLIENT.describe_backup(BackupArn=backup["BackupArn"])["BackupDescription"]
    assert described["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert described["SourceTableDetails"]["ItemCount"] == 2
    made = CLIENT.restore_table_from_backup(BackupArn=backup["BackupArn"], TargetTableName="restored")
    assert made["TableDescription"]["RestoreSummary"]["RestoreInProgress"] is True
    settle()
    told = CLIENT.describe_table(TableName="restored")["Table"]
    assert (told["TableStatus"], told["RestoreSummary"]["RestoreInProgress"]) == ("ACTIVE", False)
    assert colours("restored") == colours("restored", IndexName="by-colour") == {"a": "red", "b": "blue"}
    assert colours("things") == {"a": "green"}
    assert [each["BackupName"] for each in CLIENT.list_backups(TableName="things")["BackupSummaries"]] == ["first"]
    CLIENT.delete_backup(BackupArn=backup["BackupArn"])
    assert CLIENT.list_backups()["BackupSummaries"] == []
    assert refused("describe_backup", BackupArn=backup["BackupArn"]) == "BackupNotFoundException"


def test_a_table_is_restored_as_it_was_at_any_moment_of_its_recovery() -> None:
    recovery = {"PointInTimeRecoveryEnabled": True}
    put("a", "red")
    settle()
    before = WORLD.clock.time
    CLIENT.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=recovery)
    moments = {}
    for colour in ("orange", "yellow"):
        settle()
        put("a", colour), put(colour, colour)
        moments[WORLD.clock.time + 1] = colours("things")
    settle()
    CLIENT.delete_item(TableName="things", Key={"pk": {"S": "a"}})
    moments[WORLD.clock.time] = colours("things")
    for number, (moment, expected) in enumerate(moments.items()):
        at = datetime.datetime.fromtimestamp(moment, datetime.UTC)
        target = f"restored-{number}"
        CLIENT.restore_table_to_point_in_time(SourceTableName="things", TargetTableName=target, RestoreDateTime=at)
        WORLD.clock.time += 5
        assert colours(target) == expected
    early = datetime.datetime.fromtimestamp(before - 1, datetime.UTC)
    source = {"SourceTableName": "things", "TargetTableName": "early"}
    assert refused("restore_table_to_point_in_time", **source, RestoreDateTime=early) == "InvalidRestoreTimeException"
    off = {"PointInTimeRecoveryEnabled": False}
    CLIENT.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=off)
    expected_code = "PointInTimeRecoveryUnavailableException"
    assert refused("restore_table_to_point_in_time", **source, UseLatestRestorableTime=True) == expected_code
    assert refused("describe_continuous_backups", TableName="nowhere") == "TableNotFoundException"


def test_a_policy_has_revisions() -> None:
    assert refused("get_resource_policy", ResourceArn=ARN) == "PolicyNotFoundException"
    revision = CLIENT.put_resource_policy(ResourceArn=ARN, Policy="{}")["RevisionId"]
    assert CLIENT.get_resource_policy(ResourceArn=ARN)["Policy"] == "{}"
    wrong = {"ResourceArn": ARN, "Policy": "[]", "ExpectedRevisionId": "1"}
    assert refused("put_resource_policy", **wrong) == "PolicyNotFoundException"
    missing = "Resource-based policy not found for the provided ResourceArn: "
    assert message("put_resource_policy", **wrong) == missing + (
        "Requested update for policy with revision id 1, but the policy associated to target table things has "
        f"revision id {revision}."
    )
    assert message("put_resource_policy", **{**wrong, "ExpectedRevisionId": "NO_POLICY"}) == missing + (
        "Requested policy update expecting none to be present for table things, but a policy exists with revision "
        f"id {revision}."
    )
    assert message("get_resource_policy", ResourceArn=ARN + "s") == (
        "Requested resource not found: Table: thingss not found"
    )
    assert CLIENT.delete_resource_policy(ResourceArn=ARN, ExpectedRevisionId=revision)["RevisionId"] == revision
    assert refused("put_resource_policy", ResourceArn=ARN, Policy="{") == "ValidationException"


def test_insights_and_destinations_are_described_state() -> None:
    name: dict[str, Any] = {"TableName": "things"}
    CLIENT.update_contributor_insights(**name, IndexName="by-colour", ContributorInsightsAction="ENABLE")
    stream = {**name, "StreamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes-of-things"}
    assert CLIENT.enable_kinesis_streaming_destination(**stream)["EnableKinesisStreamingConfiguration"] == {}
    settle()
    assert refused("enable_kinesis_streaming_destination", **stream) == "ValidationException"
    told = CLIENT.describe_kinesis_streaming_destination(**name)["KinesisDataStreamDestinations"]
    assert told == [{"DestinationStatus": "ACTIVE", "StreamArn": stream["StreamArn"]}]
    for precision in ("MICROSECOND", None, "MICROSECOND"):
        given = {"ApproximateCreationDateTimePrecision": precision} if precision else {}
        update = {**stream, "UpdateKinesisStreamingConfiguration": given}
        if told[0].get("ApproximateCreationDateTimePrecision") or not precision:
            assert refused("update_kinesis_streaming_destination", **update) == "ValidationException"
        else:
            assert CLIENT.update_kinesis_streaming_destination(**update)["DestinationStatus"] == "UPDATING"
        settle()
        told = CLIENT.describe_kinesis_streaming_destination(**name)["KinesisDataStreamDestinations"]
    assert told[0]["ApproximateCreationDateTimePrecision"] == "MICROSECOND"
    told = CLIENT.list_contributor_insights()["ContributorInsightsSummaries"]
    assert [(each["IndexName"], each["ContributorInsightsStatus"]) for each in told] == [("by-colour", "ENABLED")]
    assert CLIENT.describe_contributor_insights(**name)["ContributorInsightsStatus"] == "DISABLED"


def test_warm_throughput_never_sinks() -> None:
    more, less = {"WriteUnitsPerSecond": 9_000}, {"WriteUnitsPerSecond": 8_000}
    CLIENT.update_table(TableName="things", WarmThroughput=more)
    settle()
    assert CLIENT.describe_table(TableName="things")["Table"]["WarmThroughput"]["WriteUnitsPerSecond"] == 9_000
    assert refused("update_table", TableName="things", WarmThroughput=less) == "ValidationException"


def test_recovery_goes_back_as_many_days_as_asked_and_no_farther_than_it_was_turned_on() -> None:
    def earliest(**settings: Any) -> float:
        wanted = {"PointInTimeRecoveryEnabled": True, **settings}
        told = CLIENT.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=wanted)
        recovery = told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return float(recovery["EarliestRestorableDateTime"].timestamp())

    since = earliest()
    WORLD.clock.time += 3 * 86_400
    assert earliest() == pytest.approx(since, abs=1), "to ask again is no new beginning"
    assert earliest(RecoveryPeriodInDays=1) == pytest.approx(WORLD.clock.time - 86_400, abs=1)


def test_a_moment_is_restored_to_the_microsecond() -> None:
    recovery = {"PointInTimeRecoveryEnabled": True}
    CLIENT.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=recovery)
    settle()
    WORLD.clock.time = float(int(WORLD.clock.time))
    for colour in ("red", "green", "blue"):
        put("m", colour)
        WORLD.clock.time += 0.5
    end, expected = WORLD.clock.time, {1.25: "red", 1.0: "green", 0.75: "green", 0.25: "blue"}
    for before in expected:
        at = datetime.datetime.fromtimestamp(end - before, datetime.UTC)
        target = f"before-{before}"
        CLIENT.restore_table_to_point_in_time(SourceTableName="things", TargetTableName=target, RestoreDateTime=at)
    settle()
    assert {before: colours(f"before-{before}")["m"] for before in expected} == expected
