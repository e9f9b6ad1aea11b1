"""Asking a running world: one question on its control socket, one answer."""

from __future__ import annotations

import json
import socket
from typing import Any

from .channel import Refused
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
        raise NotRunning(f"No world is running in {data.path}. `terrella up` starts one.") from None
    except TimeoutError:
        raise Refused(f"The world in {data.path} does not answer.") from None
    if not answer:
        raise NotRunning(f"The world in {data.path} has just stopped.")
    reply = json.loads(answer)
    if "no" in reply:
        raise Refused(reply["no"])
    return reply["ok"]


def wait_until_stopped(data: DataDir) -> None:
    """Return when nobody answers on the control socket and the data directory is free."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(data.control))
            line.recv(1)  # ends when the supervisor does
        except OSError:
            return


def _line_from(line: socket.socket) -> bytes:
    parts = []
    while not parts or not parts[-1].endswith(b"\n"):
        part = line.recv(1 << 16)
        if not part:
            return b""
        parts.append(part)
    return b"".join(parts)
