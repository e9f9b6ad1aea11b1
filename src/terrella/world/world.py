"""What a story may do to a world. Both engines keep this promise, so a story need not know which runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from ..core.clock import Clock
from ..wire.http import Request, Response
from .history import Attempt, History


class World(Protocol):
    """A world with people in it."""

    @property
    def clock(self) -> Clock: ...

    seed: int
    speed: float
    regions: tuple[str, ...]
    history: History

    def deploy(self, service: str, regions: Sequence[str], fronts: Sequence[str] = ()) -> Awaitable[None]:
        """Have a sample service run in these regions and no others, and wait until it does.

        Called again with more regions it adds them, while visitors go on visiting. Beside the API and the DNS it
        has in any case, it may have other `fronts`: "balancer", a load balancer in each region, and "accelerator",
        an accelerator before those. Marks an event "deployed" (`service`, `regions`). Raises what went wrong.
        """
        ...

    def serve(self, address: str, answer: Callable[[Request], Response]) -> Awaitable[int]:
        """Have a server of the story's own listen at an address of this world, until the story ends. The port.
        It stands in the zone its address belongs to."""
        ...

    def code(self, service: str) -> bytes:
        """The archive a sample service's function is made of, as it is deployed."""
        ...

    def call(
        self, region: str, service: str, operation: str, input: dict[str, Any]
    ) -> Awaitable[dict[str, Any]]:
        """Use one operation of one region as the operator. Raises AwsError."""
        ...

    def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float,
        path: str = "",
    ) -> Awaitable[Attempt]:  # fmt: skip
        """One HTTP request by somebody in a city: resolver, network, door. Never raises; the outcome is
        recorded in the history, under the name of a path if the story compares several."""
        ...

    def strike(self, kind: str, *words: str) -> Awaitable[None]:
        """Put a fault in force. Marks an event "struck" (`kind`, `fault` as plain data, `text`)."""
        ...

    def heal(self) -> Awaitable[None]:
        """Lift every fault. Marks an event "healed"."""
        ...

    def mark(self, what: str, **detail: Any) -> None:
        """Put an event into the history."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the story; the world waits for it before it ends."""
        ...

    def finish(self, table: str) -> Awaitable[None]:
        """Wait for what was spawned, then gather what the regions' journals and tables say into the
        history: arrivals of tagged writes, and a digest of the table in each region that holds it."""
        ...


Progress = Callable[[str], None]
