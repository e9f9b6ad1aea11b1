"""Sockets to requests and back. No answer leaves before everything it may tell of is safe on disk.

    server = await serve(region.handle, disk.journal, "127.10.1.1", 4566, failure=region.failure)

A handler returns a Response, or something to await, or a `partial`: the rest of the work, which is done once all
requests that arrived together have come so far. Invariant: an answer made when the journal's newest
change was N is written once the journal is durable up to N; if the disk refuses N, the caller gets an error
instead."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext
from typing import Any

from ..store.journal import MemoryJournal
from ..wire.familiar import Heads
from ..wire.http import Request, Response
from .disk.journal_file import JournalFile
from .http_connection import Connection

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response | Awaitable[Response] | partial[Response | Awaitable[Response]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long a client may keep the server at it. Seconds and bytes."""

    body_bytes: int = 128 << 20
    head_bytes: int = 64 << 10
    ahead: int = 32  # requests sent before earlier ones are answered
    connections: int = 4096
    head_s: float = 20.0
    body_s: float = 300.0
    pause_s: float = 30.0  # between two pieces of one request
    idle_s: float = 75.0
    write_s: float = 60.0
    linger_s: float = 3.0
    check_s: float = 1.0  # how often the others are looked at


async def serve(
    handler: Handler,
    journal: JournalFile | MemoryJournal,
    host: str,
    port: int,
    ssl: SSLContext | None = None,
    *,
    failure: Callable[[Request], Response] | None = None,
    source: Callable[[str], str | None] | None = None,
    limits: Limits | None = None,
) -> Server:
    """Listen, and answer by `handler`. `failure` makes the answer when a handler breaks; `source` names the
    place a client's address belongs to. Port 0 takes a free one; see `Server.port`. Raises OSError."""
    server = Server(handler, journal, failure or plain_failure, source, limits or Limits())
    await server.listen(host, port, ssl)
    return server


def plain_failure(request: Request) -> Response:
    """The error of last resort, in the form most AWS clients read."""
    return _error(500, "InternalServerError", "Internal server error")


