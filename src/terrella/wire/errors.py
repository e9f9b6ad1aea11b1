"""Refusals on the wire: code, status and body in the form of each protocol.

What the model says of an error - status, code, who is at fault - wins over what the error says itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError
from . import cbor, json, rest, xml
from .http import Response
from .model import Modelled, Operation, Service
from .quirks import ERROR_NAMESPACE, FRAMEWORK_ERRORS, QUERY_CODE, S3_LIKE, XML_CODE
from .shape import Shape

Headers = list[tuple[str, str]]


def write(operation: Operation | None, protocol: str, error: AwsError, request_id: str) -> Response:
    """The answer that says no. Without an operation the form is the plainest of the protocol."""
    service = operation.service if operation else None
    modelled = service.errors.get(error.error_code) if service else None
    status = modelled.status if modelled else _status(protocol, error)
    if service and service.name in S3_LIKE:
        body = _s3_error(modelled, error, request_id)
        head = [("content-type", "application/xml"), ("x-amz-request-id", request_id)]
        return Response(error.status if modelled is None else status, head, body)
    headers: Headers = [("x-amzn-RequestId", request_id)]
    return Response(status, headers, _WRITERS[protocol](service, modelled, error, request_id, headers))


def _status(protocol: str, error: AwsError) -> int:
    """JSON services answer 400 even where REST ones answer 403."""
    plain = protocol in ("json", "smithy-rpc-v2-cbor") and error.error_code in FRAMEWORK_ERRORS
    return 400 if plain else error.status


def _json_error(
    service: Service | None, modelled: Modelled | None, error: AwsError, request_id: str, headers: Headers
) -> bytes:
    name = _wire_name(service, modelled, error)
    version = service.json_version if service else "1.0"
    headers.append(("content-type", f"application/x-amz-json-{version}"))
    _query_error(service, modelled, headers)
    body = {"__type": _typed(service, modelled, name), **_members(json.writer, modelled, error)}
    return json.dumps(body)


def _rest_json_error(
    service: Service | None, modelled: Modelled | None, error: AwsError, request_id: str, headers: Headers
) -> bytes:
    headers += [
        ("content-type", "application/json"),
        ("x-amzn-ErrorType", _wire_name(service, modelled, error)),
    ]
    if modelled:
        rest.head_writer(modelled.shape)(error.fields, headers)
    return json.dumps(_members(json.writer, modelled, error))


def _cbor_error(
    service: Service | None, modelled: Modelled | None, error: AwsError, request_id: str, headers: Headers
) -> bytes:
    headers += [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
    _query_error(service, modelled, headers)
    name = _wire_name(service, modelled, error)
    return cbor.dumps({"__type": _typed(service, modelled, name), **_members(cbor.writer, modelled, error)})


def _xml_error(
    service: Service | None, modelled: Modelled | None, error: AwsError, request_id: str, headers: Headers
) -> bytes:
    headers.append(("content-type", "text/xml"))
    sender = modelled.fault if modelled else "Sender" if error.status < 500 else "Receiver"
    namespace = f' xmlns="{service.xml_namespace}"' if service and service.xml_namespace else ""
    inner = f"<Type>{sender}</Type>{_xml_members(modelled, error)}"
    tail = f"<RequestId>{request_id}</RequestId>"
    return f"<ErrorResponse{namespace}><Error>{inner}</Error>{tail}</ErrorResponse>".encode()


def _ec2_error(
    service: Service | None, modelled: Modelled | None, error: AwsError, request_id: str, headers: Headers
) -> bytes:
    headers.append(("content-type", "text/xml"))
    inner = f"<Errors><Error>{_xml_members(modelled, error)}</Error></Errors>"
    return f"{xml.HEAD}<Response>{inner}<RequestID>{request_id}</RequestID></Response>".encode()


def _s3_error(modelled: Modelled | None, error: AwsError, request_id: str) -> bytes:
    inner = f"{_xml_members(modelled, error)}<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId>"
    return f"{xml.HEAD}<Error>{inner}</Error>".encode()


_WRITERS: dict[str, Callable[..., bytes]] = {
    "json": _json_error,
    "rest-json": _rest_json_error,
    "smithy-rpc-v2-cbor": _cbor_error,
    "query": _xml_error,
    "rest-xml": _xml_error,
    "ec2": _ec2_error,
}


def _wire_name(service: Service | None, modelled: Modelled | None, error: AwsError) -> str:
    """Services that once spoke query send the shape's name, and the old code in a header of its own."""
    if modelled is None:
        return error.error_code
    return modelled.shape.name if service and service.query_compatible else modelled.code


def _typed(service: Service | None, modelled: Modelled | None, name: str) -> str:
    """The `__type` of a JSON error: DynamoDB and the frameworks put a namespace before the code."""
    namespace = ERROR_NAMESPACE.get(service.name) if service else None
    if modelled is None and (service is None or namespace) and name in FRAMEWORK_ERRORS:
        namespace = FRAMEWORK_ERRORS[name][0]
    return f"{namespace}#{name}" if namespace else name


def _query_error(service: Service | None, modelled: Modelled | None, headers: Headers) -> None:
    if service and service.query_compatible and modelled:
        code = QUERY_CODE.get((service.name, modelled.shape.name), modelled.code)
        headers.append(("x-amzn-query-error", f"{code};{modelled.fault}"))


def _members(
    writer: Callable[[Shape], Callable[[Any], Any]], modelled: Modelled | None, error: AwsError
) -> dict[str, Any]:
    """Message and further members, under the names the model gives them."""
    if modelled is None:
        _, spelling = FRAMEWORK_ERRORS.get(error.error_code, ("", "message"))
        return {spelling: error.message, **error.fields} if error.message else dict(error.fields)
    body_members = rest.body_only(modelled.shape)
    found: dict[str, Any] = writer(body_members)(error.fields)
    return {_spelling(modelled.shape): error.message, **found}


def _spelling(shape: Shape) -> str:
    for name, member in shape.members.items():
        if name.lower() == "message":
            return member.named(name)
    return "message"


def _xml_members(modelled: Modelled | None, error: AwsError) -> str:
    code = modelled.code if modelled else XML_CODE.get(error.error_code, error.error_code)
    out = [f"<Code>{xml.escape(code)}</Code><Message>{xml.escape(error.message)}</Message>"]
    known = modelled.shape.members if modelled else {}
    for name, value in error.fields.items():
        if value is None:
            continue
        if name in known:
            xml.COMMON.writer(known[name])(value, xml.member_tag(known[name], name), out)
        else:
            out.append(f"<{name}>{xml.escape(str(value))}</{name}>")
    return "".join(out)
