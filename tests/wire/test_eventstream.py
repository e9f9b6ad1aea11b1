"""Streams of events: botocore's reader of them reads ours, for every operation that answers with one."""

from __future__ import annotations

import io
import random
from typing import Any

import botocore.parsers
import pytest

from terrella.core.errors import AwsError, NotImplementedHere
from terrella.wire import client, codec, model
from terrella.wire.http import Request
from terrella.wire.model import Operation
from terrella.wire.shape import Shape

from . import oracle

STREAMING = ["bedrock-runtime", "kinesis", "lambda", "lexv2-runtime", "logs", "s3", "sagemaker-runtime"]


class Raw(io.BytesIO):
    def stream(self) -> Any:
        yield self.read()


def streams(services: list[str]) -> list[tuple[Operation, str]]:
    return [
        (operation, protocol)
        for service in services
        for operation in model.load(service).operations.values()
        if operation.output and operation.output.event_stream
        for protocol in operation.service.protocols
    ]


def event(shape: Shape, rng: random.Random) -> dict[str, Any]:
    """An event, its payload present: an absent one cannot be told from an empty one."""
    found: dict[str, Any] = oracle.made(shape, rng)
    for name, member in shape.members.items():
        if member.traits.get("eventpayload"):
            found.setdefault(name, oracle.made(member, rng))
    return found


@pytest.mark.parametrize(("operation", "protocol"), streams(STREAMING), ids=str)
def test_botocore_reads_our_events(operation: Operation, protocol: str) -> None:
    assert operation.output and operation.output.event_stream
    name = operation.output.event_stream
    stream = operation.output.members[name]
    rng = random.Random(operation.name)
    plain = [member for member, shape in stream.members.items() if not shape.traits.get("exception")]
    events = [{member: event(stream.members[member], rng)} for member in plain]
    others = {n: v for n, v in oracle.made(operation.output, rng).items() if n != name}
    response = codec.write(operation, protocol, {**others, name: events}, "rid")
    answer = client.for_botocore(operation, response)
    answer |= {"body": Raw(response.body), "context": {"operation_name": operation.name}}
    parsed = botocore.parsers.create_parser(protocol).parse(
        answer, client.botocore_model(operation).output_shape
    )
    assert oracle.same(events, [event for event in parsed.pop(name) if event != {"initial-response": {}}])
    assert all(oracle.same(value, parsed.get(member)) for member, value in others.items())


def test_a_modelled_exception_ends_a_stream() -> None:
    operation = model.load("kinesis").operations["SubscribeToShard"]
    gone = {"ResourceNotFoundException": {"message": "gone"}}
    response = codec.write(operation, "json", {"EventStream": [gone]}, "rid")
    assert b":exception-type" in response.body and b"gone" in response.body


def test_streams_towards_us_are_refused_with_their_names() -> None:
    operation = model.load("lexv2-runtime").operations["StartConversation"]
    request = Request("POST", "/bots/b/botAliases/a/botLocales/l/sessions/s/conversation", "", {})
    with pytest.raises(NotImplementedHere, match="lexv2-runtime StartConversation"):
        codec.read(operation, "rest-json", request)
    assert issubclass(NotImplementedHere, AwsError)
