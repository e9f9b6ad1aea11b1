"""What a service is: operations that answer callers, changes that alter state, doors beside the AWS API.

    service = Service("dynamodb", State)

    @service.operation
    def put_item(ctx, input): ...               # reads ctx.state; may ctx.commit("item_put", ...)

    @service.operation
    async def invoke(ctx, input): ...           # truly waits; trusts nothing it read before an await

    @service.change
    def item_put(state, change, **body): ...    # the only kind of function that writes state

A plain handler runs to completion, so what it reads, decides and commits is atomic without locks.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..core.errors import AwsError
from ..store.journal import Change
from ..store.maps import Maps
from ..wire import validate
from ..wire.http import Request, Response
from ..wire.model import Operation
from .measures import Measure

if TYPE_CHECKING:
    from .region import Region

S = TypeVar("S")
Handler = Callable[["Context[Any]", dict[str, Any]], Any]
Validate = Callable[[Operation, dict[str, Any]], None]


@dataclass(slots=True)
class Caller:
    """Who signed the request; `access_key` is None for anonymous callers and for the world's own services."""

    account: str
    access_key: str | None = None
    source: str | None = None  # the place the request came from, where it is known
    principal: str | None = None  # the service that acts on somebody's behalf: apigateway.amazonaws.com
    source_arn: str | None = None  # and for which of its resources

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:root"


