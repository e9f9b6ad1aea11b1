"""One client's connection: bytes to requests, answers back in the order asked.

Requests of one connection are answered one after another; those sent ahead wait, and when many wait, or the
client does not read its answers, reading from it stops. What the client got wrong is answered once, then the
connection ends. A client that has closed only its sending half still gets its answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import httptools

from ..wire.familiar import Familiar
from ..wire.http import Request, Response
from .http_render import SPLIT_ABOVE, render

if TYPE_CHECKING:
    from .http_server import Server

log = logging.getLogger(__name__)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LESSONS = 16  # heads to become familiar with on one connection: nobody may keep the server learning


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    __slots__ = (
        "_began", "_between", "_body", "_busy", "_draining", "_ended", "_familiar", "_head", "_head_bytes",
        "_headers", "_heard", "_in_head", "_lessons", "_linger", "_parser", "_probes", "_queue", "_rejected",
        "_server", "_stuck", "_task", "_url", "_whole", "secure", "source", "transport",
    )  # fmt: skip

    def __init__(self, server: Server) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[tuple[Request, bool, Response | None]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._busy = False  # an answer is being made or held back
        self._draining = False  # the queue is being worked off
        self._ended = False  # nothing more is read from this client
        self._rejected = False
        self._linger = False  # all is said; waiting for the client to hang up
        self._probes = 0  # still to be sent to find out whether a client that closed is wholly gone
        self._stuck = 0.0  # since when the client has not read what was written; 0: it reads
        self._began = 0.0  # when the message now arriving began; 0: none
        self._heard = server.clock()
        self._in_head = True
        self._head_bytes = 0
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head = self._headers
        self._body: bytes | bytearray = b""
        self._familiar: Familiar | None = None  # the head of the last request, if it is one that comes again
        self._lessons = LESSONS
        self._between = True  # the parser has read nothing of a next request
        self._whole = b""  # what arrived together, from the beginning of a request on
        self.transport: Any = None
        self.source: str | None = None
        self.secure = False

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.secure = transport.get_extra_info("ssl_object") is not None
        self._server.connected(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._queue.clear()
        self._server.disconnected(self, self._task)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._heard = now = self._server.clock()
        if self._between:
            if self._recognised(data):
                return
            self._whole = data
        rest = self._parsed(data, now)
        while rest and not self._ended:
            rest = self._parsed(rest, now)

    def eof_received(self) -> bool:
        self._ended = True
        waiting = (self._busy or bool(self._queue)) and not self.secure
        if waiting and self._task is not None and self._parser.get_http_version() != "1.0":
            self._probes = 2
            self._probe()
        return waiting

    def pause_writing(self) -> None:
        self._stuck = self._server.clock()
        self._reading()

    def resume_writing(self) -> None:
        self._stuck = 0.0
        self._reading()
        self._next()

    # From the parser.

    def on_message_begin(self) -> None:
        self._between = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = _names[name]
        headers = self._headers
        if key in headers:
            headers[key] += ("; " if key == "cookie" else ", ") + value.decode("latin-1")
            if key == "host" and self._in_head:
                self._reject(400, "BadRequest", "A request has one Host header.")
        else:
            headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._head = headers = self._headers
        self._headers = {}  # of trailers: they must not pass for headers (RFC 9110 §6.5.1 lets us discard them)
        if self._ended:
            return  # it was refused for a header
        length = headers.get("content-length")
        if length is not None and len(length) > 6 and int(length) > self._server.limits.body_bytes:
            self._too_large()
        elif "expect" in headers and self._parser.get_http_version() != "1.0":  # RFC 9110 §10.1.1
            self._expected(headers["expect"])

    def on_body(self, part: bytes) -> None:
        if not self._body:
            self._body = part
        else:
            if self._body.__class__ is bytes:
                self._body = bytearray(self._body)
            self._body += part
        if len(self._body) > self._server.limits.body_bytes and not self._ended:
            self._too_large()

    def on_message_complete(self) -> None:
        if self._ended:
            return
        url, headers, parser = self._url, self._head, self._parser
        if url == b"/":
            path, query = "/", ""
        else:
            path, _, query = url.decode("latin-1").partition("?")
        method = parser.get_method().decode("latin-1")
        request = Request(method, path, query, headers, bytes(self._body), self.source, self.secure)
        keep = parser.should_keep_alive()
        self._url, self._headers, self._body = b"", {}, b""
        self._in_head, self._between, self._began = True, True, 0.0
        if path[:1] != "/" or "host" not in headers:
            problem = _target_problem(request, self._parser.get_http_version())
            if problem:
                self._reject(400, "BadRequest", problem)
                return
        elif keep and self._lessons and self._whole:
            self._lessons -= 1
            self._familiar = self._server.heads.learn(self._whole, request)
        self._whole = b""
        self._arrived(request, keep)

    def _arrived(self, request: Request, keep: bool) -> None:
        if self._busy or self._stuck:
            self._queue.append((request, keep, None))
            self._reading()
        else:
            self._dispatch(request, keep)

    def _recognised(self, data: bytes) -> bool:
        """Whether these bytes were one request with a familiar head, which has then been taken: most are, and the
        parser need not read them letter by letter."""
        familiar = self._familiar
        request = familiar.read(data, self.source, self.secure) if familiar is not None else None
        if request is None:
            found = self._server.heads.find(data, self.source, self.secure)
            if found is None:
                return False
            self._familiar, request = found
        self._arrived(request, True)
        return True

    # Answering.

    def respond(self, request: Request, response: Response, keep: bool) -> None:
        """Write an answer; the server calls this once the answer may leave."""
        self._busy = False
        transport = self.transport
        if transport.is_closing():
            return
        keep = keep and not self._server.stopping and not (self._ended and not self._queue)
        head, body = render(response, request.method, keep)
        if len(body) > SPLIT_ABOVE:
            transport.write(head)
            transport.write(body)
        else:
            transport.write(head + body)
        if not keep:
            self._queue.clear()
            self._hang_up()
        elif self._queue and not self._draining:
            self._next()

    def check_patience(self, now: float) -> None:
        """End a connection whose client keeps us waiting: in its head, its body, between requests, or by not
        reading its answers."""
        limits = self._server.limits
        if self._linger:
            if now - self._heard > limits.linger_s:
                self.transport.abort()
        elif self._stuck:
            if now - self._stuck > limits.write_s:
                self.transport.abort()
        elif self._began and not self._ended:
            waited, limit = now - self._began, limits.head_s if self._in_head else limits.body_s
            if waited > limit or now - self._heard > limits.pause_s:
                self._reject(408, "RequestTimeout", "The request did not arrive in time.")
        elif self._probes:
            self._probe()
        elif not self._busy and now - self._heard > limits.idle_s:
            self.transport.close()

    def stop(self) -> None:
        """The server is ending: close now if nothing is under way, otherwise after the next answer."""
        if not self._busy and not self._queue:
            self.transport.close()

    def _parsed(self, data: bytes, now: float) -> bytes:
        """Read these bytes; what is left is for another parser."""
        if not self._began:
            self._began = now
        rest = b""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as stopped:
            rest = self._unread(data, stopped)
        if self._in_head and self._began:
            self._head_bytes += len(data)
            if self._head_bytes > self._server.limits.head_bytes and not self._ended:
                self._reject(431, "RequestHeaderFieldsTooLarge", "The head of the request is too large.")
        return rest

    def _unread(self, data: bytes, stopped: Exception) -> bytes:
        """The parser went no further in this data; what is left of it for another one."""
        if isinstance(stopped, httptools.HttpParserUpgrade):
            # RFC 9110 §7.8: an upgrade may be ignored; the request was answered as it stands.
            self._parser = httptools.HttpRequestParser(self)
            return data[stopped.args[0] :]
        if isinstance(stopped, httptools.HttpParserCallbackError):
            log.error("a connection ends: a defect while its request was read", exc_info=stopped)
            self.transport.abort()
        elif not self._ended:
            self._reject(400, "BadRequest", f"This is not an HTTP request: {stopped}.")
        return b""

    def _next(self) -> None:
        self._draining = True
        while self._queue and not self._busy and not self._stuck:
            request, keep, refusal = self._queue.popleft()
            if refusal is None:
                self._dispatch(request, keep)
            else:
                self.respond(request, refusal, keep)
        self._draining = False
        self._reading()

    def _dispatch(self, request: Request, keep: bool) -> None:
        self._busy = True
        self._server.take(self, request, keep)

    def wait_for(self, request: Request, answer: Awaitable[Response], keep: bool) -> None:
        """Respond once there is an answer."""
        self._task = self._server.spawn(self._await(request, answer, keep))

    async def _await(self, request: Request, answer: Awaitable[Response], keep: bool) -> None:
        try:
            response = await answer
        except asyncio.CancelledError as error:
            if self.transport.is_closing():
                raise
            response = self._server.broken(request, error)
        except Exception as error:
            response = self._server.broken(request, error)
        self._task = None
        self._server.answer(self, request, response, keep)

    def _reading(self) -> None:
        """Read from the client only as long as it reads from us and few of its requests wait."""
        transport = self.transport
        if transport.is_closing():
            return
        if self._stuck or len(self._queue) > self._server.limits.ahead:
            transport.pause_reading()
        elif not self._ended:
            transport.resume_reading()

    def _expected(self, expectation: str) -> None:
        if expectation.lower() != "100-continue":
            self._reject(417, "ExpectationFailed", "The only expectation known is 100-continue.")
        elif not self._busy:
            self.transport.write(CONTINUE)

    def _probe(self) -> None:
        """A client that closed its sending half and one that left look alike until something is sent to it.
        An interim answer (RFC 9110 §15.2.1) harms nobody; where none listens, a second one cannot be sent."""
        self._probes -= 1
        self.transport.write(CONTINUE)

    def _too_large(self) -> None:
        limit = self._server.limits.body_bytes
        self._reject(413, "RequestEntityTooLarge", f"The body of a request may have {limit} bytes.")

    def _reject(self, status: int, code: str, message: str) -> None:
        """Answer what cannot be understood and read no more of it. Earlier requests are answered first."""
        self._ended, self._rejected, self._began = True, True, 0.0
        refusal, nothing = self._server.refusal(status, code, message), Request("", "/", "", {})
        if self._busy or self._queue:
            self._queue.append((nothing, False, refusal))
        else:
            self.respond(nothing, refusal, False)

    def _hang_up(self) -> None:
        """Close, but let the client read the answer first: data it is still sending would otherwise make the
        machine reset the connection (RFC 9112 §9.6)."""
        if self._rejected and not self.secure and self.transport.can_write_eof():
            self._linger, self._heard = True, self._server.clock()
            self.transport.write_eof()
        else:
            self.transport.close()


class _Names(dict[bytes, str]):
    """Header names as sent -> lower case; the same few come again and again."""

    def __missing__(self, name: bytes) -> str:
        lower = name.decode("latin-1").lower()
        if len(self) < 2048 and len(name) < 64:
            self[name] = lower
        return lower


_names = _Names()


def _target_problem(request: Request, version: str) -> str | None:
    """What is wrong with a request's target or Host (RFC 9112 §3.2). Absolute targets are made relative."""
    scheme, _, rest = request.path.partition("://")
    if scheme.lower() in ("http", "https") and rest:
        authority, slash, path = rest.partition("/")
        request.path, request.headers["host"] = slash + path or "/", authority
    elif request.path[:1] != "/" and not (request.path == "*" and request.method == "OPTIONS"):
        return "The target of a request begins with a slash."
    if "host" not in request.headers and version != "1.0":
        return "A request needs a Host header."
    return None
