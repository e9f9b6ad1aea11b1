"""botocore as the oracle of the wire: what its client writes we read, what we write its client reads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.serialize
from botocore.model import ServiceModel

from terrella.core.errors import AwsError
from terrella.wire import client, codec, hosts, json, model, route
from terrella.wire.model import Operation
from terrella.wire.shape import SCALARS, Shape

STRINGS = ("abc", "a-b", "x1", "A.b", "ü&<>\"'")
PLAIN = ("abc", "a-b", "x1", "A.b")


def failures(service: str) -> Iterator[tuple[str, str]]:
    """(place, what) of everything that does not come back as it was sent; place is `service.protocol.Operation`."""
    modelled = model.load(service)
    botocore_model = ServiceModel(model.raw_model(service), service)
    for protocol in modelled.protocols:
        serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
        parser = botocore.parsers.create_parser(protocol)
        for name, operation in modelled.operations.items():
            theirs = botocore_model.operation_model(name)
            rng = random.Random(f"{service}.{name}")
            place = f"{service}.{protocol}.{name}"
            if not (operation.input and operation.input.event_stream):
                yield from (
                    (place, f"in: {each}") for each in _sent(operation, protocol, theirs, serializer, rng)
                )
            if not (operation.output and operation.output.event_stream):
                yield from (
                    (place, f"out: {each}") for each in _answered(operation, protocol, theirs, parser, rng)
                )


def _sent(
    operation: Operation, protocol: str, theirs: Any, serializer: Any, rng: random.Random
) -> Iterator[str]:
    params = made(operation.input, rng) if operation.input else {}
    request = client.from_botocore(serializer.serialize_to_request(params, theirs))
    request.headers["host"] = _host(operation.service)
    try:
        call = route.resolve(request, operation.service.signing_name)
        if call.operation.name != operation.name or call.protocol != protocol:
            yield f"taken for {call}"
            return
        found = codec.read(call if call.operation is operation else operation, protocol, request)
    except AwsError as error:
        yield f"refused: {error.error_code} {error}"
        return
    expected = handed_over(operation.input, params) if operation.input else {}
    if protocol in ("query", "ec2"):
        expected = _without_empties(expected)
    payload = operation.input.payload if operation.input else None
    if payload and payload not in expected and found.get(payload) == {}:
        del found[payload]  # botocore sends an absent document as an empty one
    if found != expected:
        yield f"{_difference(expected, found)}"


def _host(service: model.Service) -> str:
    """AWS's name where only it tells services of one signing name apart, else any."""
    alone = len(hosts.by_signing_name()[service.signing_name]) == 1 or service.name in (
        "s3",
        "apigateway",
        "elbv2",
    )
    return "127.0.0.1:4566" if alone else f"{service.endpoint_prefix}.us-east-1.amazonaws.com"


def _answered(
    operation: Operation, protocol: str, theirs: Any, parser: Any, rng: random.Random
) -> Iterator[str]:
    output = made(operation.output, rng) if operation.output else {}
    value = handed_over(operation.output, output) if operation.output else {}
    response = codec.write(operation, protocol, value, "the-request-id")
    try:
        parsed = parser.parse(client.for_botocore(operation, response), theirs.output_shape)
    except (botocore.parsers.ResponseParserError, UnicodeDecodeError, ValueError, KeyError) as error:
        yield f"botocore: {error!r}"
        return
    payload = operation.output.payload if operation.output else None
    if payload and not response.body:  # botocore makes an empty value of an absent body
        parsed.pop(payload, None)
    for name, member in operation.output.members.items() if operation.output else ():
        if member.location == "headers" and not parsed.get(name):
            parsed.pop(name, None)  # likewise of headers that did not come
    metadata = parsed.pop("ResponseMetadata", {})
    if metadata.get("RequestId") != "the-request-id" and protocol not in ("json", "smithy-rpc-v2-cbor"):
        yield f"request id {metadata.get('RequestId')}"
    if not same(output, parsed):
        yield f"{_difference(output, parsed)}"


