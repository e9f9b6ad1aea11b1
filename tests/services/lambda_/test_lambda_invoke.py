"""Invoking: now, later, not at all; what goes wrong and how it is told."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from function_world import FunctionWorld

from terrella.region.ports import NoRoom, Outcome


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def invoked(world: FunctionWorld, source: str, payload: bytes = b"{}") -> tuple[Any, Any]:
    world.function(source)
    answer = world.lambda_.invoke(FunctionName="f", Payload=payload)
    return answer, json.loads(answer["Payload"].read())


def test_what_goes_in_and_what_comes_out(world: FunctionWorld) -> None:
    answer, payload = invoked(world, "def handler(event, context): return event['a'] + 1", b'{"a": 1}')
    assert (answer["StatusCode"], answer["ExecutedVersion"], payload) == (200, "$LATEST", 2)
    assert "FunctionError" not in answer


def test_a_function_that_raises_is_an_answer_too(world: FunctionWorld) -> None:
    answer, payload = invoked(world, "def handler(event, context):\n    raise ValueError('boom')\n")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "boom")
    assert payload["stackTrace"] == ['  File "/var/task/app.py", line 2, in handler\n']


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import nope", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nope'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(e, c) return", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def handler(e, c): return {1}", "Runtime.MarshalError", "Unable to marshal response"),
    ],
)
def test_the_runtime_reports_what_is_wrong(
    world: FunctionWorld, source: str, kind: str, message: str
) -> None:
    _, payload = invoked(world, source)
    assert payload["errorType"] == kind
    assert payload["errorMessage"].startswith(message)


def test_the_tail_of_the_log_is_there_for_the_asking(world: FunctionWorld) -> None:
    world.function("def handler(event, context):\n    print('hello')\n")
    answer = world.lambda_.invoke(FunctionName="f", LogType="Tail")
    assert b"hello\n" in base64.b64decode(answer["LogResult"])


def test_a_dry_run_runs_nothing(world: FunctionWorld) -> None:
    world.function("def handler(event, context): raise ValueError")
    assert world.lambda_.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204


def test_an_event_must_be_json(world: FunctionWorld) -> None:
    world.function()
    with pytest.raises(ClientError, match="Could not parse request body into json") as caught:
        world.lambda_.invoke(FunctionName="f", Payload=b"{")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_an_event_can_be_too_large(world: FunctionWorld, kind: str, limit: int) -> None:
    world.function()
    payload = b'"' + b"x" * (limit - 1) + b'"'
    with pytest.raises(ClientError, match=f"smaller than {limit} bytes") as caught:
        world.lambda_.invoke(FunctionName="f", InvocationType=kind, Payload=payload)
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_reserved_concurrency_is_a_ceiling(world: FunctionWorld) -> None:
    world.function()
    world.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(world.lambda_.exceptions.TooManyRequestsException) as caught:
        world.lambda_.invoke(FunctionName="f")
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


class Slow:
    """Sandboxes that take as long as the test wants."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.full = False

    def check(self, runtime: str) -> str:
        return ""

    def prepare(self, spec: dict[str, Any]) -> None:
        pass

    async def invoke(self, spec: dict[str, Any], event: bytes, context: dict[str, Any]) -> Outcome:
        if self.full:
            raise NoRoom("This machine runs at most 3 sandboxes per region.")
        await self.gate.wait()
        return Outcome(b"null")


def test_concurrency_is_counted_while_functions_run(world: FunctionWorld) -> None:
    slow = world.region.ports.functions = Slow()
    world.function()
    world.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=2)
    invoke = {"FunctionName": "f", "Payload": b"{}"}

    async def three() -> list[Any]:
        running = [asyncio.ensure_future(world.region.request("lambda", "Invoke", invoke)) for _ in range(3)]
        await asyncio.sleep(0)
        slow.gate.set()
        return await asyncio.gather(*running, return_exceptions=True)

    outcomes = asyncio.run(three())
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, False, True]
    assert world.region.state["lambda"].running["f"] == 0


def test_a_full_machine_says_so(world: FunctionWorld) -> None:
    slow = world.region.ports.functions = Slow()
    slow.full = True
    world.function()
    with pytest.raises(ClientError, match="at most 3 sandboxes") as caught:
        world.lambda_.invoke(FunctionName="f")
    assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"


COUNT = "seen = []\ndef handler(event, context):\n    seen.append(1)\n    raise ValueError\n"


def test_a_failing_event_is_tried_three_times_and_then_told(world: FunctionWorld) -> None:
    world.function(COUNT)
    world.function(
        "got = []\ndef handler(event, context):\n    got.append(event)\n    return got\n", name="dead"
    )
    destination = {"OnFailure": {"Destination": "arn:aws:lambda:eu-west-1:123456789012:function:dead"}}
    world.lambda_.put_function_event_invoke_config(FunctionName="f", DestinationConfig=destination)
    began = world.clock.time
    answer = world.lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"n": 1}')
    assert answer["StatusCode"] == 202
    world.tasks.run()
    assert world.clock.time - began == 180.0
    told = json.loads(world.lambda_.invoke(FunctionName="dead")["Payload"].read())[0]
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["requestPayload"] == {"n": 1}
    assert told["responsePayload"]["errorType"] == "ValueError"
    assert list(world.region.state["lambda"].events) == []


def test_a_throttled_event_waits_until_it_is_too_old(world: FunctionWorld) -> None:
    world.function()
    world.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    world.lambda_.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=60)
    began = world.clock.time
    world.lambda_.invoke(FunctionName="f", InvocationType="Event")
    world.tasks.run()
    assert 30 <= world.clock.time - began <= 60
    assert list(world.region.state["lambda"].events) == []


def test_an_accepted_event_survives_a_restart(world: FunctionWorld) -> None:
    world.function("import os\ndef handler(event, context):\n    return 1\n")
    world.lambda_.invoke(FunctionName="f", InvocationType="Event")
    world.tasks.waiting.pop().close()
    assert len(world.region.state["lambda"].events) == 1
    world.region.start()
    world.tasks.run()
    assert list(world.region.state["lambda"].events) == []


def test_a_function_url_answers_those_it_may(world: FunctionWorld) -> None:
    world.function("def handler(event, context): return {'statusCode': 201, 'body': event['rawPath']}")
    url = world.lambda_.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    host = url.removeprefix("https://").strip("/")
    assert host.endswith(".lambda-url.eu-west-1.on.aws")
    assert world.ask(host, "/a").status == 403
    world.lambda_.add_permission(
        FunctionName="f",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    answer = world.ask(host, "/a")
    assert (answer.status, answer.body) == (201, b"/a")


def test_another_service_needs_permission(world: FunctionWorld) -> None:
    world.function()
    ctx = world.region.context("lambda")
    caller = replace(
        ctx.caller, principal="apigateway.amazonaws.com", source_arn="arn:aws:execute-api:x:1:a/b"
    )
    with pytest.raises(Exception, match="not authorized to perform: lambda:InvokeFunction"):
        asyncio.run(world.region.request("lambda", "Invoke", {"FunctionName": "f"}, caller))


def test_an_operation_that_is_not_here_says_so(world: FunctionWorld) -> None:
    with pytest.raises(ClientError, match="ListCodeSigningConfigs is not in this world"):
        boto.client(world.region, "lambda").list_code_signing_configs()
