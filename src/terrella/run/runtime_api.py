"""The Lambda Runtime API as a sandbox sees it: hands out events, takes results. HTTP/1.1, sans the waiting.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

A sandbox that sends its result and its request for the next event together (as our Python one does) gets the
acknowledgement together with the next event, which saves both sides a wake-up. Garbage ends the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

PREFIX = "/2018-06-01/runtime/"
LARGEST_RESULT = 6_291_556
LARGEST_HEAD = 65_536
ACCEPTED = (
    b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
)


class Listener(Protocol):
    """What a sandbox's owner wants to know."""

    def asked_for_event(self, api: RuntimeApi) -> None: ...
    def answered(self, request_id: str, body: bytes, peak_kb: int) -> bool:
        """Whether that invocation was the one under way; so for `failed`."""
        ...

    def failed(self, request_id: str, body: bytes, peak_kb: int) -> bool: ...
    def too_large(self) -> None: ...
    def could_not_start(self, body: bytes) -> None: ...
    def hung_up(self, api: RuntimeApi) -> None: ...


class RuntimeApi(asyncio.Protocol):
    """One connection from a sandbox. Ours keeps one for life; others may come anew for each request."""

    def __init__(self, owner: Listener) -> None:
        self.owner = owner
        self.transport: Any = None
        self._buffer = bytearray()
        self._need = 0  # bytes without which the request at the front of the buffer is incomplete
        self._held = b""  # acknowledgement that travels with the next event
        self._skip = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.owner.hung_up(self)

    def deliver(self, head: bytes, event: bytes) -> None:
        """Answer the open request for the next event."""
        self._write(head + event)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._skip:
            data = self._skipped(data)
        self._buffer += data
        while self._buffer and len(self._buffer) >= self._need and not self.transport.is_closing():
            if not self._take_request():
                break

    def _take_request(self) -> bool:
        """Handle the request at the front of the buffer; False when it is not all there."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                self.close()
            return False
        try:
            method, path, headers = _head(bytes(self._buffer[:end]))
            if headers.get("expect", "").lower() == "100-continue" and not self._need:
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body, stop = _chunks(self._buffer, end + 4)
            else:
                body, stop = None, end + 4 + _length(headers)
        except ValueError:
            self.close()
            return False
        if stop - end - 4 > LARGEST_RESULT and body is None:
            return self._refuse_large(stop)
        if stop > len(self._buffer):
            self._need = stop
            return False
        self._need = 0
        body = bytes(self._buffer[end + 4 : stop]) if body is None else body
        del self._buffer[:stop]
        self._answer(method, path, headers, body)
        return True

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        parts = path.removeprefix(PREFIX).split("/") if path.startswith(PREFIX) else []
        match [method, *parts]:
            case ["GET", "invocation", "next"]:
                self.owner.asked_for_event(self)
            case ["POST", "invocation", request_id, ("response" | "error") as how]:
                self._result(request_id, how, headers, body)
            case ["POST", "init", "error"]:
                self.transport.write(ACCEPTED)
                self.owner.could_not_start(body)
            case _:
                self._refuse(404, "Not Found", "InvalidRequest", "There is no such path.")

    def _result(self, request_id: str, how: str, headers: dict[str, str], body: bytes) -> None:
        peak = headers.get("x-peak-memory-kb", "0")
        take = self.owner.answered if how == "response" else self.owner.failed
        if len(body) > LARGEST_RESULT:
            self.owner.too_large()
            self._refuse_size()
        elif not take(request_id, body, int(peak) if peak.isdigit() else 0):
            self._refuse(400, "Bad Request", "InvalidRequestID", "Invalid request ID")
        elif self._buffer:
            self._held += ACCEPTED
        else:
            self._write(ACCEPTED)

    def _refuse_large(self, stop: int) -> bool:
        self._skip = max(0, stop - len(self._buffer))
        del self._buffer[:stop]
        self._need = 0
        self.owner.too_large()
        self._refuse_size()
        return True

    def _refuse_size(self) -> None:
        message = f"Exceeded maximum allowed payload size ({LARGEST_RESULT} bytes)."
        self._refuse(413, "Payload Too Large", "RequestEntityTooLarge", message)

    def _skipped(self, data: bytes) -> bytes:
        rest = data[self._skip :]
        self._skip = max(0, self._skip - len(data))
        return rest

    def _refuse(self, status: int, reason: str, kind: str, message: str) -> None:
        body = f'{{"errorMessage":"{message}","errorType":"{kind}"}}'
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n"
        self._write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def _write(self, data: bytes) -> None:
        self.transport.write(self._held + data)
        self._held = b""


def event_head(
    request_id: str, deadline_ms: int, arn: str, trace_id: str, client_context: str, size: int
) -> bytes:
    """The head of the response that carries an event."""
    optional = f"Lambda-Runtime-Client-Context: {client_context}\r\n" if client_context else ""
    return (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\nLambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {arn}\r\nLambda-Runtime-Trace-Id: {trace_id}\r\n"
        f"{optional}Content-Length: {size}\r\n\r\n"
    ).encode()


def _head(raw: bytes) -> tuple[str, str, dict[str, str]]:
    """Request line and headers. ValueError for anything else."""
    lines = raw.decode("latin-1").split("\r\n")
    method, path, version = lines[0].split(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(version)
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(line)
        headers[name.lower()] = value.strip()
    return method, path, headers


def _length(headers: dict[str, str]) -> int:
    length = int(headers.get("content-length", 0))
    if length < 0:
        raise ValueError(length)
    return length


def _chunks(buffer: bytearray, at: int) -> tuple[bytes, int]:
    """A chunked body and where it ends: beyond the buffer when that is not all there (RFC 9112 §7.1).
    ValueError for nonsense."""
    body = bytearray()
    while True:
        line_end = buffer.find(b"\r\n", at)
        if line_end < 0 and len(buffer) - at < 64:
            return b"", len(buffer) + 1
        size = int(buffer[at:line_end].split(b";")[0], 16)
        if size < 0 or size + len(body) > LARGEST_RESULT:
            raise ValueError("no chunk of a result")
        start = line_end + 2
        if len(buffer) < start + size + 2:
            return b"", start + size + 2
        body += buffer[start : start + size]
        at = start + size + 2
        if size == 0:
            return bytes(body), at
