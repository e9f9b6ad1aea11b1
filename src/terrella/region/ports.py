"""What a region may ask of the machine. Live they are processes and sockets; simulated they are functions.

Each is small on purpose: behaviour belongs in services, ports only carry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..core.errors import ServiceUnavailable
from ..wire.http import Request, Response

T = TypeVar("T")


class Regions(Protocol):
    """The road to other regions; every crossing asks the network and may never arrive."""

    def forward(self, region: str, request: Request) -> Awaitable[Response]: ...


class Borrowed(Protocol):
    """Services this world borrows. Reached only through a region's own front door."""

    def offers(self, service: str) -> bool: ...
    def handle(self, service: str, region: str, account: str, request: Request) -> Awaitable[Response]: ...


class Edge(Protocol):
    """Questions for the edge, over the network: health verdicts, test answers."""

    def ask(self, question: dict[str, Any]) -> Awaitable[dict[str, Any]]: ...


class Promise(Protocol):
    """Something to wait for. The first to resolve it counts."""

    def resolve(self, value: Any) -> None: ...
    def __await__(self) -> Generator[Any, None, Any]: ...


class Tasks(Protocol):
    """Background work that belongs to the region and dies with it."""

    def promise(self) -> Promise:
        """Resolved by somebody else, or with None when the region ends."""
        ...

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None: ...

    def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """The result of this work. Raises TimeoutError when it takes longer; the work itself goes on."""
        ...


class Blobs(Protocol):
    """Large bytes by their sha256 digest, durable once `put` returns."""

    def put(self, content: bytes) -> str: ...
    def get(self, digest: str) -> bytes: ...


class NoRoom(Exception):
    """The machine will not start another sandbox now; the message says what bound was met."""


@dataclass(slots=True)
class Outcome:
    """What came of one event. `error` is None or what X-Amz-Function-Error says; `log` is the last 4 KB."""

    payload: bytes
    error: str | None = None
    log: bytes = b""
    duration_ms: float = 0.0
    init_ms: float | None = None  # of a cold start
    memory_mb: float = 0.0


class Functions(Protocol):
    """Sandboxes that run user functions. How many may run at once is the service's business; a port only
    says NoRoom when the machine has no more.

    `spec` is plain data: arn and version (which name a pool of sandboxes), revision (a new one retires the
    old sandboxes), name, runtime, handler, timeout_s, memory_mb, environment, code and layers (blob digests).
    `context` has request_id, arn (as invoked), trace_id, client_context.
    """

    @property
    def endpoint_url(self) -> str:
        """Where a function finds the API of its region."""
        ...

    def check(self, runtime: str) -> str:
        """How running this runtime here differs from what was asked, or "". Refuses what cannot run."""
        ...

    def prepare(self, spec: dict[str, Any]) -> None:
        """This function will be invoked soon."""
        ...

    def invoke(self, spec: dict[str, Any], event: bytes, context: dict[str, Any]) -> Awaitable[Outcome]: ...

    def retire(self, arn: str) -> None:
        """No more events for this function version."""
        ...


class Certificates(Protocol):
    """The world's certificate authority."""

    def issue(self, names: list[str]) -> dict[str, str]:
        """A certificate for these names: its `certificate` and `chain` in PEM, without the key."""
        ...


class Unreached(Exception):
    """No server answered; the message says why."""


class Garbled(Unreached):
    """There was a server, but what it said is no whole answer."""


class Outside(Unreached):
    """A server that only the real world has."""


class Web(Protocol):
    """Servers of the user's and of the world, by their URLs."""

    def ask(self, origin: str, request: Request) -> Awaitable[Response]:
        """What the server at an origin (`https://host:port`) answers. Raises Unreached."""
        ...


@dataclass(slots=True)
class Ports:
    """The ports one region was given. One that is missing refuses with the name of what it would need."""

    regions: Any = field(default_factory=lambda: Missing("another region"))
    borrowed: Any = field(default_factory=lambda: NothingBorrowed())
    edge: Any = field(default_factory=lambda: Missing("the edge"))
    tasks: Any = field(default_factory=lambda: Missing("background work"))
    blobs: Any = field(default_factory=lambda: Missing("blob storage"))
    functions: Any = field(default_factory=lambda: Missing("function sandboxes"))
    certificates: Any = field(default_factory=lambda: Missing("certificate authority"))
    web: Any = field(default_factory=lambda: Missing("web"))


class NothingBorrowed:
    """No borrowed services: the honest default."""

    def offers(self, service: str) -> bool:
        return False


class Missing:
    """A port this world does not have."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        raise ServiceUnavailable(f"This world has no {self._what}.")
