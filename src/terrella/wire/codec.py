"""One door to every AWS protocol: `read` a request into input, `write` output or a refusal back.

Callers never learn which protocol was spoken. Whatever bytes come in, nothing but an AwsError comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError, SerializationException, UnknownOperationException
from . import cbor, chunked, errors, eventstream, hosts, json, paths, query, rest, route, sigv4, xml
from .checksums import crc32_header
from .compressed import COMPRESSED_ABOVE, answered, checked, decompressed
from .http import Request, Response
from .model import Operation
from .quirks import BARE_ROOT, CRC32_SERVICES, MALFORMED_XML, S3_LIKE, XML_ROOT
from .refusals import MalformedXML
from .route import Call
from .shape import Shape

LARGE = COMPRESSED_ABOVE
"""Answers of fewer bytes need not be packed."""
Input = dict[str, Any]
Reader = Callable[[dict[str, str] | None, Request], Input]
Writer = Callable[[Input, str], Response]


def read(call: Call | Operation, protocol: str, request: Request) -> Input:
    """The input of an operation as plain values: blobs are bytes, times aware datetimes in UTC.

    A `Call` spares reading the path of a REST request twice. Raises SerializationException and its kin.
    """
    operation, labels = (call.operation, call.labels) if isinstance(call, Call) else (call, None)
    reader = operation.made.get(protocol)
    if reader is None:
        reader = operation.made[protocol] = _reader(operation, protocol)
    try:
        found: Input = reader(labels, request)
    except RecursionError:
        raise SerializationException("The request is nested too deeply") from None
    except MalformedXML as error:
        error.code, error.message = MALFORMED_XML.get(operation.service.name, (None, error.message))
        raise
    return found


def readable(operation: Operation, protocol: str, request: Request) -> Input:
    """The input of a request that was refused, as far as it can be read."""
    try:
        return read(operation, protocol, request)
    except AwsError:
        return {}


def write(operation: Operation, protocol: str, value: Input, request_id: str) -> Response:
    """The answer that carries an operation's output."""
    key = ("write", protocol)
    writer = operation.made.get(key)
    if writer is None:
        writer = operation.made[key] = _writer(operation, protocol)
    answer: Response = writer(value, request_id)
    return answer


def packed(operation: Operation, request: Request, response: Response) -> Response:
    """An answer as the request would have it: compressed, by services that do so."""
    return answered(request, response) if operation.service.name in CRC32_SERVICES else response


def write_error(operation: Operation | None, protocol: str, error: AwsError, request_id: str) -> Response:
    """The answer that says no, in the protocol the caller speaks."""
    response = errors.write(operation, protocol, error, request_id)
    if operation and operation.service.name in CRC32_SERVICES:
        response.headers.append(crc32_header(response.body))
    return response


def refuse(request: Request, error: AwsError, request_id: str) -> Response:
    """`write_error` to a request that may not have been understood: in the protocol it seems to speak."""
    signed_for = None
    try:
        signature = sigv4.read(request)
        signed_for = signature.service if signature else None
        call = route.resolve(request, signed_for)
    except AwsError:
        return write_error(None, route.spoken(request, signed_for), error, request_id)
    return write_error(call.operation, call.protocol, error, request_id)


# Reading.


def _json_reader(operation: Operation) -> Reader:
    if operation.input is None:
        return lambda labels, request: {}
    read_input, loads = json.reader(operation.input), json.loads
    if operation.service.name not in CRC32_SERVICES:
        return lambda labels, request: read_input(loads(request.body))

    def read_checked(labels: dict[str, str] | None, request: Request) -> Input:
        if "content-encoding" in request.headers or len(request.body) > COMPRESSED_ABOVE:
            request = checked(request)
        value: Input = read_input(loads(request.body))
        return value

    return read_checked


def _cbor_reader(operation: Operation) -> Reader:
    if operation.input is None:
        return lambda labels, request: {}
    read_input = cbor.reader(operation.input)
    return lambda labels, request: read_input(cbor.loads(request.body)) if request.body else {}


def _form_reader(dialect: query.Dialect) -> Callable[[Operation], Reader]:
    def build(operation: Operation) -> Reader:
        if operation.input is None:
            return lambda labels, request: {}
        read_input = dialect.reader(operation.input)
        return lambda labels, request: read_input(query.tree(query.form(request)))

    return build


def _rest_reader(protocol: str) -> Callable[[Operation], Reader]:
    def build(operation: Operation) -> Reader:
        read_input = rest.reader(operation, protocol)

        def read(labels: dict[str, str] | None, request: Request) -> Input:
            if labels is None:
                labels = paths.labels(operation, hosts.full_path(request))
                if labels is None:
                    raise UnknownOperationException()
            return read_input(labels, chunked.decoded(request))

        return read

    return build


