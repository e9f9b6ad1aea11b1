"""One client's HTTP/2 connection to a node: up to 128 requests at a time, each of them served as those of HTTP/1.1 are.

`h2` reads and writes frames and keeps the rules of RFC 9113; here its events become requests. What a client may make us
do for nothing is bounded: streams it opens and resets, frames that carry nothing, heads, and what waits to be read.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error, ProtocolError, StreamClosedError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from ...services.elbv2 import answers
from ...services.elbv2.records import Record
from ...wire import http2_head, http_head
from ...wire.http2_head import Pairs
from ...wire.http_head import BadHead, Head
from .allowance import Allowance
from .exchange import Broken
from .http2_stream import Stream
from .requests import recorded, say, serve
from .streams import PIECE
from .tls import secured

if TYPE_CHECKING:
    from .sockets import Socket

log = logging.getLogger(__name__)
MOST_STREAMS = 128
LARGEST_HEAD = 64 << 10
WINDOW, STREAM_WINDOW = 1 << 20, 256 << 10  # bytes of bodies that wait to be passed on: of all streams, and of each
RESETS, RESETS_PER_S = 256, 20  # CVE-2023-44487
IDLE_FRAMES, IDLE_FRAMES_PER_S = 1024, 100  # CVE-2019-9512, -9515, -9518
BAD_REQUEST = Head([], 0, True, method="GET", target="/")


class Http2:
    """Serves one connection of one listening socket."""

    def __init__(self, socket: Socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.socket, self._reader, self.writer = socket, reader, writer
        self.peer: tuple[str, int] = (writer.get_extra_info("peername") or ("127.0.0.1", 0))[:2]
        self.secured, self.wire = secured(writer), socket.wire(writer)
        self._began, self._loop = socket.now(), asyncio.get_running_loop()
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.h2.local_settings = Settings(client=False, initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS, SettingCodes.MAX_HEADER_LIST_SIZE: LARGEST_HEAD,
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        })  # fmt: skip
        self.streams: dict[int, Stream] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._resets = Allowance.full(RESETS, RESETS_PER_S, self._loop.time())
        self._idle = Allowance.full(IDLE_FRAMES, IDLE_FRAMES_PER_S, self._loop.time())
        self._leaving = False
        self.shut = False  # by us: whoever waits for an answer has not gone away

    async def serve(self) -> None:
        """Until either side has had enough. Never raises but for defects."""
        self.socket.began(self.wire)
        try:
            self.h2.initiate_connection()
            self.h2.increment_flow_control_window(WINDOW - 65_535)
            await self.flush()
            while await self._read():
                await self.flush()
        except (OSError, H2Error):
            pass
        except asyncio.CancelledError:
            self.shut = True
            raise
        finally:
            self.socket.ended()
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            with suppress(OSError, RuntimeError):
                self.leave()
                self.writer.write(self.h2.data_to_send())
                self.writer.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def idle_s(self) -> float:
        """How long nothing may happen."""
        return self.socket.setting("idle_timeout.timeout_seconds", 60)

    def leave(self) -> None:
        """Say that no more streams are taken; those that are open go on (RFC 9113 section 6.8)."""
        if not self._leaving:
            self._leaving = True
            last = self.h2.highest_inbound_stream_id
            self.writer.write(self.h2.data_to_send() + GoAwayFrame(0, last_stream_id=last).serialize())

    async def flush(self) -> None:
        """Send what has been written. Raises OSError."""
        self.sent()
        await self.writer.drain()

    def sent(self) -> None:
        if data := self.h2.data_to_send():
            self.writer.write(data)

    def worked(self) -> None:
        """A frame with content was sent: the client will say that it has read it."""
        self._idle.earn(2)

    async def _read(self) -> bool:
        """Take what comes; False at the end. Raises OSError, H2Error."""
        try:
            async with asyncio.timeout(self.idle_s):
                data = await self._reader.read(PIECE)
        except TimeoutError:
            return bool(self._tasks)  # streams have an idle timeout of their own
        if not data:
            return False
        try:
            for event in self.h2.receive_data(data):
                self._take(event)
        finally:
            self.sent()
        return not (self._leaving and not self._tasks)

    def _take(self, event: events.Event) -> None:
        """Raises ProtocolError."""
        match event:
            case events.RequestReceived():
                self._open(event.stream_id, event.headers or [], event.stream_ended is not None)
            case events.DataReceived():
                self._data(event)
            case events.TrailersReceived():
                self._trailers(event)
            case events.StreamEnded():
                if stream := self.streams.get(event.stream_id):
                    stream.ended()
            case events.StreamReset():
                self._spend(self._resets)
                self._cancel(event.stream_id)
            case events.WindowUpdated():
                self._spend(self._idle)
                self._roomy(event.stream_id)
            case events.RemoteSettingsChanged():
                self._spend(self._idle)
                self._roomy(0)
            case events.PingReceived() | events.PriorityUpdated() | events.UnknownFrameReceived():
                self._spend(self._idle)
            case events.ConnectionTerminated():
                self._leaving = True

    def _open(self, id: int, pairs: Pairs, ended: bool) -> None:
        if self._leaving or len(self._tasks) >= MOST_STREAMS:
            self._spend(self._resets)
            with suppress(StreamClosedError):  # it may have been reset in the same breath
                self.h2.reset_stream(id, ErrorCodes.REFUSED_STREAM)
            return
        if self.socket.now() - self._began >= self.socket.setting("client_keep_alive.seconds", 3600):
            self.leave()
        try:
            head, bad = http2_head.read_request(pairs, ended), None
        except BadHead as found:
            head, bad = BAD_REQUEST, found.status
        size = sum(len(name) + len(value) for name, value in pairs)
        record = Record(self.wire, self.socket.port, self.socket.now(), "HTTP/2.0", received=size)
        stream = Stream(self, id, head, ended, record)
        self.streams[id] = stream
        task = self._tasks[id] = self._loop.create_task(self._serve(stream, bad))
        task.add_done_callback(lambda _: self._closed(id))

    async def _serve(self, stream: Stream, bad: int | None) -> None:
        """One request, from its head to the end of its answer."""
        try:
            await recorded(self.socket, stream, self._answer(stream, bad))
        except (OSError, Broken, H2Error, asyncio.IncompleteReadError):
            self._give_up(stream.id)
        except Exception:
            log.exception("a request to %s:%d ends: a defect", self.socket.address, self.socket.port)
            self._give_up(stream.id)

    async def _answer(self, stream: Stream, bad: int | None) -> bool:
        if bad is not None:
            return await say(self.socket, stream, answers.error(bad), True)
        await self.socket.crossed_in(self.peer[0])
        if stream.head.body and (stream.head.value("expect") or "").lower() == "100-continue":
            self.h2.send_headers(stream.id, [(b":status", b"100")])
            await self.flush()
        return await serve(self.socket, stream)

    def _give_up(self, id: int) -> None:
        """What has begun cannot be ended: the client is told so."""
        with suppress(H2Error, RuntimeError):
            self.h2.reset_stream(id, ErrorCodes.INTERNAL_ERROR)
            self.sent()

    def _closed(self, id: int) -> None:
        self._tasks.pop(id, None)
        stream = self.streams.pop(id, None)
        if stream is not None:
            stream.drop()
        if self._leaving and not self._tasks:
            with suppress(RuntimeError):
                self.writer.close()

    def _cancel(self, id: int) -> None:
        if task := self._tasks.get(id):
            task.cancel()
            if stream := self.streams.get(id):
                stream.drop()

    def _data(self, event: events.DataReceived) -> None:
        if not event.data and event.stream_ended is None:
            self._spend(self._idle)
        stream = self.streams.get(event.stream_id)
        if stream is None:
            self.consumed(event.stream_id, event.flow_controlled_length or 0)
        else:
            stream.arrived(event.data or b"", event.flow_controlled_length or 0)

    def _trailers(self, event: events.TrailersReceived) -> None:
        if stream := self.streams.get(event.stream_id):
            found = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers or []]
            stream.trailers = http_head.fit_trailers(found)

    def consumed(self, id: int, length: int) -> None:
        """Bytes of a body have been passed on: as many more may come."""
        if length:
            with suppress(H2Error):
                self.h2.acknowledge_received_data(length, id)
                self.sent()

    def _roomy(self, id: int) -> None:
        for stream in self.streams.values() if id == 0 else filter(None, [self.streams.get(id)]):
            stream.room.set()

    def _spend(self, allowance: Allowance) -> None:
        """Raises ProtocolError once a client has done too much for nothing (RFC 9113 section 10.5)."""
        if not allowance.spend(self._loop.time()):
            self._leaving = True
            self.h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            raise ProtocolError("too much for nothing")
