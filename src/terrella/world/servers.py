"""Servers of a story's own in a simulated world: functions that answer requests at an address.

They stand where their address belongs, so they are lost with their zone.
"""

from __future__ import annotations

from collections.abc import Callable

from ..wire.http import Request, Response

Answer = Callable[[Request], Response]
PORT = 9000


class Servers:
    """Who listens where."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, int], Answer] = {}

    def serve(self, address: str, answer: Answer) -> int:
        """Listen at an address, in place of whoever did before. The port."""
        self._answers[address, PORT] = answer
        return PORT

    def at(self, address: str, port: int) -> Answer | None:
        """Who listens there; None where connections are refused."""
        return self._answers.get((address, port))
