"""The process that function sandboxes are forked from: one Python with boto3 loaded, one thread, no state.

Started by path under the Python a function asked for (`python -I -S zygote.py SOCKET PACKAGES`): it uses the
standard library only. Regions connect to its socket, send what to start together with the two descriptors the
sandbox talks through, and hear when a sandbox ended and how.

Invariant: no sandbox outlives the region it belongs to. A region that hangs up, for whatever reason, loses
its sandboxes at once; a zygote that dies takes them all along; a zygote without regions ends.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import functools
import gc
import importlib.util
import json
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import time
import types
from collections.abc import Callable
from typing import Any

LOCK = "lock"  # beside the socket: whoever holds it may put a zygote there, or take one away
PATIENCE_S = 30.0  # how long a zygote waits for its first region
PR_SET_PDEATHSIG = 1
HEADROOM_MB = 512  # above a function's memory before the kernel refuses; the region ends it much earlier
MAX_DESCRIPTORS = 1024


def main() -> None:
    os.setsid()  # a key pressed in the terminal is for the world, whose regions then hang up
    os.chdir("/")
    listener = socket.socket(fileno=int(sys.argv[1]))
    Zygote(listener, _preload(sys.argv[2])).run()


class Zygote:
    """The loop: regions in, forks out."""

    def __init__(self, listener: socket.socket, bootstrap: types.ModuleType) -> None:
        self.listener, self.bootstrap = listener, bootstrap
        self.selector = selectors.DefaultSelector()
        self.regions: dict[socket.socket, Connection] = {}
        self.owners: dict[int, tuple[Connection, str]] = {}  # pid -> its region and the region's name for it
        self.bell, ring = socket.socketpair()
        self.ring = ring
        for end in (self.bell, ring, listener):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
        for watched in (listener, self.bell):
            self.selector.register(watched, selectors.EVENT_READ)

    def run(self) -> None:
        for key, _ in self.selector.select(PATIENCE_S):
            self._attend(key.fileobj)
        while self.regions or not self._leave():
            for key, _ in self.selector.select():
                self._attend(key.fileobj)

    def _leave(self) -> bool:
        """Take the socket away, unless somebody is knocking. Under the lock, so that it is still ours."""
        address = self.listener.getsockname()
        try:
            with open(os.path.join(os.path.dirname(address), LOCK), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._welcome()
                if not self.regions:
                    os.unlink(address)
        except FileNotFoundError:  # somebody has tidied up before us
            pass
        return not self.regions

    def _attend(self, ready: Any) -> None:
        if ready is self.listener:
            self._welcome()
        elif ready is self.bell:
            self.bell.recv(4096)
            self._reap()
        elif ready in self.regions:
            self._serve(self.regions[ready])

    def _welcome(self) -> None:
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        self.regions[connection] = Connection(connection)
        self.selector.register(connection, selectors.EVENT_READ)

    def _serve(self, region: Connection) -> None:
        try:
            orders = region.receive()
        except (OSError, ValueError):
            self._abandon(region)
            return
        for order in orders:
            if "start" in order:
                self._start(region, order)
            elif "kill" in order:
                _end(region.sandboxes.get(order["kill"]))

    def _abandon(self, region: Connection) -> None:
        self.selector.unregister(region.socket)
        del self.regions[region.socket]
        region.close()
        for pid in region.sandboxes.values():
            _end(pid)

    def _start(self, region: Connection, order: dict[str, Any]) -> None:
        channel, log = region.descriptors.pop(0), region.descriptors.pop(0)
        pid = os.fork()
        if pid == 0:
            self._become(order, channel, log)
        os.close(channel)
        os.close(log)
        self.owners[pid] = (region, order["start"])
        region.sandboxes[order["start"]] = pid
        self._tell(region, {"started": order["start"], "pid": pid})

    def _become(self, order: dict[str, Any], channel: int, log: int) -> None:
        """In the child: turn into the sandbox. Never returns."""
        status = 1
        try:
            self._forget_the_parent()
            _enter(order, channel, log)
            if order.get("argv"):
                os.execve(order["argv"][0], order["argv"], order["env"])
            self.bootstrap.serve(socket.socket(fileno=3))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            _flush()
            os._exit(status & 0xFF)

    def _forget_the_parent(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.selector.close()
        for held in (self.listener, self.bell, self.ring, *self.regions):
            held.detach()  # a finaliser must not close a number that is somebody else's by then

    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            _end(ended.si_pid)  # whatever it had started itself; its number is still reserved
            _, status = os.waitpid(ended.si_pid, 0)
            region, name = self.owners.pop(ended.si_pid)
            region.sandboxes.pop(name, None)
            if region.socket in self.regions:
                self._tell(region, {"ended": name, "status": os.waitstatus_to_exitcode(status)})

    def _tell(self, region: Connection, news: dict[str, Any]) -> None:
        try:
            region.send(news)
        except OSError:  # gone, or not listening for thousands of messages
            self._abandon(region)


class Connection:
    """One region: length-prefixed JSON both ways, descriptors alongside."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.buffer = b""
        self.descriptors: list[int] = []
        self.sandboxes: dict[str, int] = {}

    def receive(self) -> list[dict[str, Any]]:
        """What has arrived. OSError when the region hung up."""
        numbers = array.array("i")
        data, extras, _, _ = self.socket.recvmsg(262144, socket.CMSG_LEN(64 * numbers.itemsize))
        for level, kind, payload in extras:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
        self.descriptors.extend(numbers)
        if not data:
            raise ConnectionResetError
        self.buffer += data
        orders = []
        while len(self.buffer) >= 4:
            (length,) = struct.unpack_from(">I", self.buffer)
            if len(self.buffer) < 4 + length:
                break
            orders.append(json.loads(self.buffer[4 : 4 + length]))
            self.buffer = self.buffer[4 + length :]
        return orders

    def send(self, news: dict[str, Any]) -> None:
        body = json.dumps(news).encode()
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def close(self) -> None:
        for number in self.descriptors:
            os.close(number)
        self.descriptors.clear()
        self.socket.close()


