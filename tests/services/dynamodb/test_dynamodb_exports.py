"""Exports to S3, through boto3: files as AWS lays them out, of one moment, whatever is written meanwhile."""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bucket_places import Buckets
from dynamodb_places import TinyWorld, make_table

from terrella.region.region import Region
from terrella.services.dynamodb.transfers import exporting, files, snapshot

NAME = "things"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/things"


class Exporting:
    """A region with a table that can be exported, and two buckets."""

    def __init__(self, count: int = 5, **table: Any) -> None:
        self.buckets = Buckets("here", "there")
        self.world = TinyWorld("eu-west-1")
        self.region = self.world.regions["eu-west-1"]
        self.region.ports.borrowed = self.buckets
        self.client = self.world.clients["eu-west-1"]
        make_table(self.world, self.client, NAME, **table)
        enable = {"PointInTimeRecoveryEnabled": True}
        self.client.update_continuous_backups(TableName=NAME, PointInTimeRecoverySpecification=enable)
        for number in range(count):
            self.put(f"k{number}", "first")

    def put(self, key: str, text: str) -> None:
        self.client.put_item(TableName=NAME, Item={"pk": {"S": key}, "text": {"S": text}})

    def begin(self, **more: Any) -> str:
        asked = {"TableArn": ARN, "S3Bucket": "here", **more}
        arn: str = self.client.export_table_to_point_in_time(**asked)["ExportDescription"]["ExportArn"]
        return arn

    def described(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_export(ExportArn=arn)["ExportDescription"]
        return found

    def done(self, **more: Any) -> dict[str, Any]:
        arn = self.begin(**more)
        self.world.finish()
        return self.described(arn)

    def lines(self, bucket: str = "here") -> list[dict[str, Any]]:
        contents = [body for key, body in self.buckets.objects[bucket].items() if "/data/" in key]
        return [json.loads(line) for body in contents for line in gzip.decompress(body).splitlines()]


def texts(lines: list[dict[str, Any]]) -> dict[str, str]:
    return {line["Item"]["pk"]["S"]: line["Item"]["text"]["S"] for line in lines}


def at(time: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(time, datetime.UTC)


def test_an_export_leaves_the_files_aws_leaves() -> None:
    place = Exporting()
    about = place.done(S3Prefix="backups/daily")
    identity = about["ExportArn"].rpartition("/")[2]
    folder = f"backups/daily/AWSDynamoDB/{identity}"
    objects = place.buckets.objects["here"]
    data = [key for key in objects if key.startswith(f"{folder}/data/")]
    assert len(data) == 1 and data[0].endswith(".json.gz")
    manifests = {f"{folder}/manifest-{name}.{kind}" for name in ("files", "summary") for kind in ("json", "md5")}
    assert set(objects) == {f"{folder}/_started", *data, *manifests}
    for name in ("files", "summary"):
        content = objects[f"{folder}/manifest-{name}.json"]
        assert objects[f"{folder}/manifest-{name}.md5"] == base64.b64encode(hashlib.md5(content).digest())
    (file,) = map(json.loads, objects[f"{folder}/manifest-files.json"].splitlines())
    assert file["itemCount"] == 5 and file["dataFileS3Key"] == data[0] and file["etag"]
    assert file["md5Checksum"] == base64.b64encode(hashlib.md5(objects[data[0]]).digest()).decode()
    summary = json.loads(objects[about["ExportManifest"]])
    assert summary["manifestFilesS3Key"] == f"{folder}/manifest-files.json"
    assert (summary["version"], summary["itemCount"], summary["outputFormat"]) == ("2020-06-30", 5, "DYNAMODB_JSON")
    assert summary["exportTime"].endswith("Z") and "exportType" not in summary
    assert (about["ExportStatus"], about["ItemCount"], about["S3Prefix"]) == ("COMPLETED", 5, "backups/daily")
    assert about["BilledSizeBytes"] == 5 * len("pkk0textfirst") and "ExportType" not in about


def test_an_export_is_of_its_moment_although_the_table_is_written_meanwhile() -> None:
    place = Exporting(300)
    place.world.clock.time += 100
    moment = place.world.clock.time
    place.world.clock.time += 100
    place.put("k1", "second")
    place.client.delete_item(TableName=NAME, Key={"pk": {"S": "k2"}})
    arn = place.begin(ExportTime=at(moment))
    for number in range(300):  # the first portion has been read, the others have not
        place.put(f"k{number}", "third")
        place.put(f"new{number}", "third")
    place.world.finish()
    assert place.described(arn)["ItemCount"] == 300
    assert texts(place.lines()) == {f"k{number}": "first" for number in range(300)}


def test_portions_are_bounded_where_one_item_was_written_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MOST_LOOKED_AT", 4)
    monkeypatch.setattr(snapshot, "MOST_KEYS", 2)
    place = Exporting(7)
    moments = []
    for text in map(str, range(10)):
        place.world.clock.time += 1
        place.put("k3", text)
        moments.append(place.world.clock.time + 0.5)
    table = place.region.state["dynamodb"].known(NAME)
    for text, moment in enumerate(moments):
        found, start = [], b""
        while start is not None:
            part, start = snapshot.as_of(table, moment, start, None)
            assert len(part) <= 2
            found += part
        assert len(found) == 7 and sum(b'"%d"' % text in record for _, record in found) == 1
    changes, start = [], b""
    while start is not None:
        part, start = snapshot.between(table, moments[2], moments[7], start, None)
        changes += part
    ((_, changed),) = changes
    assert b'"2"' in changed.before and b'"7"' in changed.after and changed.written_at < moments[7]


def test_an_incremental_export_tells_what_became_of_each_item_once() -> None:
    place = Exporting(3)
    place.world.clock.time += 1000
    since = place.world.clock.time
    place.put("k0", "second")
    place.put("k0", "third")
    place.world.clock.time += 1
    place.client.delete_item(TableName=NAME, Key={"pk": {"S": "k1"}})
    place.put("new", "first")
    place.put("brief", "first")
    place.client.delete_item(TableName=NAME, Key={"pk": {"S": "brief"}})
    place.world.clock.time += 1000
    until = place.world.clock.time
    place.put("k0", "fourth")
    period = {"ExportFromTime": at(since), "ExportToTime": at(until)}
    about = place.done(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=period)
    assert about["IncrementalExportSpecification"]["ExportViewType"] == "NEW_AND_OLD_IMAGES"
    lines = {line["Keys"]["pk"]["S"]: line for line in place.lines()}
    assert lines.keys() == {"k0", "k1", "new"}
    assert lines["k0"]["OldImage"]["text"]["S"] == "first" and lines["k0"]["NewImage"]["text"]["S"] == "third"
    assert "NewImage" not in lines["k1"] and "OldImage" not in lines["new"]
    written = int(lines["k0"]["Metadata"]["WriteTimestampMicros"]["N"]) / 1e6
    assert since <= written < until
    summary = json.loads(place.buckets.objects["here"][about["ExportManifest"]])
    assert summary["exportType"] == "INCREMENTAL_EXPORT" and summary["outputView"] == "NEW_AND_OLD_IMAGES"
    assert any(key.startswith("AWSDynamoDB/data/") for key in place.buckets.objects["here"])


def test_new_images_alone_have_no_old_ones() -> None:
    place = Exporting(1)
    place.world.clock.time += 1000
    since = place.world.clock.time
    place.put("k0", "second")
    place.world.clock.time += 1000
    period = {"ExportFromTime": at(since), "ExportViewType": "NEW_IMAGE"}
    place.done(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=period)
    (line,) = place.lines()
    assert line.keys() == {"Metadata", "Keys", "NewImage"}


def test_a_filter_chooses_items_and_attributes() -> None:
    place = Exporting()
    place.put("k1", "second")
    place.done(FilterSpecification={
        "FilterExpression": "#text = :text", "ExpressionAttributeNames": {"#text": "text"},
        "ProjectionExpression": "pk", "ExpressionAttributeValues": {":text": {"S": "first"}},
    })  # fmt: skip
    assert sorted(line["Item"]["pk"]["S"] for line in place.lines()) == ["k0", "k2", "k3", "k4"]
    assert all(line["Item"].keys() == {"pk"} for line in place.lines())
    key = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "k1"}}}
    about = place.done(S3Bucket="there", FilterSpecification=key)
    assert texts(place.lines("there")) == {"k1": "second"} and about["ItemCount"] == 1


