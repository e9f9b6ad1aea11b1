"""CloudFormation as boto3 sees it: real requests, real answers, the SDK's own waiters and paginators."""

from __future__ import annotations

import inspect
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from services.cloudformation.stage import Stage, parameter, ref, resources

from terrella.wire.http import Request

TEMPLATE = {
    "Parameters": {"P": {"Type": "String", "Default": "d"}},
    **resources(A=parameter(ref("P"), "a")),
    "Outputs": {"Name": {"Value": ref("A")}},
}
BODY = json.dumps(TEMPLATE)


class Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **options: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def client(stage: Stage) -> Any:
    made = boto3.client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def send(request: Any, **options: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        headers.setdefault("host", parts.netloc)
        answer = stage.region.handle(Request(request.method, parts.path or "/", parts.query, headers, body))
        response = stage.time.wait_for(answer) if inspect.isawaitable(answer) else answer
        return AWSResponse(request.url, response.status, HeadersDict(response.headers), Raw(response.body))

    made.meta.events.register("before-send", send)
    return made


def test_a_stack_lives_and_dies_by_the_waiters(stage: Stage, client: Any) -> None:
    made = client.create_stack(StackName="shop", TemplateBody=BODY, Tags=[{"Key": "k", "Value": "v"}])
    client.get_waiter("stack_create_complete").wait(StackName="shop", WaiterConfig={"Delay": 0})
    (stack,) = client.describe_stacks(StackName="shop")["Stacks"]
    assert stack["StackId"] == made["StackId"]
    assert stack["CreationTime"].timestamp() == pytest.approx(1_700_000_000)
    assert stack["Outputs"] == [{"OutputKey": "Name", "OutputValue": "a"}]
    client.update_stack(
        StackName="shop",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "P", "ParameterValue": "new"}],
    )
    client.get_waiter("stack_update_complete").wait(StackName="shop", WaiterConfig={"Delay": 0})
    assert stage.parameters() == {"a": "new"}
    client.delete_stack(StackName="shop")
    client.get_waiter("stack_delete_complete").wait(StackName="shop", WaiterConfig={"Delay": 0})
    assert stage.parameters() == {}


def test_a_change_set_is_made_waited_for_and_executed(stage: Stage, client: Any) -> None:
    names = {"StackName": "shop", "ChangeSetName": "one"}
    client.create_change_set(**names, TemplateBody=BODY, ChangeSetType="CREATE")
    client.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 0})
    found = client.describe_change_set(**names)
    assert found["Changes"][0]["ResourceChange"]["Action"] == "Add"
    client.execute_change_set(**names)
    client.get_waiter("stack_create_complete").wait(StackName="shop", WaiterConfig={"Delay": 0})
    again = {"StackName": "shop", "ChangeSetName": "two"}
    client.create_change_set(**again, TemplateBody=BODY)
    with pytest.raises(WaiterError) as failure:
        client.get_waiter("change_set_create_complete").wait(**again, WaiterConfig={"Delay": 0})
    assert "didn't contain changes" in failure.value.last_response["StatusReason"]


def test_errors_are_those_boto3_knows(client: Any) -> None:
    with pytest.raises(ClientError, match="Stack with id shop does not exist") as refusal:
        client.describe_stacks(StackName="shop")
    assert refusal.value.response["Error"]["Code"] == "ValidationError"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    client.create_stack(StackName="shop", TemplateBody=BODY)
    with pytest.raises(client.exceptions.AlreadyExistsException):
        client.create_stack(StackName="shop", TemplateBody=BODY)
    with pytest.raises(client.exceptions.ChangeSetNotFoundException) as missing:
        client.describe_change_set(StackName="shop", ChangeSetName="x")
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    role = resources(R={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}})
    with pytest.raises(client.exceptions.InsufficientCapabilitiesException):
        client.create_stack(StackName="other", TemplateBody=json.dumps(role))
    with pytest.raises(ClientError, match="NotImplemented"):
        client.detect_stack_drift(StackName="shop")


def test_every_list_can_be_paged_through(stage: Stage, client: Any) -> None:
    many = {"Resources": {f"R{number}": parameter("1", f"r{number}") for number in range(120)}}
    client.create_stack(StackName="shop", TemplateBody=json.dumps(many))
    stage.time.run()
    pages = {
        "describe_stack_events": ("StackEvents", 120 * 3 + 2),
        "list_stack_resources": ("StackResourceSummaries", 120),
    }
    for operation, (member, count) in pages.items():
        found = client.get_paginator(operation).paginate(StackName="shop").build_full_result()[member]
        assert len(found) == count
    (stack,) = client.get_paginator("describe_stacks").paginate().build_full_result()["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_a_template_comes_back_as_boto3_gives_it(client: Any) -> None:
    client.create_stack(StackName="shop", TemplateBody=BODY)
    assert client.get_template(StackName="shop")["TemplateBody"] == TEMPLATE
    found = client.get_template_summary(StackName="shop")
    assert found["ResourceTypes"] == ["AWS::SSM::Parameter"]
    assert client.validate_template(TemplateBody=BODY)["Parameters"][0]["DefaultValue"] == "d"


@pytest.mark.parametrize("operation", ["create_stack", "create_change_set"])
def test_a_name_no_stack_can_have_is_refused(client: Any, operation: str) -> None:
    more = {"ChangeSetName": "c", "ChangeSetType": "CREATE"} if operation == "create_change_set" else {}
    with pytest.raises(ClientError, match=r"failed to satisfy constraint") as refusal:
        getattr(client, operation)(StackName="no_good", TemplateBody=BODY, **more)
    assert refusal.value.response["Error"]["Code"] == "ValidationError"
