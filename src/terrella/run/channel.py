"""JSON lines over a unix socket: how the supervisor and its places, and the command line, talk.

Either side asks, `{"id": n, "do": ...}`, and is answered, `{"id": n, "ok": ...}` or
`{"id": n, "no": sentence}`. What needs no answer has no id.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

log = logging.getLogger(__name__)

LONGEST_LINE = 16 << 20
Message = dict[str, Any]


class Refused(Exception):
    """The other side says no; the message is its sentence."""


class ChannelClosed(Exception):
    """The other side is gone."""


class Channel(asyncio.Protocol):
    """One end. `answer` is called with each message that asks or tells; what it returns is sent back."""

    def __init__(
        self,
        answer: Callable[[Channel, Message], Any | Awaitable[Any]],
        lost: Callable[[Channel], None] | None = None,
    ) -> None:
        self._answer, self._lost = answer, lost
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: Any = None
        self.open = False

    async def ask(self, do: str, **more: Any) -> Any:
        """What the other side answers. Raises Refused, ChannelClosed."""
        if not self.open:
            raise ChannelClosed(do)
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "do": do, **more})
        try:
            return await future
        finally:
            self._asked.pop(number, None)

    def tell(self, do: str, **more: Any) -> None:
        """Say something that needs no answer; nothing happens when nobody is there."""
        if self.open:
            self._send({"do": do, **more})

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport, self.open = transport, True

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ChannelClosed("the other side has gone"))
        if self._lost is not None:
            self._lost(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > LONGEST_LINE:
            self._transport.abort()
        for line in lines:
            try:
                message = orjson.loads(line)
            except orjson.JSONDecodeError:
                message = None
            if not isinstance(message, dict):
                self._send({"no": "A message is a JSON object on one line."})
                self._transport.close()
                return
            self._take(message)

    def _take(self, message: Message) -> None:
        if "do" in message:
            task = asyncio.get_running_loop().create_task(self._reply(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        future = self._asked.get(message.get("id", 0))
        if future is None or future.done():
            return
        if "no" in message:
            future.set_exception(Refused(message["no"]))
        else:
            future.set_result(message.get("ok"))

    async def _reply(self, message: Message) -> None:
        reply: Message
        try:
            answer = self._answer(self, message)
            if isinstance(answer, Awaitable):
                answer = await answer
            reply = {"id": message.get("id"), "ok": answer}
        except Refused as refused:
            reply = {"id": message.get("id"), "no": str(refused)}
        except Exception:
            log.exception("%s: a defect", message.get("do"))
            reply = {"id": message.get("id"), "no": f"{message.get('do')} broke; the log says why."}
        if message.get("id") is not None and self.open:
            self._send(reply)

    def _send(self, message: Message) -> None:
        self._transport.write(orjson.dumps(message) + b"\n")