class Server:
    """Listening sockets, their connections, and the answers held back until they may leave."""

    def __init__(
        self,
        handle: Handler,
        journal: JournalFile | MemoryJournal,
        failure: Callable[[Request], Response],
        source: Callable[[str], str | None] | None,
        limits: Limits,
    ) -> None:
        self.handle, self.limits, self.stopping = handle, limits, False
        self._journal, self._failure, self._source = journal, failure, source
        self.heads = Heads()
        self.port = 0  # of the first listening socket
        self._loop = asyncio.get_running_loop()
        self.clock = self._loop.time
        self._listening: list[asyncio.Server] = []
        self._connections: set[Connection] = set()
        self._taken: list[tuple[Connection, Request, bool]] = []
        self._alone: Connection | None = None  # what the last request came by, if none came with it
        self._tasks: dict[asyncio.Task[None], int] = {}  # and the newest change when each began
        self._held: deque[tuple[int, Connection, Request, Response, bool]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        if isinstance(journal, JournalFile):
            journal.when_durable(self._release)
            journal.when_broken(self._refuse_held)

    async def listen(self, host: str, port: int, ssl: SSLContext | None = None) -> None:
        """Listen on one more address. Raises OSError when it cannot be had."""
        timeout = 10.0 if ssl else None
        listening = await self._loop.create_server(
            lambda: Connection(self), host, port, ssl=ssl, backlog=1024, ssl_handshake_timeout=timeout
        )
        self._listening.append(listening)
        self.port = self.port or listening.sockets[0].getsockname()[1]

    async def close(self, grace_s: float = 1.0) -> None:
        """Take no more connections, answer what is under way, then hang up on the rest."""
        self.stopping = True
        for listening in self._listening:
            listening.close()
        for connection in list(self._connections):
            connection.stop()
        until = self.clock() + grace_s
        while (self._connections or self._tasks) and self.clock() < until:
            await asyncio.sleep(0.01)
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self._connections):
            connection.transport.abort()
        if self._watch is not None:
            self._watch.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # For connections.

    def connected(self, connection: Connection) -> None:
        """A client has come."""
        transport = connection.transport
        if self.stopping or len(self._connections) >= self.limits.connections:
            transport.abort()
            return
        self._connections.add(connection)
        if self._source is not None:
            peer = transport.get_extra_info("peername")
            connection.source = self._source(peer[0]) if peer else None
        if self._watch is None:
            self._watch = self._loop.call_later(self.limits.check_s, self._check)

    def disconnected(self, connection: Connection, task: asyncio.Task[None] | None) -> None:
        """A client has gone. Nobody waits for its answer, so its task ends, unless it may have changed state:
        what was begun is then brought to its end."""
        self._connections.discard(connection)
        if task is not None and self._tasks.get(task) == self._journal.last:
            task.cancel()

    def take(self, connection: Connection, request: Request, keep: bool) -> None:
        """Answer a request, together with the others that arrived at the same time: what a processor does over and
        over again, one thing after another, it does in fewer cycles."""
        if not self._taken:
            self._loop.call_soon(self._handle_taken)
        self._taken.append((connection, request, keep))

    def answer(self, connection: Connection, request: Request, response: Response, keep: bool) -> None:
        """Write an answer as soon as it may leave."""
        journal = self._journal
        last = journal.last
        if last > journal.durable:
            self._held.append((last, connection, request, response, keep))
        else:
            connection.respond(request, response, keep)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what must be awaited."""
        task = self._loop.create_task(work)
        self._tasks[task] = self._journal.last
        task.add_done_callback(self._tasks.pop)
        return task

    def broken(self, request: Request, error: BaseException) -> Response:
        """The answer to a request whose handler broke; what broke is logged."""
        log.error("%s %s: a defect", request.method, request.path, exc_info=error)
        try:
            return self._failure(request)
        except Exception:
            log.exception("%s %s: a defect while refusing", request.method, request.path)
            return plain_failure(request)

    def refusal(self, status: int, code: str, message: str) -> Response:
        """The answer to what is not a request this server can take."""
        return _error(status, code, message)

    def _handle_taken(self) -> None:
        taken, self._taken = self._taken, []
        before, self._alone = self._alone, taken[0][0] if len(taken) == 1 else None
        begun = [(*each, self._begun(each[1])) for each in taken]
        journal, held, ready = self._journal, self._held, []
        for connection, request, keep, answer in begun:
            if answer.__class__ is partial:
                try:
                    answer = answer()
                except Exception as error:
                    answer = self.broken(request, error)
            if answer.__class__ is not Response:
                connection.wait_for(request, answer, keep)
            elif (last := journal.last) > journal.durable:
                held.append((last, connection, request, answer, keep))
            else:
                ready.append((connection, request, answer, keep))
        for connection, request, answer, keep in ready:
            try:
                connection.respond(request, answer, keep)
            except Exception:
                self._unsayable(connection)
        if before is not None and before is self._alone and isinstance(journal, JournalFile):
            journal.hasten()

    def _begun(self, request: Request) -> Any:
        try:
            return self.handle(request)
        except Exception as error:
            return self.broken(request, error)

    def _release(self, durable: int) -> None:
        held = self._held
        while held and held[0][0] <= durable:
            _, connection, request, response, keep = held.popleft()
            try:
                connection.respond(request, response, keep)
            except Exception:
                self._unsayable(connection)

    def _unsayable(self, connection: Connection) -> None:
        """One answer that cannot be written must not keep others from theirs."""
        log.exception("a connection ends: a defect while its answer was written")
        connection.transport.abort()

    def _refuse_held(self) -> None:
        """The disk refused what these answers tell of."""
        held, self._held = self._held, deque()
        for _, connection, request, _, keep in held:
            connection.respond(request, self._failure(request), keep)

    def _check(self) -> None:
        now = self.clock()
        for connection in list(self._connections):
            connection.check_patience(now)
        again = bool(self._connections)
        self._watch = self._loop.call_later(self.limits.check_s, self._check) if again else None


def _error(status: int, code: str, message: str) -> Response:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Response(
        status, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", code)], body
    )
