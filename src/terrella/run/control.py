"""Asking a running world on its control socket: one question at a time, or many on an event loop.

    status     places, processes, links, faults in force      where      ports and credentials for clients
    strike     kind and words, or fault as plain data         heal       strike: its id, or all
    revive     name of a place                                faults     those in force
    stop
"""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

from .channel import Channel, Refused
from .data_dir import DataDir

PATIENCE_S = 60.0


class NotRunning(Exception):
    """No world runs in that data directory; the message says so."""


def ask(data: DataDir, do: str, **more: Any) -> Any:
    """What the supervisor answers. Raises NotRunning, Refused."""
    message = json.dumps({"id": 1, "do": do, **more}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(data.control))
            line.sendall(message)
            answer = _line_from(line)
    except (FileNotFoundError, ConnectionRefusedError):
        raise _not_running(data) from None
    except TimeoutError:
        raise Refused(f"The world in {data.path} does not answer.") from None
    if not answer:
        raise NotRunning(f"The world in {data.path} has just stopped.")
    reply = json.loads(answer)
    if "no" in reply:
        raise Refused(reply["no"])
    return reply["ok"]


async def connect(data: DataDir) -> Channel:
    """A line to the supervisor for many questions: `await line.ask("strike", fault=..., by=...)`. Raises
    NotRunning."""
    line = Channel(lambda channel, message: None)
    try:
        await asyncio.get_running_loop().create_unix_connection(lambda: line, str(data.control))
    except (FileNotFoundError, ConnectionRefusedError):
        raise _not_running(data) from None
    return line


def wait_until_stopped(data: DataDir) -> None:
    """Return when nobody answers on the control socket and the data directory is free."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(data.control))
            line.recv(1)  # ends when the supervisor does
        except OSError:
            return


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