@dataclass(slots=True)
class Context(Generic[S]):
    """Who is asking, of what state, where and when. The first parameter of every handler."""

    state: S
    service: Service[S]
    here: Region
    caller: Caller
    request_id: str
    now: float

    @property
    def region(self) -> str:
        return self.here.name

    @property
    def account(self) -> str:
        return self.caller.account

    def commit(self, kind: str, **body: Any) -> Any:
        """Append one change to the journal, apply it, and return what its change function returned."""
        return self.here.commit(self.service, kind, body)

    def call(self, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        """Use another service of this region by its public API, at once. Only for plain (not async) handlers
        of services this world owns; raises what that operation raises."""
        return self.here.call(service, operation, input, self.caller)

    def request(
        self, service: str, operation: str, input: dict[str, Any], region: str | None = None
    ) -> Awaitable[dict[str, Any]]:
        """Use any service of any region, owned or borrowed, as a customer would, over the network."""
        return self.here.request(service, operation, input, self.caller, region)

    def scaled(self, seconds: float) -> float:
        """A duration the world owns, divided by the world's speed."""
        return seconds / self.here.world.speed


@dataclass(slots=True)
class Door(Generic[S]):
    """An entrance that is not the AWS API: a custom domain, a load balancer's listener, a function URL."""

    matches: Callable[[S, Region, str], bool]
    handle: Callable[[Context[S], Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Canary:
    """An operation that a control plane which is well refuses with this code, and one which is not cannot."""

    operation: str
    input: dict[str, Any]
    refusal: str


@dataclass(slots=True)
class Service(Generic[S]):
    """Everything one AWS service is in this world.

    `id` is the folder botocore keeps its model in. `home` is the one region a global service's control plane
    lives in, `standby` the one it may move to, `seat` tells which of the two it is in (see seats.py). `replicates`
    names the peers a change is owed to; it is asked before the change is applied. `beside` names further models
    whose operations stand beside its own, on the same state: AWS publishes some services in two. No two of its
    models name an operation alike.
    """

    id: str
    new_state: Callable[[Maps], S]
    home: str | None = None
    standby: str | None = None
    seat: Callable[[S], str] = lambda state: ""
    canary: Canary | None = None
    beside: tuple[str, ...] = ()
    validate: Validate = validate.check
    replicates: Callable[[S, Change, Region], Iterable[str]] = lambda state, change, here: ()
    operations: dict[str, Handler] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)  # names of the operations that are async
    changes: dict[str, Callable[..., Any]] = field(default_factory=dict)
    doors: list[Door[S]] = field(default_factory=list)
    moving_doors: bool = False  # which hosts they are for depends on state
    on_start: list[Callable[[Context[S]], None]] = field(default_factory=list)
    arrivals: dict[str, Callable[[Context[S], Change], None]] = field(default_factory=dict)
    landed: Callable[[Context[S], list[Change], str, float], None] | None = None
    admits: Callable[[Context[S], str, dict[str, Any], bool], None] | None = None
    measured: Callable[[Context[S]], Iterable[Measure]] | None = None
    answered: Callable[[Context[S], str, dict[str, Any], dict[str, Any]], None] | None = None
    refused: Callable[[Context[S], str, dict[str, Any], AwsError], None] | None = None
    errors: dict[str, type[AwsError]] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)
    """By operation and parameter, "state only" or "refused"; where any are told, all others work."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models whose operations it answers, its own first."""
        return (self.id, *self.beside)

    def operation(self, handler: Handler) -> Handler:
        """Register `put_item` as PutItem. For names with other capitals use `operation_named`."""
        return self.operation_named("".join(part[:1].upper() + part[1:] for part in _words(handler)))(handler)

    def operation_named(self, name: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.operations[name] = handler
            if inspect.iscoroutinefunction(handler):
                self.waiting.add(name)
            return handler

        return register

    def change(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        """Register the only function that writes state for changes of this name."""
        self.changes[apply.__name__] = apply
        return apply

    def door(
        self, matches: Callable[[S, Region, str], bool], fixed: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register an entrance; `matches(state, here, host)` says whether a Host header belongs to it; where several
        services say so, the first by name has it. If it is `fixed` no change of state alters that."""

        def register(handle: Callable[..., Any]) -> Callable[..., Any]:
            self.doors.append(Door(matches, handle))
            self.moving_doors = self.moving_doors or not fixed
            return handle

        return register

    def on_arrival(self, kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register what to do, at once, when a change of this name has come from a peer. A crash can come
        between: whoever must not miss one looks again at the start."""

        def register(follow: Callable[..., None]) -> Callable[..., None]:
            self.arrivals[kind] = follow
            return follow

        return register

    def on_landing(self, note: Callable[[Context[S], list[Change], str, float], None]) -> Callable[..., None]:
        """Register what to note, `(ctx, changes, peer, at)`, when a peer has said that changes owed to it arrived
        there, and when. Said of most, not of all: not of those under way when a link broke."""
        self.landed = note
        return note

    def on_answer(self, note: Callable[[Context[S], str, dict[str, Any], dict[str, Any]], None]) -> Callable[..., None]:
        """Register what to note, `(ctx, operation, input, output)`, of requests from outside that were done."""
        self.answered = note
        return note

    def on_refusal(self, note: Callable[[Context[S], str, dict[str, Any], AwsError], None]) -> Callable[..., None]:
        """The same, `(ctx, operation, input, error)`, of those that were refused; their input is {} where it could
        not be read."""
        self.refused = note
        return note

    def admission(self, check: Callable[[Context[S], str, dict[str, Any], bool], None]) -> Callable[..., None]:
        """Register what may refuse an operation, `(ctx, operation, input, outside)`, before it is begun. `outside`:
        it is not another service of this region that asks."""
        self.admits = check
        return check

    def measures(self, tell: Callable[[Context[S]], Iterable[Measure]]) -> Callable[..., Iterable[Measure]]:
        """Register what tells the service's own metrics. It is asked when CloudWatch is, and not before."""
        self.measured = tell
        return tell

    def state_only(self) -> Service[S]:
        """The same state and changes without operations, doors or home: what a data plane elsewhere holds."""
        return Service(self.id, self.new_state, canary=self.canary, changes=self.changes)

    def start(self, begin: Callable[[Context[S]], None]) -> Callable[[Context[S]], None]:
        """Register what must be picked up again when the region starts with earlier state."""
        self.on_start.append(begin)
        return begin


def _words(handler: Handler) -> list[str]:
    return handler.__name__.strip("_").split("_")
