"""Versions do not change; aliases point at them; policies say who may invoke."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from function_world import FunctionWorld, zipped

VERSION = "def handler(event, context):\n    return context.function_version\n"


@pytest.fixture
def world() -> FunctionWorld:
    made = FunctionWorld()
    made.function(VERSION)
    return made


def refused(code: str, call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_a_version_keeps_its_code(world: FunctionWorld) -> None:
    assert world.lambda_.publish_version(FunctionName="f")["Version"] == "1"
    world.lambda_.update_function_code(FunctionName="f", ZipFile=zipped("def handler(e, c): return 'new'"))
    assert world.lambda_.invoke(FunctionName="f:1")["Payload"].read() == b'"1"'
    answer = world.lambda_.invoke(FunctionName="f")
    assert (answer["Payload"].read(), answer["ExecutedVersion"]) == (b'"new"', "$LATEST")


def test_nothing_new_publishes_nothing_new(world: FunctionWorld) -> None:
    versions = [world.lambda_.publish_version(FunctionName="f")["Version"] for _ in range(2)]
    assert versions == ["1", "1"]
    listed = world.lambda_.list_versions_by_function(FunctionName="f")["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1"]
    assert listed[1]["FunctionArn"].endswith(":function:f:1")


def test_an_alias_follows_its_version(world: FunctionWorld) -> None:
    world.lambda_.publish_version(FunctionName="f")
    alias = world.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert alias["AliasArn"].endswith(":function:f:live")
    assert world.lambda_.invoke(FunctionName="f", Qualifier="live")["ExecutedVersion"] == "1"
    world.lambda_.update_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")
    assert world.lambda_.invoke(FunctionName="f:live")["ExecutedVersion"] == "$LATEST"
    world.lambda_.delete_alias(FunctionName="f", Name="live")
    refused("ResourceNotFoundException", world.lambda_.get_alias, FunctionName="f", Name="live")


def test_an_alias_can_split_its_traffic(world: FunctionWorld) -> None:
    world.lambda_.publish_version(FunctionName="f")
    world.lambda_.update_function_configuration(FunctionName="f", Timeout=7)
    world.clock.time += 1
    world.lambda_.publish_version(FunctionName="f")
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    world.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=routing)
    ran = [world.lambda_.invoke(FunctionName="f:live")["ExecutedVersion"] for _ in range(40)]
    assert 10 < ran.count("2") < 30


def test_a_version_somebody_points_at_stays(world: FunctionWorld) -> None:
    world.lambda_.publish_version(FunctionName="f")
    world.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    message = refused(
        "ResourceConflictException", world.lambda_.delete_function, FunctionName="f", Qualifier="1"
    )
    assert "live" in message


def test_qualifiers_must_agree(world: FunctionWorld) -> None:
    call = world.lambda_.get_function
    refused("InvalidParameterValueException", call, FunctionName="f:1", Qualifier="2")


def test_a_policy_is_made_of_statements(world: FunctionWorld) -> None:
    given = {
        "FunctionName": "f",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": "arn:aws:execute-api:eu-west-1:123456789012:abc/*",
    }
    statement = json.loads(world.lambda_.add_permission(**given)["Statement"])
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": given["SourceArn"]}}
    assert "already exists" in refused("ResourceConflictException", world.lambda_.add_permission, **given)
    policy = json.loads(world.lambda_.get_policy(FunctionName="f")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["s"]
    world.lambda_.remove_permission(FunctionName="f", StatementId="s")
    message = refused("ResourceNotFoundException", world.lambda_.get_policy, FunctionName="f")
    assert message == "The resource you requested does not exist."


def test_reserved_concurrency_leaves_some_for_others(world: FunctionWorld) -> None:
    put = world.lambda_.put_function_concurrency
    refused("InvalidParameterValueException", put, FunctionName="f", ReservedConcurrentExecutions=901)
    put(FunctionName="f", ReservedConcurrentExecutions=900)
    assert world.lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    world.lambda_.delete_function_concurrency(FunctionName="f")
    assert "ReservedConcurrentExecutions" not in world.lambda_.get_function_concurrency(FunctionName="f")