def made(shape: Shape, rng: random.Random, depth: int = 0) -> Any:
    """A value of that shape, half of its optional members present."""
    match shape.kind:
        case "structure":
            return _structure(shape, rng, depth)
        case "list":
            return [made(shape.member, rng, depth + 1) for _ in range(rng.randint(1, 2) if depth < 9 else 0)]
        case "map":
            keys = shape.key.enum[:2] or ["k1", "k-2"]
            return {
                key: made(shape.value, rng, depth + 1)
                for key in keys[: rng.randint(1, 2) if depth < 9 else 0]
            }
        case "string" | "character":
            if shape.traits.get("jsonvalue") and shape.location == "header":
                return {"j": [1, "ü"]}
            return rng.choice(shape.enum or (PLAIN if shape.location else STRINGS))
        case "integer" | "long":
            return rng.randint(1, 299) if shape.location != "statusCode" else 200
        case "float" | "double":
            return rng.choice((1.5, 2.25, 100.0, -0.125))
        case "boolean":
            return rng.random() < 0.5
        case "timestamp":
            return datetime(2026, 1, 2, 3, 4, rng.randint(0, 59), tzinfo=UTC)
        case "blob":
            return b"bytes\x00\xff%d" % rng.randint(0, 9)
    raise AssertionError(shape.kind)


def _structure(shape: Shape, rng: random.Random, depth: int) -> dict[str, Any]:
    if shape.is_document:
        return {"a": [1, {"b": "ü"}]}
    members = [(name, member) for name, member in shape.members.items() if not member.is_stream]
    flat = [(name, member) for name, member in members if member.kind in SCALARS]
    if shape.traits.get("union"):
        members = [rng.choice(flat or members)] if depth > 4 else [rng.choice(members)]
        return {name: made(member, rng, depth + 1) for name, member in members}
    found = {
        name: made(member, rng, depth + 1)
        for name, member in members
        if name in shape.required or member.location == "statusCode" or (depth < 5 and rng.random() < 0.5)
    }
    if not found and flat and depth:
        found[flat[0][0]] = made(flat[0][1], rng, depth + 1)
    return found


def handed_over(shape: Shape, value: Any) -> Any:
    """The value as services get it: raw shapes in their JSON notation."""
    if value is None:
        return None
    if shape.kind == "structure" and not shape.is_document:
        found = {
            name: handed_over(shape.members[name], inner)
            for name, inner in value.items()
            if inner is not None
        }
        return json.plain_writer(shape)(found) if json.is_raw(shape) else found
    if shape.kind == "list":
        return [handed_over(shape.member, inner) for inner in value]
    if shape.kind == "map":
        return {key: handed_over(shape.value, inner) for key, inner in value.items()}
    return value


def _without_empties(value: Any) -> Any:
    """What a form can say of a value: empty structures and lists leave no trace in it."""
    if isinstance(value, dict):
        kept = {name: _without_empties(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in ({}, [], None)}
    if isinstance(value, list):
        return [inner for inner in map(_without_empties, value) if inner not in ({}, [], None)]
    return value


def same(sent: Any, parsed: Any) -> bool:
    """Equal, but for members that were None."""
    if isinstance(sent, dict) and isinstance(parsed, dict):
        kept = {name: inner for name, inner in sent.items() if inner is not None}
        return kept.keys() == parsed.keys() and all(same(inner, parsed[name]) for name, inner in kept.items())
    if isinstance(sent, list) and isinstance(parsed, list):
        return len(sent) == len(parsed) and all(map(same, sent, parsed))
    return bool(sent == parsed)


def _difference(sent: Any, got: Any, path: str = "") -> str:
    """Where two values part, for the eye."""
    if isinstance(sent, dict) and isinstance(got, dict):
        for name in [*sent, *got]:
            if name not in sent or name not in got:
                return f"{path}.{name}: sent {str(sent.get(name))[:80]}, got {str(got.get(name))[:80]}"
            if not same(sent[name], got[name]):
                return _difference(sent[name], got[name], f"{path}.{name}")
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        for number, (one, other) in enumerate(zip(sent, got, strict=True)):
            if not same(one, other):
                return _difference(one, other, f"{path}[{number}]")
    return f"{path}: sent {str(sent)[:80]}, got {str(got)[:80]}"
