"""Finding and starting zygotes: one process per Python version for the whole world, shared by its regions.

The first region that needs one starts it; it ends when the last region that used it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("zygote.py")
SHARED_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
LOCK = "lock"  # as zygote.py calls it
SEND_PATIENCE_S = 5.0
_started: set[int] = set()


class Zygote:
    """This region's line to the zygote of one Python.

    `told` hears {"started": name, "pid": n} and {"ended": name, "status": n}; `lost` is called once when the
    zygote is gone, and every sandbox with it.
    """

    def __init__(
        self,
        line: socket.socket,
        loop: asyncio.AbstractEventLoop,
        told: Callable[[dict[str, Any]], None],
        lost: Callable[[], None],
    ) -> None:
        self._line, self._loop, self._told, self._lost = line, loop, told, lost
        self._buffer = b""
        self.open = True
        loop.add_reader(line.fileno(), self._receive)

    def start(self, order: dict[str, Any], descriptors: list[int]) -> None:
        """Fork a sandbox; it owns copies of the descriptors. Raises OSError when the zygote is gone."""
        self._send(order, descriptors)

    def kill(self, name: str) -> None:
        """End a sandbox. One that is already gone is no matter."""
        if self.open:
            with contextlib.suppress(OSError):
                self._send({"kill": name}, [])

    def close(self) -> None:
        """Hang up; the zygote then ends every sandbox of this region."""
        if self.open:
            self.open = False
            self._loop.remove_reader(self._line.fileno())
            self._line.close()

    def _send(self, order: dict[str, Any], descriptors: list[int]) -> None:
        body = json.dumps(order).encode()
        data = struct.pack(">I", len(body)) + body
        sent = socket.send_fds(self._line, [data], descriptors) if descriptors else 0
        self._line.sendall(data[sent:])

    def _receive(self) -> None:
        try:
            data = self._line.recv(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            self._lost()
            return
        self._buffer += data
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from(">I", self._buffer)
            if len(self._buffer) < 4 + length:
                break
            news, self._buffer = json.loads(self._buffer[4 : 4 + length]), self._buffer[4 + length :]
            self._told(news)


def connect(interpreter: str, packages: Path, log: Path) -> socket.socket:
    """A line to the zygote of that Python, started if nobody has: a few milliseconds; it loads meanwhile."""
    address = _address(interpreter, packages)
    with _only_one(address):
        try:
            return _dial(address)
        except OSError:
            _launch(interpreter, packages, log, address)
            return _dial(address)


def shared_packages(folder: Path) -> Path:
    """A folder with nothing but what the managed runtimes bring along: boto3 and what it needs."""
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in SHARED_PACKAGES:
        target = _location(name)
        if target is not None:
            link = packages / target.name
            if not link.is_symlink() or os.readlink(link) != str(target):
                with contextlib.suppress(FileNotFoundError):
                    link.unlink()
                with contextlib.suppress(FileExistsError):  # another region was faster
                    link.symlink_to(target)
    return packages


def _location(name: str) -> Path | None:
    for folder in sys.path:
        for candidate in (Path(folder) / name, Path(folder) / f"{name}.py"):
            if (candidate / "__init__.py").exists() or candidate.is_file():
                return candidate.resolve()
    return None


def _address(interpreter: str, packages: Path) -> Path:
    """Where that zygote listens: short, because socket paths must be, and private to this user."""
    folder = Path(tempfile.gettempdir()) / f"terrella-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    name = hashlib.sha256(f"{interpreter}\n{packages.resolve()}".encode()).hexdigest()[:16]
    return folder / f"{name}.sock"


@contextlib.contextmanager
def _only_one(address: Path) -> Iterator[None]:
    with address.with_name(LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _dial(address: Path) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(SEND_PATIENCE_S)
        line.connect(str(address))
    except OSError:
        line.close()
        raise
    return line


def _launch(interpreter: str, packages: Path, log: Path, address: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        address.unlink()
    log.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, log.open("ab") as output:
        listener.bind(str(address))
        listener.listen(128)
        os.set_inheritable(listener.fileno(), True)
        command = [interpreter, "-I", "-S", str(PROGRAM), str(listener.fileno()), str(packages)]
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
        ]
        _reap()
        _started.add(os.posix_spawn(interpreter, command, {}, file_actions=actions))


def _reap() -> None:
    """Take note of zygotes this process started that have ended since."""
    for pid in list(_started):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            ended = True
        if ended:
            _started.discard(pid)
