"""One client's HTTP connection to a node: request after request, each decided, answered or passed to a server."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from ...services.elbv2 import answers, lambda_events
from ...services.elbv2.deciding import Forward, forwarded
from ...services.elbv2.door import respond
from ...services.elbv2.matching import Ask
from ...wire import http_head
from ...wire.http import Response
from ...wire.http_head import CHUNKED, BadHead, Head
from ..http_render import render
from . import streams
from .exchange import Broken, Exchange, Failed

if TYPE_CHECKING:
    from .sockets import Socket

log = logging.getLogger(__name__)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LINGER_S = 1.0


class Client:
    """Serves one connection of one listening socket."""

    def __init__(self, socket: Socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._socket, self._reader, self._writer = socket, reader, writer
        self._peer = writer.get_extra_info("peername") or ("127.0.0.1", 0)
        self._began = socket.now()
        self._secure = writer.get_extra_info("ssl_object") is not None

    async def serve(self) -> None:
        """Until either side has had enough. Never raises but for defects."""
        try:
            while await self._one():
                pass
        except (OSError, asyncio.IncompleteReadError, Broken):
            self._writer.transport.abort()
        finally:
            with suppress(RuntimeError):
                self._writer.close()

    async def _one(self) -> bool:
        """One request and its answer; True if another may follow."""
        socket = self._socket
        try:
            async with asyncio.timeout(socket.setting("idle_timeout.timeout_seconds", 60)):
                data = await self._reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return False
        except asyncio.LimitOverrunError:
            return await self._say(answers.error(400), "GET", False)
        except asyncio.IncompleteReadError as ended:
            return await self._say(answers.error(400), "GET", False) if ended.partial.strip() else False
        try:
            head = http_head.read_request(data)
        except BadHead as bad:
            return await self._say(answers.error(bad.status), "GET", False)
        await socket.crossed_in(self._peer[0])
        if head.body and (head.value("expect") or "").lower() == "100-continue":
            self._writer.write(CONTINUE)
        head.keep = head.keep and socket.now() - self._began < socket.setting("client_keep_alive.seconds", 3600)
        return await self._decided(head)

    async def _decided(self, head: Head) -> bool:
        socket = self._socket
        decision = socket.decide(self._ask(head))
        if isinstance(decision, Response) or decision.target is None or decision.group["TargetType"] == "lambda":
            return await self._here(head, decision)
        headers = forwarded(socket.load_balancer, decision.ask, socket.node.rng, socket.now())
        headers = [(name, value) for name, value in headers if name.lower() != "connection"]
        exchange = Exchange(
            socket.servers, socket.zone, socket.address, decision, head, headers,
            socket.setting("idle_timeout.timeout_seconds", 60), socket.now(),
        )  # fmt: skip
        socket.node.busy[decision.key] += 1
        try:
            keep = await exchange.run((self._reader, self._writer))
            await socket.crossed_out(self._peer[0])
            return keep
        except Failed as failed:
            return await self._say(answers.error(failed.status), head.method, head.keep and not head.body)
        finally:
            socket.node.busy[decision.key] -= 1

    async def _here(self, head: Head, decision: Response | Forward) -> bool:
        """What needs no server: the whole body is read first."""
        try:
            body = await streams.whole(self._reader, head.body, lambda_events.LARGEST)
        except streams.TooLong:
            return await self._say(answers.error(413), head.method, False)
        except BadHead:
            return await self._say(answers.error(400), head.method, False)
        socket = self._socket
        response = await respond(socket.context(), socket.load_balancer, decision, body, socket.node.rng)
        return await self._say(response, head.method, head.keep)

    async def _say(self, response: Response, method: str, keep: bool) -> bool:
        await self._socket.crossed_out(self._peer[0])
        for piece in render(response, method, keep):
            self._writer.write(piece)
        await self._writer.drain()
        if not keep and self._writer.can_write_eof():
            # What the client still sends would otherwise reset the connection under its answer (RFC 9112 9.6).
            self._writer.write_eof()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    while await self._reader.read(streams.PIECE):
                        pass
        return keep

    def _ask(self, head: Head) -> Ask:
        """The request as rules and functions see it: functions are told of `connection`, too."""
        headers = http_head.end_to_end(head) + [each for each in head.headers if each[0].lower() == "connection"]
        path, _, query = head.target.partition("?")
        headers = [(name, value) for name, value in headers if name.lower() != "expect"]
        if head.body == CHUNKED:
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        socket = self._socket
        return Ask(
            head.method, head.value("host") or "", path, query, headers, socket.client_ip(self._peer[0]),
            self._peer[1], self._secure, socket.port,
        )  # fmt: skip