def _reader(operation: Operation, protocol: str) -> Reader:
    read_plain = _READERS[protocol](operation)
    if operation.service.name in CRC32_SERVICES and protocol != "json":
        return lambda labels, request: read_plain(labels, checked(request))
    if "requestcompression" not in operation.traits:
        return read_plain
    return lambda labels, request: read_plain(labels, decompressed(request))


_READERS: dict[str, Callable[[Operation], Reader]] = {
    "json": _json_reader,
    "smithy-rpc-v2-cbor": _cbor_reader,
    "query": _form_reader(query.COMMON),
    "ec2": _form_reader(query.EC2),
    "rest-json": _rest_reader(rest.JSON),
    "rest-xml": _rest_reader(rest.XML),
}


# Writing.


def _writer(operation: Operation, protocol: str) -> Writer:
    if operation.output and operation.output.event_stream:
        return eventstream.writer(operation, protocol)
    return _WRITERS[protocol](operation)


def _json_writer(operation: Operation) -> Writer:
    write_output = json.writer(operation.output) if operation.output else _nothing
    content_type = ("content-type", f"application/x-amz-json-{operation.service.json_version}")
    dumps = json.dumps

    def write(value: Input, request_id: str) -> Response:
        headers = [("x-amzn-RequestId", request_id), content_type]
        return Response(200, headers, dumps(write_output(value)))

    nothing, checksum_of_nothing = b"{}", crc32_header(b"{}")

    def write_checked(value: Input, request_id: str) -> Response:
        if not value:
            return Response(200, [("x-amzn-RequestId", request_id), content_type, checksum_of_nothing], nothing)
        body = dumps(write_output(value))
        return Response(200, [("x-amzn-RequestId", request_id), content_type, crc32_header(body)], body)

    return write_checked if operation.service.name in CRC32_SERVICES else write


def _nothing(value: Input) -> Input:
    return {}


def _cbor_writer(operation: Operation) -> Writer:
    write_output = cbor.writer(operation.output) if operation.output else _nothing

    def write(value: Input, request_id: str) -> Response:
        headers = [
            ("x-amzn-RequestId", request_id),
            ("content-type", "application/cbor"),
            ("smithy-protocol", "rpc-v2-cbor"),
        ]
        return Response(200, headers, cbor.dumps(write_output(value)))

    return write


def _query_writer(operation: Operation) -> Writer:
    name, namespace = f"{operation.name}Response", operation.service.xml_namespace
    write_members = xml.COMMON.members_writer(operation.output) if operation.output else None
    wrapper = operation.traits.get("output", {}).get("resultWrapper")
    opening, closing = (f"<{wrapper}>", f"</{wrapper}>") if wrapper else ("", "")

    def write(value: Input, request_id: str) -> Response:
        out = [f'{xml.HEAD}<{name} xmlns="{namespace}">{opening}']
        if write_members:
            write_members(value, out)
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        out.append(f"{closing}{metadata}</{name}>")
        return _xml_answer(out, request_id)

    return write


def _ec2_writer(operation: Operation) -> Writer:
    name, namespace = f"{operation.name}Response", operation.service.xml_namespace
    write_members = xml.EC2.members_writer(operation.output) if operation.output else None

    def write(value: Input, request_id: str) -> Response:
        out = [f'{xml.HEAD}<{name} xmlns="{namespace}/"><requestId>{request_id}</requestId>']
        if write_members:
            write_members(value, out)
        out.append(f"</{name}>")
        return _xml_answer(out, request_id)

    return write


def _xml_answer(out: list[str], request_id: str) -> Response:
    return Response(
        200, [("x-amzn-RequestId", request_id), ("content-type", "text/xml")], "".join(out).encode()
    )


def _rest_writer(protocol: str) -> Callable[[Operation], Writer]:
    def build(operation: Operation) -> Writer:
        shape, place = operation.output, (operation.service.name, operation.name)
        write_head = rest.head_writer(shape)
        write_body = rest.body_writer(
            operation, shape, protocol, XML_ROOT.get(place, f"{operation.name}Response")
        )
        if place in BARE_ROOT:
            write_body = rest.bare_writer(BARE_ROOT[place], operation.service.xml_namespace)
        status_member = _status_member(shape)
        id_header = "x-amz-request-id" if operation.service.name in S3_LIKE else "x-amzn-RequestId"

        def write(value: Input, request_id: str) -> Response:
            headers = [(id_header, request_id)]
            write_head(value, headers)
            status = value.get(status_member) if status_member else None
            return Response(status or operation.status, headers, write_body(value, headers))

        return write

    return build


def _status_member(shape: Shape | None) -> str | None:
    members = shape.members.items() if shape else ()
    return next((name for name, member in members if member.location == "statusCode"), None)


_WRITERS: dict[str, Callable[[Operation], Writer]] = {
    "json": _json_writer,
    "smithy-rpc-v2-cbor": _cbor_writer,
    "query": _query_writer,
    "ec2": _ec2_writer,
    "rest-json": _rest_writer(rest.JSON),
    "rest-xml": _rest_writer(rest.XML),
}
