"""Functions through boto3: what is kept, what is shown, what is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from function_world import ECHO, ROLE, FunctionWorld, zipped

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def create(world: FunctionWorld, **changes: Any) -> Any:
    given = {
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "app.handler",
        "Code": {"ZipFile": zipped(ECHO)},
    }
    kept = {key: value for key, value in (given | changes).items() if value is not None}
    return world.lambda_.create_function(**kept)


def refused(code: str, call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_a_new_function_has_the_defaults_lambda_gives(world: FunctionWorld) -> None:
    made = create(world)
    archive = zipped(ECHO)
    assert (made["Timeout"], made["MemorySize"], made["Version"]) == (3, 128, "$LATEST")
    assert made["FunctionArn"] == ARN
    assert made["CodeSize"] == len(archive)
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(archive).digest()).decode()
    assert made["EphemeralStorage"] == {"Size": 512}
    assert made["LastModified"] == "2025-10-09T08:53:20.000+0000"


def test_a_new_function_is_pending_and_then_active(world: FunctionWorld) -> None:
    assert create(world)["State"] == "Pending"
    message = refused("ResourceConflictException", world.lambda_.invoke, FunctionName="f")
    assert message.endswith("currently in the following state: Pending")
    world.clock.time += 1
    assert world.lambda_.get_function(FunctionName="f")["Configuration"]["State"] == "Active"
    world.lambda_.get_waiter("function_active_v2").wait(FunctionName="f")


def test_a_name_is_taken_once(world: FunctionWorld) -> None:
    create(world)
    assert refused("ResourceConflictException", create, world=world) == "Function already exist: f"


def test_a_missing_function_is_named_by_its_arn(world: FunctionWorld) -> None:
    for call in (world.lambda_.get_function, world.lambda_.delete_function, world.lambda_.invoke):
        assert refused("ResourceNotFoundException", call, FunctionName="f") == f"Function not found: {ARN}"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file"),
        ({"Code": {}}, "InvalidParameterValueException", "Please provide a source for function code"),
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"MemorySize": 10_241}, "InvalidParameterValueException", "less than or equal to 10240"),
        ({"Handler": None}, "InvalidParameterValueException", "Runtime and Handler are mandatory"),
        ({"Runtime": "python3.7"}, "InvalidParameterValueException", "no longer supported"),
        ({"Runtime": "java21"}, "NotImplemented", "runtime java21"),
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "NotImplemented", "container images"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "reserved"),
        ({"Environment": {"Variables": {"AA": "x" * 4096}}}, "InvalidParameterValueException", "4KB limit"),
        ({"Layers": [ARN.replace("function:f", "layer:l:1")]}, "InvalidParameterValueException", "exist"),
    ],
)  # fmt: skip
def test_what_lambda_refuses_is_refused(
    world: FunctionWorld, changes: dict[str, Any], code: str, words: str
) -> None:
    assert words in refused(code, create, world=world, **changes)


def test_a_function_of_another_region_is_not_reachable(world: FunctionWorld) -> None:
    arn = ARN.replace("eu-west-1", "us-east-1")
    message = refused("ResourceNotFoundException", world.lambda_.get_function, FunctionName=arn)
    assert message == "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')"


@pytest.mark.parametrize("name", ["f", "function:f", "123456789012:function:f", ARN])
def test_a_function_has_several_names(world: FunctionWorld, name: str) -> None:
    create(world)
    assert world.lambda_.get_function(FunctionName=name)["Configuration"]["FunctionArn"] == ARN


def test_new_code_changes_the_digest_and_the_revision(world: FunctionWorld) -> None:
    world.function()
    before = world.lambda_.get_function_configuration(FunctionName="f")
    after = world.lambda_.update_function_code(
        FunctionName="f", ZipFile=zipped("def handler(e, c): return 2")
    )
    assert after["CodeSha256"] != before["CodeSha256"]
    assert after["RevisionId"] != before["RevisionId"]
    assert after["LastUpdateStatus"] == "InProgress"
    assert world.lambda_.invoke(FunctionName="f")["Payload"].read() == b"2"
    message = refused(
        "ResourceConflictException", world.lambda_.update_function_configuration, FunctionName="f", Timeout=4
    )
    assert "An update is in progress for resource" in message


def test_configuration_changes_only_what_is_named(world: FunctionWorld) -> None:
    world.function(Environment={"Variables": {"AA": "1"}}, Timeout=9)
    after = world.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
    assert (after["MemorySize"], after["Timeout"]) == (256, 9)
    assert after["Environment"] == {"Variables": {"AA": "1"}}


def test_an_outdated_revision_changes_nothing(world: FunctionWorld) -> None:
    world.function()
    call = world.lambda_.update_function_configuration
    refused("PreconditionFailedException", call, FunctionName="f", Timeout=5, RevisionId="old")


def test_functions_are_listed_in_pages(world: FunctionWorld) -> None:
    for number in range(3):
        world.function(name=f"f{number}")
    pages = world.lambda_.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [[each["FunctionName"] for each in page["Functions"]] for page in pages] == [["f0", "f1"], ["f2"]]


def test_a_deleted_function_takes_everything_along(world: FunctionWorld) -> None:
    world.function(Publish=True)
    world.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    world.lambda_.delete_function(FunctionName="f")
    assert world.lambda_.list_functions()["Functions"] == []
    state = world.region.state["lambda"]
    assert not list(state.versions) and not list(state.aliases)


def test_state_is_what_the_journal_says(world: FunctionWorld) -> None:
    world.function(Publish=True, Tags={"a": "b"})
    again = FunctionWorld()
    for change in world.region.journal.read(0, 1000):
        again.region.replay(change)
    again.clock.time = world.clock.time
    have, want = (each.lambda_.get_function(FunctionName="f") for each in (again, world))
    assert have["Configuration"] == want["Configuration"] and have["Tags"] == {"a": "b"}


def test_tags_come_and_go(world: FunctionWorld) -> None:
    arn = world.function(Tags={"a": "1"})
    world.lambda_.tag_resource(Resource=arn, Tags={"b": "2"})
    world.lambda_.untag_resource(Resource=arn, TagKeys=["a"])
    assert world.lambda_.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_a_layer_is_part_of_the_function(world: FunctionWorld) -> None:
    layer = world.lambda_.publish_layer_version(
        LayerName="l", Content={"ZipFile": zipped("WORD = 'from the layer'", name="python/shared.py")}
    )
    world.function("import shared\ndef handler(e, c): return shared.WORD", Layers=[layer["LayerVersionArn"]])
    assert world.lambda_.invoke(FunctionName="f")["Payload"].read() == b'"from the layer"'
    assert layer["Version"] == 1
    assert world.lambda_.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"] == 1


def test_the_account_has_its_limits(world: FunctionWorld) -> None:
    world.function()
    settings = world.lambda_.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountUsage"]["FunctionCount"] == 1


def test_no_function_has_a_code_signing_configuration(world: FunctionWorld) -> None:
    create(world)
    answer = world.lambda_.get_function_code_signing_config(FunctionName="f")
    assert (answer["FunctionName"], "CodeSigningConfigArn" in answer) == ("f", False)
    refused("ResourceNotFoundException", world.lambda_.get_function_code_signing_config, FunctionName="g")
