"""One request to a server and its answer back, streamed both ways.

Errors as documented: no connection within ten seconds or no byte for the idle timeout is 504; a connection that is
refused, reset or ends early, and an answer that is no HTTP, is 502.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...services.elbv2 import sticking
from ...services.elbv2.deciding import Forward
from ...services.elbv2.records import Record
from ...services.elbv2.targets import key_of
from ...wire import http_head
from ...wire.http_head import CHUNKED, BadHead, Head, Headers
from . import streams
from .servers import CONNECT_S, Servers
from .tunnel import Line, Passed, tunnel

if TYPE_CHECKING:
    from .requests import Asker


class Failed(Exception):
    """No answer of the server; `status` is what the client gets."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Broken(Exception):
    """The answer had begun: the client can only be cut off."""


class _Stale(Exception):
    """A kept connection turned out closed before it was of use."""


@dataclass(slots=True)
class Exchange:
    """Everything one exchange needs. `source` is the node's address, `headers` what the server gets, `dress` alters
    the headers of its answer; how it goes is noted in `record`."""

    servers: Servers
    node: str
    source: str
    forward: Forward
    head: Head
    headers: Headers
    idle_s: float
    now: float
    dress: Callable[[Headers], Headers]
    record: Record

    async def run(self, client: Asker) -> bool:
        """Carry it out; True if the client's connection may be used again. Raises Failed, Broken."""
        secure = self.forward.group["Protocol"] == "HTTPS"
        target = self.forward.target
        assert target is not None
        kept = self.servers.kept(self.node, target, secure, self.source) if not self.head.body else None
        if kept is not None:
            with suppress(_Stale):
                return await self._over(kept, client, secure, True)
        try:
            async with asyncio.timeout(min(CONNECT_S, self.idle_s)):
                port = int(target["Port"])
                line = await self.servers.connect(self.node, target, port, secure, self.source)
        except TimeoutError:
            self.record.refused = "TargetConnectionErrorCount"
            raise Failed(504) from None
        except OSError as error:
            tls = isinstance(error, ssl.SSLError)
            self.record.refused = "TargetTLSNegotiationErrorCount" if tls else "TargetConnectionErrorCount"
            raise Failed(502) from None
        return await self._over(line, client, secure, False)

    async def _over(self, line: Line, client: Asker, secure: bool, kept: bool) -> bool:
        finished = False
        sending = asyncio.ensure_future(self._send(line, client))
        try:
            answer = await self._answer(line, sending, kept, client)
            if answer.status == 101:
                await self._upgraded(answer, line, client, sending)
                return False
            await self._pass_on(answer, line, client)
            finished = answer.keep and sending.done() and sending.exception() is None
            return self.head.keep and sending.done()
        finally:
            if not sending.done():
                sending.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await sending
            if finished:
                self.servers.keep(line, self._target, secure, self.source)
            elif not line[1].is_closing():
                line[1].transport.abort()

    @property
    def _target(self) -> dict[str, Any]:
        assert self.forward.target is not None
        return self.forward.target

    async def _send(self, line: Line, client: Asker) -> None:
        ask, headers = self.forward.ask, list(self.headers)
        chunked = self.head.body == CHUNKED
        if chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        if self.head.upgrade:
            headers += [("Connection", "Upgrade"), ("Upgrade", self.head.upgrade)]
        target = f"{ask.path}?{ask.query}" if ask.query else ask.path
        await self.servers.there(self.node, self._target)
        line[1].write(http_head.write_request(ask.method, target, headers))
        self.record.sent_at = time.time()
        if self.head.body:
            await streams.pump(client.body(), line[1], chunked, lambda: client.trailers)

    async def _answer(self, line: Line, sending: asyncio.Future[None], kept: bool, client: Asker) -> Head:
        """The head of the server's answer, interim ones (1xx) left out. Raises Failed, _Stale."""
        while True:
            try:
                data = await self._patiently(line[0].readuntil(b"\r\n\r\n"), sending)
                head = http_head.read_response(data, self.forward.ask.method)
            except (OSError, asyncio.IncompleteReadError) as error:
                if isinstance(error, TimeoutError):
                    raise Failed(504) from None
                if kept and not getattr(error, "partial", b""):
                    raise _Stale from None
                raise Failed(502) from None
            except (BadHead, asyncio.LimitOverrunError):
                raise Failed(502) from None
            if head.status >= 200 or (head.status == 101 and self.head.upgrade):
                self.record.answered_at, self.record.target_status = time.time(), head.status
                self.record.quit = client.quits()
                return head

    async def _patiently(self, reading: Any, sending: asyncio.Future[None]) -> bytes:
        """The idle timeout begins when the request is sent: a long upload is not idle."""
        task = asyncio.ensure_future(reading)
        try:
            await asyncio.wait((task, sending), return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and isinstance(sending.exception(), asyncio.IncompleteReadError | BadHead):
                raise Broken  # the client did not send what it said it would
            async with asyncio.timeout(self.idle_s):
                found: bytes = await task
                await self.servers.back(self.node, self._target)
                return found
        finally:
            task.cancel()

    async def _pass_on(self, answer: Head, line: Line, client: Asker) -> None:
        """Write the answer to the client. Raises Broken."""
        headers = http_head.end_to_end(answer)
        set_cookies = [*self.forward.cookies, *sticking.after(self.forward.group, self._key, headers, self.now)]
        headers = self.dress([*headers, *(("Set-Cookie", each) for each in set_cookies)])
        trailers: Headers = []
        try:
            await client.begin(answer, headers)
            self.record.replied(answer.status, time.time())
            if answer.body:
                async for piece in streams.pieces(line[0], answer.body, trailers):
                    await client.piece(piece)
            await client.end(trailers)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, BadHead):
            raise Broken from None

    @property
    def _key(self) -> str:
        return key_of(self._target)

    async def _upgraded(self, answer: Head, line: Line, client: Asker, sending: asyncio.Future[None]) -> None:
        headers = [*http_head.end_to_end(answer), ("Connection", "Upgrade"), ("Upgrade", answer.upgrade or "")]
        await sending
        assert client.line is not None
        client.line[1].write(said := http_head.write_response(101, answer.reason, headers))
        record, passed = self.record, Passed()
        record.replied(101, time.time())
        record.upgraded = True
        try:
            await tunnel(client.line, line, self.idle_s, passed)
        finally:
            record.received += passed.there
            record.sent += len(said) + passed.back
