"""Function sandboxes of one region: warm ones first, new ones forked, idle ones ended, none without bound.

Behaviour (versions, concurrency, retries) is in `services/lambda_`; here are only processes. Each function
version has a pool; a sandbox of an older revision is ended when it is next free.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..region.ports import Blobs, NoRoom, Outcome
from . import interpreters, zygotes
from .function_code import unpack
from .function_log import FunctionLog
from .interpreters import Interpreter
from .sandbox import Sandbox
from .zygotes import Zygote

logger = logging.getLogger(__name__)

INIT_LIMIT_S = 10.0
IDLE_S = 300.0
WATCH_EVERY_S = 0.1
MOST_SANDBOXES = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """What a region tells its sandboxes, and where they live on disk."""

    region: str
    endpoint_url: str  # the region's own API, as seen from a sandbox
    logs: Path  # a file per function
    code: Path  # may be shared by all regions of a world
    access_key: str = "ASIATERRELLAFUNCTION"
    secret_key: str = "terrella"
    account: str = "123456789012"
    most: int = MOST_SANDBOXES
    idle_s: float = IDLE_S


@dataclass(slots=True)
class Pool:
    """The sandboxes of one function version."""

    arn: str
    revision: str
    idle: list[Sandbox] = field(default_factory=list)


class LiveFunctions:
    """The `functions` port of a live region."""

    def __init__(self, settings: Settings, blobs: Blobs) -> None:
        self.settings, self.blobs = settings, blobs
        self.loop = asyncio.get_running_loop()
        self._pools: dict[str, Pool] = {}
        self._sandboxes: dict[str, Sandbox] = {}
        self._zygote_of: dict[str, str] = {}  # sandbox -> interpreter
        self._starting = 0
        self._zygotes: dict[str, Zygote] = {}
        self._logs: dict[str, FunctionLog] = {}
        self._unpacking: dict[str, asyncio.Future[Path]] = {}
        self._counter = 0
        self._packages: Path | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._reaping: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[Any]] = set()

    # The port.

    @property
    def endpoint_url(self) -> str:
        """Where a function finds the API of its region."""
        return self.settings.endpoint_url

    def check(self, runtime: str) -> str:
        """How running this runtime here differs from what was asked, or "". Refuses what cannot run."""
        return interpreters.find(runtime).warning

    def prepare(self, spec: dict[str, Any]) -> None:
        """A function was created or changed: unpack its code and wake the zygote before the first event."""
        task = self.loop.create_task(self._prepare(spec))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def invoke(self, spec: dict[str, Any], event: bytes, context: dict[str, Any]) -> Outcome:
        """Run one event. Raises NoRoom when this machine will not start another sandbox."""
        pool = self._pool(spec)
        if pool.idle:
            sandbox = pool.idle.pop()
        else:
            started = await self._start(spec, pool, context)
            if isinstance(started, Outcome):
                return started
            sandbox = started
        self._watch()
        return await sandbox.run(event, context)

    def retire(self, arn: str) -> None:
        """No more events for this function version. Those under way end as they would have."""
        pool = self._pools.pop(arn, None)
        for sandbox in list(pool.idle) if pool else ():
            sandbox.end()

    def close(self) -> None:
        """End every sandbox."""
        for timer in (self._watching, self._reaping):
            if timer is not None:
                timer.cancel()
        for task in self._background:
            task.cancel()
        for sandbox in list(self._sandboxes.values()):
            sandbox.end()
        for zygote in self._zygotes.values():
            zygote.close()
        for log in self._logs.values():
            log.close()

    # Sandboxes coming and going.

    def _pool(self, spec: dict[str, Any]) -> Pool:
        arn = spec["arn"]
        pool = self._pools.get(arn)
        if pool is None or pool.revision != spec["revision"]:
            self.retire(arn)
            pool = self._pools[arn] = Pool(arn, spec["revision"])
        return pool

    async def _start(self, spec: dict[str, Any], pool: Pool, context: dict[str, Any]) -> Sandbox | Outcome:
        """A new sandbox, ready for its first event; or the outcome when the function cannot start."""
        self._make_room()
        self._starting += 1
        try:
            root, layers = await self._folders(spec)
            sandbox = await self._spawn(spec, pool, root, layers, context["request_id"])
        finally:
            self._starting -= 1
        try:
            failure = await asyncio.wait_for(asyncio.shield(sandbox.ready), INIT_LIMIT_S)
        except TimeoutError:
            # The service would start it anew; here it goes on, within the function's own time limit.
            text = f"INIT_REPORT Init Duration: {INIT_LIMIT_S * 1000:.2f} ms\tPhase: init\tStatus: timeout"
            sandbox.log.write(sandbox.stream, text)
            return sandbox
        except asyncio.CancelledError:
            sandbox.end()
            raise
        return sandbox if failure is None else sandbox.give_up(failure)

    async def _spawn(
        self, spec: dict[str, Any], pool: Pool, root: Path, layers: list[Path], request_id: str
    ) -> Sandbox:
        interpreter = interpreters.find(spec["runtime"])
        zygote = self._zygote(interpreter.zygote)
        self._counter += 1
        name = f"{os.getpid():08x}{time.time_ns():016x}{self._counter:08x}"
        output, output_end = os.pipe()
        os.set_blocking(output, False)
        sandbox = Sandbox(
            name, spec, self._log(spec["name"]), output, request_id,
            kill=zygote.kill, freed=functools.partial(self._freed, pool), gone=self._gone,
        )  # fmt: skip
        self._sandboxes[name] = sandbox
        self._zygote_of[name] = interpreter.zygote
        if interpreter.warning:
            sandbox.log.write(sandbox.stream, f"WARNING {interpreter.warning}")
        near, far = socket.socketpair()
        try:
            address = await self._open_channel(sandbox, near, own=not interpreter.argv)
            order = sandbox_order(sandbox, interpreter, root, layers, address, self.settings)
            zygote.start(order, [far.fileno(), output_end])
        except OSError:
            logger.exception("no sandbox for %s", spec["arn"])
            sandbox.exited(None)
        finally:
            far.close()
            os.close(output_end)
        return sandbox

    async def _open_channel(self, sandbox: Sandbox, near: socket.socket, own: bool) -> str:
        """Where the sandbox finds its Runtime API: the descriptor it is born with, or a port of its own."""
        if own:
            near.setblocking(False)
            await self.loop.create_unix_connection(sandbox.channel, sock=near)
            return "fd:3"
        near.close()
        sandbox.server = await self.loop.create_server(sandbox.connection, "127.0.0.1", 0)
        return f"127.0.0.1:{sandbox.server.sockets[0].getsockname()[1]}"

    def _make_room(self) -> None:
        if len(self._sandboxes) + self._starting < self.settings.most:
            return
        idle = [sandbox for pool in self._pools.values() for sandbox in pool.idle]
        if not idle:
            raise NoRoom(f"This machine runs at most {self.settings.most} sandboxes per region.")
        oldest = min(idle, key=lambda sandbox: sandbox.idle_since)
        oldest.end()

    def _freed(self, pool: Pool, sandbox: Sandbox) -> None:
        if self._pools.get(pool.arn) is not pool:
            sandbox.end()
            return
        sandbox.idle_since = self.loop.time()
        pool.idle.append(sandbox)
        if self._reaping is None:
            self._reaping = self.loop.call_later(self.settings.idle_s, self._reap)

    def _gone(self, sandbox: Sandbox) -> None:
        self._sandboxes.pop(sandbox.name, None)
        self._zygote_of.pop(sandbox.name, None)
        pool = self._pools.get(sandbox.spec["arn"])
        if pool is not None and sandbox in pool.idle:
            pool.idle.remove(sandbox)

    def _reap(self) -> None:
        """End what nobody has used for a while; look again when the next one is due."""
        self._reaping, now = None, self.loop.time()
        idle = [sandbox for pool in self._pools.values() for sandbox in pool.idle]
        due = [sandbox for sandbox in idle if now - sandbox.idle_since >= self.settings.idle_s]
        for sandbox in due:
            sandbox.end()
        left = [sandbox.idle_since for sandbox in idle if sandbox.alive]
        if left:
            self._reaping = self.loop.call_at(min(left) + self.settings.idle_s, self._reap)

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = self.loop.call_later(WATCH_EVERY_S, self._look_at_memory)

    def _look_at_memory(self) -> None:
        """While events are under way, end what needs more memory than it has."""
        self._watching, busy = None, [each for each in self._sandboxes.values() if each.event is not None]
        for sandbox in busy:
            if sandbox.resident_kb() > sandbox.spec["memory_mb"] * 1024:
                sandbox.out_of_memory()
        if busy:
            self._watch()

    # Zygotes, code, logs.

    def _zygote(self, interpreter: str) -> Zygote:
        zygote = self._zygotes.get(interpreter)
        if zygote is None or not zygote.open:
            if self._packages is None:
                self._packages = zygotes.shared_packages(self.settings.code)
            line = zygotes.connect(interpreter, self._packages, self.settings.code / "zygote.log")
            lost = functools.partial(self._zygote_lost, interpreter)
            zygote = self._zygotes[interpreter] = Zygote(line, self.loop, self._told, lost)
        return zygote

    def _told(self, news: dict[str, Any]) -> None:
        sandbox = self._sandboxes.get(news.get("started") or news.get("ended") or "")
        if sandbox is not None and "started" in news:
            sandbox.pid = news["pid"]
        elif sandbox is not None:
            sandbox.exited(news["status"])

    def _zygote_lost(self, interpreter: str) -> None:
        logger.warning("the zygote of %s ended; its sandboxes end with it", interpreter)
        for name in [name for name, owner in self._zygote_of.items() if owner == interpreter]:
            self._sandboxes[name].exited(None)

    async def _prepare(self, spec: dict[str, Any]) -> None:
        try:
            self._zygote(interpreters.find(spec["runtime"]).zygote)
            await self._folders(spec)
        except OSError:
            logger.exception("could not prepare %s", spec["arn"])  # the first event will say so to its caller

    async def _folders(self, spec: dict[str, Any]) -> tuple[Path, list[Path]]:
        root = await self._unpacked(spec["code"])
        return root, [await self._unpacked(digest) for digest in spec["layers"]]

    def _unpacked(self, digest: str) -> Awaitable[Path]:
        """The folder of an archive, unpacked by one thread once however many ask."""
        unpacking = self._unpacking.get(digest)
        if unpacking is None or (unpacking.done() and unpacking.exception() is not None):
            unpacking = self.loop.run_in_executor(None, self._unpack, digest)
            self._unpacking[digest] = unpacking
        return asyncio.shield(unpacking)

    def _unpack(self, digest: str) -> Path:
        folder = self.settings.code / "unpacked"
        ready = folder / digest
        return ready if ready.is_dir() else unpack(self.blobs.get(digest), digest, folder)

    def _log(self, name: str) -> FunctionLog:
        log = self._logs.get(name)
        if log is None:
            log = self._logs[name] = FunctionLog(self.settings.logs / f"{name}.log")
        return log


def sandbox_order(
    sandbox: Sandbox,
    interpreter: Interpreter,
    root: Path,
    layers: list[Path],
    address: str,
    settings: Settings,
) -> dict[str, Any]:
    """What the zygote is asked to start."""
    spec = sandbox.spec
    argv = [part.format(root=root) for part in interpreter.argv]
    return {
        "start": sandbox.name,
        "root": str(root),
        "path": [str(root), *(str(layer / "python") for layer in layers)],
        "argv": argv,
        "memory_mb": spec["memory_mb"],
        "env": environment(sandbox, root, layers, address, settings),
    }


def environment(
    sandbox: Sandbox, root: Path, layers: list[Path], address: str, settings: Settings
) -> dict[str, str]:
    """A sandbox's environment variables: the user's own, then the ones the service reserves.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    spec = sandbox.spec
    return {
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "NODE_PATH": ":".join(str(layer / "nodejs" / "node_modules") for layer in layers),
        **spec["environment"],
        "_HANDLER": spec["handler"],
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec['runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": spec["name"],
        "AWS_LAMBDA_FUNCTION_VERSION": spec["version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec["memory_mb"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec['name']}",
        "AWS_LAMBDA_LOG_STREAM_NAME": sandbox.stream,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": settings.secret_key,
        "LAMBDA_TASK_ROOT": str(root),
        "LAMBDA_RUNTIME_DIR": str(root),
    }