def _preload(packages: str) -> types.ModuleType:
    """Load what most functions import, so that their sandboxes are born with it."""
    sys.path.append(packages)
    gc.disable()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap", "python.py")
    spec = importlib.util.spec_from_file_location("_bootstrap", path)
    assert spec is not None and spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    try:
        _warm_boto3()
    except Exception as error:  # a Python too old for it: functions that do not import boto3 still run
        sys.stderr.write(f"zygote: no boto3 here: {type(error).__name__}: {error}\n")
    gc.enable()
    gc.collect()
    gc.freeze()
    return bootstrap


def _warm_boto3() -> None:
    """Import boto3, make a client once, and remember what that reads from disk: sandboxes inherit it."""
    import boto3
    import botocore.hooks
    import botocore.loaders

    # Pure look-ups in files that do not change; most of the 90 ms a client costs otherwise.
    _remember(botocore.loaders.JSONFileLoader, "load_file", lambda loader: ())
    _remember(botocore.loaders.Loader, "list_available_services", lambda loader: tuple(loader.search_paths))
    _remember(botocore.loaders.Loader, "list_api_versions", lambda loader: tuple(loader.search_paths))
    botocore.hooks.accepts_kwargs = functools.lru_cache(4096)(botocore.hooks.accepts_kwargs)
    session = boto3.session.Session(
        aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1"
    )
    session.client("dynamodb")
    session.resource("dynamodb").Table("none")


def _remember(owner: type, name: str, of: Callable[[Any], Any]) -> None:
    """Give a method a memory, per arguments and what `of` says of its object."""
    method, memory = getattr(owner, name), {}

    def remembered(self: Any, *args: Any) -> Any:
        key = (of(self), args)
        if key not in memory:
            memory[key] = method(self, *args)
        return memory[key]

    setattr(owner, name, remembered)


def _enter(order: dict[str, Any], channel: int, log: int) -> None:
    """Everything a sandbox has of its own: session, descriptors, environment, folder, limits."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    kept = os.dup2(log, 64, inheritable=True), os.dup2(channel, 65, inheritable=True)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in (1, 2):
        os.dup2(kept[0], number)
    os.dup2(kept[1], 3)
    os.closerange(4, MAX_DESCRIPTORS)
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["root"])
    sys.path[:0] = order["path"]
    sys.argv = [""]
    output = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stderr = output  # one buffer: what is printed to both stays in order
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_DESCRIPTORS, MAX_DESCRIPTORS))
    if not order.get("argv"):
        most = (order["memory_mb"] + HEADROOM_MB) << 20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end(pid: int | None) -> None:
    """Kill a sandbox and everything it started."""
    if pid is None:
        return
    for kill in (os.killpg, os.kill):  # before it made its own group there is only the process
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    main()
