"""Custom resources: a function is asked, and answers through the URL it was given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from services.cloudformation import stage as staging
from services.cloudformation.stage import Stage, att, parameter, ref, toy_service, toys

TOKEN = "arn:aws:lambda:eu-west-1:123456789012:function:maker"
Answer = Callable[[dict[str, Any]], Any]


class Maker:
    """A function behind custom resources: what it was asked, and what it answers. None is no answer."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Answer = lambda request: {"PhysicalResourceId": "it"}

    def invoke(self, ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
        request = json.loads(input["Payload"])
        assert (input["FunctionName"], input["InvocationType"]) == (TOKEN, "Event")
        self.asked.append(request)
        answer = self.answer(request)
        if answer is not None:
            key = request["ResponseURL"].removeprefix("http://127.10.9.2:4566/").partition("?")[0]
            body = answer if isinstance(answer, bytes) else json.dumps({"Status": "SUCCESS", **answer}).encode()
            ctx.commit("thing_put", name="answer", value=key)
            s3 = ctx.here.context("s3")
            s3.commit("thing_put", name=key, value=body)
        return {"StatusCode": 202}


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def stage(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> Stage:
    services = [*toys(), toy_service("lambda", {"Invoke": maker.invoke})]
    monkeypatch.setattr(staging, "toys", lambda: services)
    return Stage()


def template(**properties: Any) -> dict[str, Any]:
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": TOKEN, **properties}}
    return {
        "Resources": {"Thing": thing, "After": parameter(att("Thing", "Colour"), "after")},
        "Outputs": {"Id": {"Value": ref("Thing")}},
    }


def test_a_function_makes_it_and_its_data_are_attributes(stage: Stage, maker: Maker) -> None:
    maker.answer = lambda request: {"PhysicalResourceId": "it", "Data": {"Colour": "red"}}
    assert stage.deploy(template(Size=3, Deep={"On": True})) == "CREATE_COMPLETE"
    assert stage.outputs() == {"Id": "it"}
    assert stage.parameters() == {"after": "red"}
    (request,) = maker.asked
    url = request.pop("ResponseURL")
    assert "X-Amz-Signature=" in url and "X-Amz-Expires=" in url
    assert len(request.pop("RequestId")) == 36
    assert request == {
        "RequestType": "Create",
        "ServiceToken": TOKEN,
        "StackId": stage.state.stack("shop")["StackId"],
        "LogicalResourceId": "Thing",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": {"ServiceToken": TOKEN, "Size": "3", "Deep": {"On": "true"}},
    }
    assert not [key for key in dict(stage.toy("s3").things.items())], "answers are not kept"


def test_an_update_that_gives_another_id_has_the_old_one_deleted(stage: Stage, maker: Maker) -> None:
    maker.answer = lambda request: {
        "PhysicalResourceId": f"it-{request['ResourceProperties']['Size']}", "Data": {"Colour": "red"}
    }  # fmt: skip
    stage.deploy(template(Size=1))
    assert stage.deploy(template(Size=2)) == "UPDATE_COMPLETE"
    assert stage.outputs() == {"Id": "it-2"}
    _, update, delete = maker.asked
    assert (update["RequestType"], update["PhysicalResourceId"]) == ("Update", "it-1")
    assert update["OldResourceProperties"]["Size"] == "1"
    assert (delete["RequestType"], delete["PhysicalResourceId"]) == ("Delete", "it-1")
    assert delete["ResourceProperties"]["Size"] == "1"


def test_deleting_the_stack_asks_for_its_deletion(stage: Stage, maker: Maker) -> None:
    maker.answer = lambda request: {"PhysicalResourceId": "it", "Data": {"Colour": "red"}}
    stage.deploy(template())
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert [each["RequestType"] for each in maker.asked] == ["Create", "Delete"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"Status": "FAILED", "Reason": "no paint"}, "Received response status [FAILED] from custom resource. "
         "Message returned: no paint"),
        ({"Data": {"Colour": "red"}}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": "it", "Data": {"Colour": "r" * 5000}}, "Response object is too long."),
        (b"garbage", "Invalid response object"),
        (None, "CloudFormation did not receive a response from your custom resource."),
    ],
)  # fmt: skip
def test_what_goes_wrong_fails_the_stack(stage: Stage, maker: Maker, answer: Any, words: str) -> None:
    maker.answer = lambda request: answer if request["RequestType"] == "Create" else {"PhysicalResourceId": "it"}
    assert stage.deploy(template(ServiceTimeout=60)) == "ROLLBACK_COMPLETE"
    rows = [event for _, event in stage.state.events_of(stage.state.stack("shop")["StackId"])]
    assert any(words in (row.get("ResourceStatusReason") or "") for row in rows if row["LogicalResourceId"] == "Thing")


def test_a_restarted_region_goes_on_waiting_and_asks_again_only_without_an_answer(
    stage: Stage, maker: Maker
) -> None:
    maker.answer = lambda request: {"PhysicalResourceId": "it", "Data": {"Colour": "red"}}
    body = json.dumps(template())
    stage.time.spawn("caller", _create(stage, body))
    while not maker.asked:
        stage.time.step()
    stage.restart()
    stage.time.run()
    assert stage.status() == "CREATE_COMPLETE"
    assert len(maker.asked) == 1


async def _create(stage: Stage, body: str) -> None:
    handler = stage.region.services["cloudformation"].operations["CreateStack"]
    await handler(stage.region.context("cloudformation"), {"StackName": "shop", "TemplateBody": body})


def test_only_functions_can_be_asked(stage: Stage) -> None:
    topic = template(ServiceToken="arn:aws:sns:eu-west-1:123456789012:topic")
    assert stage.deploy(topic) == "ROLLBACK_COMPLETE"
    rows = [event for _, event in stage.state.events_of(stage.state.stack("shop")["StackId"])]
    assert any("Invalid ServiceToken" in (row.get("ResourceStatusReason") or "") for row in rows)
