"""What a story may do to a world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from ..core.clock import Clock
from .history import Attempt, History


class World(Protocol):
    """A world with people in it."""

    clock: Clock
    speed: float
    regions: tuple[str, ...]
    history: History

    def call(
        self, region: str, service: str, operation: str, input: dict[str, Any]
    ) -> Awaitable[dict[str, Any]]:
        """Use one operation of one region as the operator. Raises AwsError."""
        ...

    def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float
    ) -> Awaitable[Attempt]:
        """One HTTP request by somebody in a city, resolver to door. Never raises; the outcome is kept."""
        ...

    def strike(self, kind: str, *words: str) -> Awaitable[None]: ...
    def heal(self) -> Awaitable[None]: ...
    def mark(self, what: str, **detail: Any) -> None:
        """Put an event into the history."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the story; the world waits for it before it ends."""
        ...

    def finish(self, table: str) -> Awaitable[None]:
        """Gather what the regions' journals and tables say into the history."""
        ...


Progress = Callable[[str], None]