def test_an_export_goes_on_where_a_restart_interrupted_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILE_BYTES", 10_000)
    place = Exporting(600)
    arn = place.begin()
    while not place.region.state["dynamodb"].jobs.get("exports", arn)["progress"]["files"]:
        place.world.work()
    place.world.tasks["eu-west-1"].drop()
    region = place.region
    again = Region(
        region.name, region.owned, clock=region.clock, journal=region.journal, maps=region.maps, world=region.world,
        ports=region.ports,
    )  # fmt: skip
    place.world.regions["eu-west-1"] = again
    place.world.connect("eu-west-1")
    place.client = place.world.clients["eu-west-1"]
    again.start()
    place.put("k7", "second")
    place.world.finish()
    about = place.described(arn)
    assert (about["ExportStatus"], about["ItemCount"]) == ("COMPLETED", 600)
    lines = place.lines()
    assert len(lines) == 600 and set(texts(lines).values()) == {"first"}
    assert len([key for key in place.buckets.objects["here"] if "/data/" in key]) > 1


def test_a_missing_bucket_fails_the_export_in_the_words_of_s3() -> None:
    about = Exporting().done(S3Bucket="nowhere")
    assert (about["ExportStatus"], about["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert about["FailureMessage"].startswith("The specified bucket does not exist (Service: Amazon S3; Status Code")
    assert "ItemCount" not in about


def test_s3_that_is_out_for_a_moment_is_asked_again() -> None:
    place = Exporting()
    place.buckets.out = 2
    arn = place.begin()
    for _ in range(20):
        place.world.clock.time += 5
        place.world.work()
    assert place.described(arn)["ExportStatus"] == "COMPLETED"


def test_a_table_that_is_deleted_or_no_longer_kept_fails_its_export() -> None:
    place = Exporting(300)
    disabled, deleted = place.begin(), place.begin(S3Bucket="there")
    place.client.update_continuous_backups(
        TableName=NAME, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    place.world.work()
    assert place.client.list_exports(TableArn=ARN)["ExportSummaries"]
    place.client.delete_table(TableName=NAME)
    place.world.finish()
    assert place.described(disabled)["FailureCode"] == "PointInTimeRecoveryUnavailable"
    assert place.described(deleted)["ExportStatus"] == "FAILED"
    place.world.settle()
    assert not place.client.list_exports(TableArn=ARN)["ExportSummaries"]
    assert len(place.client.list_exports()["ExportSummaries"]) == 2


def test_the_same_token_is_the_same_export_and_another_request_with_it_a_conflict() -> None:
    place = Exporting()
    first = place.begin(ClientToken="once")
    assert place.begin(ClientToken="once") == first
    with pytest.raises(ClientError, match=r"ExportConflictException.*Duplicate request detected"):
        place.begin(ClientToken="once", S3Prefix="elsewhere")
    place.world.finish()
    place.world.clock.time += 8 * 3600 + 60
    assert place.begin(ClientToken="once") != first


@pytest.mark.parametrize(("given", "refusal"), [
    ({"TableArn": "QWERTY"}, "ValidationException.*TableArn"),
    ({"TableArn": f"{ARN}2"}, "TableNotFoundException.*not found"),
    ({"ExportTime": at(-1)}, "InvalidExportTimeException.*ExportTime"),
    ({"ExportTime": at(2e9)}, "InvalidExportTimeException"),
    ({"ExportType": "INCREMENTAL_EXPORT"}, "ValidationException.*ExportFromTime"),
    ({"FilterSpecification": {"FilterExpression": "a ="}}, "ValidationException.*FilterExpression"),
])  # fmt: skip
def test_what_cannot_be_exported_is_refused_at_once(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ClientError, match=refusal):
        Exporting(0).begin(**given)


@pytest.mark.parametrize(("ago", "most"), [(60, "at least 15 minutes"), (90_000, "at most 24 hours")])
def test_a_period_has_a_quarter_of_an_hour_and_no_more_than_a_day(ago: float, most: str) -> None:
    place = Exporting(0)
    place.world.clock.time += 100_000
    period = {"ExportFromTime": at(place.world.clock.time - ago)}
    with pytest.raises(ClientError, match=f"InvalidExportTimeException.*Difference between export period.*{most}"):
        place.begin(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=period)


def test_a_table_without_point_in_time_recovery_cannot_be_exported() -> None:
    place = Exporting(0)
    make_table(place.world, place.client, "plain")
    with pytest.raises(ClientError, match="PointInTimeRecoveryUnavailableException"):
        place.begin(TableArn=ARN.replace("things", "plain"))


def test_a_world_without_s3_says_so() -> None:
    place = Exporting(0)
    place.buckets.offers = lambda service: False  # type: ignore[method-assign]
    with pytest.raises(ClientError, match=r"NotImplemented.*without S3"):
        place.begin()


@pytest.mark.parametrize(("arn", "refusal"), [
    (f"{ARN}/export/01695353076000-06e2188f", "ExportNotFoundException"),
    (ARN, "ValidationException.*Invalid Export ARN"),
    (ARN.replace("eu-west-1", "us-east-1"), "AccessDeniedException"),
])  # fmt: skip
def test_no_other_export_is_described(arn: str, refusal: str) -> None:
    with pytest.raises(ClientError, match=refusal):
        Exporting(0).described(arn)


def test_exports_are_listed_newest_first_page_by_page() -> None:
    place = Exporting(0)
    made = []
    for _ in range(5):
        made.append(place.begin())
        place.world.clock.time += 1
    pages = [place.client.list_exports(MaxResults=2)]
    while pages[-1].get("NextToken"):
        pages.append(place.client.list_exports(MaxResults=2, NextToken=pages[-1]["NextToken"]))
    assert [len(page["ExportSummaries"]) for page in pages] == [2, 2, 1]
    assert [each["ExportArn"] for page in pages for each in page["ExportSummaries"]] == made[::-1]
    assert pages[0]["ExportSummaries"][0]["ExportType"] == "FULL_EXPORT"
    with pytest.raises(ClientError, match=r"ValidationException.*ListExports"):
        place.client.list_exports(NextToken="0123456789abcdef" * 16)
    place.world.clock.time += 91 * 86_400
    assert not place.client.list_exports()["ExportSummaries"]


def test_objects_are_encrypted_as_asked() -> None:
    place = Exporting(1)
    about = place.done(S3SseAlgorithm="KMS", S3SseKmsKeyId="alias/mine")
    assert {each["ServerSideEncryption"] for each in place.buckets.puts} == {"aws:kms"}
    assert {each["SSEKMSKeyId"] for each in place.buckets.puts} == {"alias/mine"}
    assert (about["S3SseAlgorithm"], about["S3SseKmsKeyId"]) == ("KMS", "alias/mine")


def test_only_so_many_exports_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 1)
    place = Exporting(1)
    place.buckets.out = 1
    place.begin()
    with pytest.raises(ClientError, match="LimitExceededException"):
        place.begin()
