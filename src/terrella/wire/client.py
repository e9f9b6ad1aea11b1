"""The other side of the wire: an operation's input as the request a customer would send, and the answer read back.

For calling another region, or anything else that speaks AWS. Form and REST bodies are botocore's own work.
"""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import quote, urlencode

import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel

from ..core.errors import AwsError
from . import cbor, json, model
from .encoded import Encoded
from .http import Request, Response
from .model import Modelled, Operation

_OWN = ("json", "smithy-rpc-v2-cbor")  # protocols whose reading and writing are mirror images


def write(
    operation: Operation, input: dict[str, Any], *, region: str, protocol: str | None = None
) -> Request:
    """The unsigned request that asks for an operation, addressed to AWS's own name of the service."""
    protocol = protocol or preferred(operation)
    request = (
        _own_request(operation, input, protocol)
        if protocol in _OWN
        else _borrowed(operation, input, protocol)
    )
    service = operation.service
    host = service.endpoint_prefix if service.is_global else f"{service.endpoint_prefix}.{region}"
    request.headers["host"] = f"{host}.amazonaws.com"
    request.headers["content-length"] = str(len(request.body))
    return request


def read(operation: Operation, response: Response, *, protocol: str | None = None) -> dict[str, Any]:
    """The output an answer carries. Raises the AwsError it carries instead, with its code and status."""
    protocol = protocol or preferred(operation)
    if response.status >= 300 or protocol not in _OWN:
        return _parsed(operation, response, protocol)
    if operation.output is None:
        return {}
    if protocol == "json":
        return _dict(json.reader(operation.output)(json.loads(response.body)))
    return _dict(cbor.reader(operation.output)(cbor.loads(response.body) if response.body else {}))


def preferred(operation: Operation) -> str:
    """The protocol the parties of this world speak among themselves: JSON where there is a choice."""
    protocols = operation.service.protocols
    return "json" if "json" in protocols else protocols[0]


def _dict(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def _own_request(operation: Operation, input: dict[str, Any], protocol: str) -> Request:
    service = operation.service
    if protocol == "json":
        headers = {
            "x-amz-target": f"{service.target_prefix}.{operation.name}",
            "content-type": f"application/x-amz-json-{service.json_version}",
        }
        body = json.dumps(json.writer(operation.input)(input)) if operation.input else b"{}"
        return Request("POST", "/", "", headers, body)
    headers = {
        "smithy-protocol": "rpc-v2-cbor",
        "accept": "application/cbor",
        "content-type": "application/cbor",
    }
    body = cbor.dumps(cbor.writer(operation.input)(input)) if operation.input else b""
    path = f"/service/{service.target_prefix}/operation/{operation.name}"
    return Request("POST", path, "", headers, body)


def _borrowed(operation: Operation, input: dict[str, Any], protocol: str) -> Request:
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    return from_botocore(serializer.serialize_to_request(_plain(input), botocore_model(operation)))


def from_botocore(made: dict[str, Any]) -> Request:
    """What botocore's serializers make, as a request."""
    path, _, constants = made["url_path"].partition("?")
    pairs = [
        (key, each)
        for key, value in (made.get("query_string") or {}).items()
        for each in (value if isinstance(value, list | tuple) else [value])
    ]
    query = "&".join(part for part in (constants, urlencode(pairs, quote_via=quote)) if part)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body, quote_via=quote)
    body = body.encode() if isinstance(body, str) else body
    headers = {str(key).lower(): str(value) for key, value in made["headers"].items()}
    return Request(made["method"], path or "/", query, headers, body)


def _plain(value: Any) -> Any:
    if isinstance(value, Encoded):
        return value.value()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _parsed(operation: Operation, response: Response, protocol: str) -> dict[str, Any]:
    parser = botocore.parsers.create_parser(protocol)
    if response.status >= 300:
        raise _refusal(operation, response, protocol, parser)
    answer = for_botocore(operation, response)
    found: dict[str, Any] = parser.parse(answer, botocore_model(operation).output_shape)
    found.pop("ResponseMetadata", None)
    payload = operation.output.payload if operation.output else None
    if payload and isinstance(found.get(payload), bytearray):
        found[payload] = response.body
    return found


def for_botocore(operation: Operation, response: Response) -> dict[str, Any]:
    """An answer in the form botocore's parsers take. Opaque bodies are bytearrays, lest they be decoded."""
    output, body = operation.output, response.body
    if output and output.payload and output.members[output.payload].kind == "blob" and response.status < 300:
        body = bytearray(body)
    headers = HeadersDict(dict(response.headers))
    return {"status_code": response.status, "headers": headers, "body": body, "context": {}}


def _refusal(operation: Operation, response: Response, protocol: str, parser: Any) -> AwsError:
    answer = for_botocore(operation, response)
    try:
        said = parser.parse(answer, botocore_model(operation).output_shape)["Error"]
    except (botocore.parsers.ResponseParserError, ValueError):
        said = {"Message": "The answer cannot be read."}
    known = operation.service.errors.get(said.get("Code", ""))
    found = _error_members(operation, known, response, protocol, parser) if known else {}
    fields = {name: inner for name, inner in found.items() if name.lower() not in ("message", "code")}
    error = AwsError(said.get("Message", ""), **fields)
    error.code = said.get("Code") or str(response.status)
    error.status = response.status
    return error


def _error_members(
    operation: Operation, known: Modelled, response: Response, protocol: str, parser: Any
) -> dict[str, Any]:
    if protocol in _OWN:
        form = json if protocol == "json" else cbor
        return _dict(form.reader(known.shape)(form.loads(response.body)))
    shape = botocore_model(operation).service_model.shape_for(known.shape.name)
    return _dict(parser.parse(for_botocore(operation, response), shape))


@functools.lru_cache(maxsize=32)
def _botocore_service(service: str) -> ServiceModel:
    return ServiceModel(model.raw_model(service), service)


def botocore_model(operation: Operation) -> OperationModel:
    """The same operation as botocore sees it."""
    return _botocore_service(operation.service.name).operation_model(operation.name)
