"""One request and its answer, whatever version of HTTP its client speaks: decided, answered here or by a server."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Protocol

from h2.exceptions import H2Error

from ...services.elbv2 import answers, header_settings, lambda_events
from ...services.elbv2.client_certificates import Secured
from ...services.elbv2.deciding import Forward, Gate, forwarded
from ...services.elbv2.door import respond
from ...services.elbv2.matching import Ask
from ...services.elbv2.records import GONE, Record
from ...wire import http_head
from ...wire.http import Response
from ...wire.http_head import CHUNKED, BadHead, Head, Headers
from . import streams
from .exchange import Broken, Exchange, Failed
from .tunnel import Line

if TYPE_CHECKING:
    from .sockets import Socket


class Asker(Protocol):
    """The client's side of one request. `line` is the bare connection, where it can be upgraded.

    Of what is said `say` is the whole; `begin`, `piece` and `end` are its parts. `keep`: may another request follow?
    What passes is counted in `record`.
    """

    head: Head
    record: Record
    trailers: Headers

    @property
    def peer(self) -> tuple[str, int]: ...

    @property
    def line(self) -> Line | None: ...

    @property
    def secured(self) -> Secured | None: ...

    def body(self) -> AsyncIterator[bytes]: ...

    async def say(self, response: Response, keep: bool) -> bool: ...

    async def begin(self, answer: Head, headers: Headers) -> None: ...

    async def piece(self, data: bytes) -> None: ...

    async def end(self, trailers: Headers) -> None: ...

    def quits(self) -> bool:
        """Has the client said that it will send no more, as one does that may not be there any more?"""
        ...

    def gone(self) -> bool:
        """Is it known to be there no more?"""
        ...


async def recorded(socket: Socket, asker: Asker, seeing: Awaitable[bool]) -> bool:
    """See to a request, and note what became of it. Raises what that raises."""
    record = asker.record
    try:
        keep = await seeing
        if record.quit:
            await asyncio.sleep(0)  # what was written to a client that is gone tells so
            if asker.gone():
                record.status = GONE
    except asyncio.CancelledError:
        if asker.gone():  # else the listener is
            _broke_off(socket, record)
        raise
    except (OSError, asyncio.IncompleteReadError, Broken, H2Error):
        _broke_off(socket, record)
        raise
    socket.over(record)
    return keep


def _broke_off(socket: Socket, record: Record) -> None:
    if record.quit or not record.status:
        record.status = GONE
    socket.over(record)


async def serve(socket: Socket, asker: Asker) -> bool:
    """See to a request; True if the connection may be used again. Raises OSError, Broken."""
    head, record = asker.head, asker.record
    record.ask = _ask(socket, asker)
    decision = await _decided(socket, record.ask)
    record.forward = decision if isinstance(decision, Forward) else None
    if isinstance(decision, Response) or decision.target is None or decision.group["TargetType"] == "lambda":
        return await _here(socket, asker, decision)
    headers = forwarded(socket.load_balancer, decision.ask, socket.node.rng, socket.now())
    headers = [(name, value) for name, value in headers if name.lower() != "connection"]
    record.trace = next((value for name, value in headers if name == "X-Amzn-Trace-Id"), "-")
    exchange = Exchange(
        socket.servers, socket.zone, socket.address, decision, head, headers,
        socket.setting("idle_timeout.timeout_seconds", 60), socket.now(),
        functools.partial(header_settings.dressed, socket.listener["Attributes"]), record,
    )  # fmt: skip
    socket.node.busy[decision.key] += 1
    try:
        keep = await exchange.run(asker)
        await socket.crossed_out(asker.peer[0])
        return keep
    except Failed as failed:
        return await say(socket, asker, answers.error(failed.status), head.keep and not head.body)
    finally:
        socket.node.busy[decision.key] -= 1


async def _decided(socket: Socket, ask: Ask) -> Response | Forward:
    """What becomes of a request, once it is known who asks where that must be known."""
    back = await socket.gates.returned(socket, ask)
    if back is not None:
        ask.action = "authenticate"
        return back
    decision = socket.decide(ask)
    if not isinstance(decision, Gate):
        return decision
    passed = await socket.gates.passed(socket, decision)
    if isinstance(passed, Response):
        return passed
    decision = socket.decide(passed.ask)
    ask.rule, ask.action = passed.ask.rule, passed.ask.action
    assert not isinstance(decision, Gate), "it has passed"
    if isinstance(decision, Forward):
        decision.cookies += passed.cookies
    return decision


async def say(socket: Socket, asker: Asker, response: Response, keep: bool) -> bool:
    """Answer a request from here."""
    await socket.crossed_out(asker.peer[0])
    record = asker.record
    record.quit = asker.quits()
    record.replied(response.status, socket.now())
    if record.ask is not None and record.ask.action.endswith("redirect"):
        record.redirect = next((value for name, value in response.headers if name == "Location"), "-")
    headers = header_settings.dressed(socket.listener["Attributes"], response.headers)
    return await asker.say(Response(response.status, headers, response.body), keep)


async def _here(socket: Socket, asker: Asker, decision: Response | Forward) -> bool:
    """What needs no server: the whole body is read first."""
    try:
        body = await streams.whole(asker.body(), lambda_events.LARGEST)
    except streams.TooLong:
        asker.record.reason = "LambdaRequestTooLarge" if asker.record.forward is not None else "-"
        return await say(socket, asker, answers.error(413), False)
    except BadHead:
        return await say(socket, asker, answers.error(400), False)
    response = await respond(socket.context(), socket.load_balancer, decision, body, socket.node.rng, asker.record)
    return await say(socket, asker, response, asker.head.keep)


def _ask(socket: Socket, asker: Asker) -> Ask:
    """The request as rules and functions see it: functions are told of `connection`, too."""
    head = asker.head
    headers = http_head.end_to_end(head) + [each for each in head.headers if each[0].lower() == "connection"]
    path, _, query = head.target.partition("?")
    headers = [(name, value) for name, value in headers if name.lower() != "expect"]
    if head.body == CHUNKED:
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    peer, settings = asker.peer, socket.load_balancer["Attributes"]
    added, hidden = header_settings.of_client(settings, socket.listener, asker.secured)
    return Ask(
        head.method, head.value("host") or "", path, query, header_settings.kept(settings, headers),
        socket.client_ip(peer[0]), peer[1], socket.secure, socket.port, added, hidden,
    )  # fmt: skip
