"""Asking a running world on its control socket: one question at a time, or many on an event loop.

    status     places, processes, links, faults in force      where      ports and credentials for clients
    strike     kind and words, or fault as plain data         heal       strike: its id, or all
    revive     name of a place                                faults     those in force
    arrivals   of tagged writes in a region's journal: name, after, limit        stop
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .channel import Channel, Refused
from .data_dir import DataDir

PATIENCE_S = 60.0


class NotRunning(Exception):
    """No world runs in that data directory; the message says so."""


def ask(data: DataDir, do: str, **more: Any) -> Any:
    """What the supervisor answers. Raises NotRunning, Refused."""
    with _line(data) as line:
        return _answer(data, line, {"id": 1, "do": do, **more})


def stop(data: DataDir) -> None:
    """Stop the world and return when its supervisor has ended. Raises NotRunning, Refused."""
    with _line(data) as line:
        _answer(data, line, {"id": 1, "do": "stop"})
        with suppress(ConnectionError, TimeoutError):
            line.recv(1)  # nothing more is said: this ends when the process at the other end does


async def connect(data: DataDir) -> Channel:
    """A line to the supervisor for many questions: `await line.ask("strike", fault=..., by=...)`. Raises
    NotRunning."""
    line = Channel(lambda channel, message: None)
    try:
        await asyncio.get_running_loop().create_unix_connection(lambda: line, str(data.control))
    except (FileNotFoundError, ConnectionRefusedError):
        raise _not_running(data) from None
    return line


@contextmanager
def _line(data: DataDir) -> Iterator[socket.socket]:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(data.control))
            yield line
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        raise _not_running(data) from None
    except PermissionError:
        raise Refused(f"The world in {data.path} is somebody else's.") from None
    except TimeoutError:
        raise Refused(f"The world in {data.path} does not answer.") from None


def _answer(data: DataDir, line: socket.socket, message: dict[str, Any]) -> Any:
    line.sendall(json.dumps(message).encode() + b"\n")
    answer = _line_from(line)
    if not answer:
        raise NotRunning(f"The world in {data.path} has just stopped.")
    reply = json.loads(answer)
    if "no" in reply:
        raise Refused(reply["no"])
    return reply["ok"]


def _not_running(data: DataDir) -> NotRunning:
    return NotRunning(f"No world is running in {data.path}. `terrella up` starts one.")


def _line_from(line: socket.socket) -> bytes:
    parts: list[bytes] = []
    while not parts or not parts[-1].endswith(b"\n"):
        part = line.recv(1 << 16)
        if not part:
            return b""
        parts.append(part)
    return b"".join(parts)
