"""One region: services behind one door. `handle` is the whole request path, top to bottom.

Invariant: service state alters only in `commit` and `accept`, always by a change that stands in the journal.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..core.clock import Clock
from ..core.errors import AwsError, InternalServerError, NotImplementedHere, UnrecognizedClientException
from ..store.journal import Change, Journal
from ..store.maps import Maps
from ..wire import browsers, client, codec, model, route, signing, sigv4
from ..wire.http import Request, Response
from . import callers, pages, seats
from .measures import Measure
from .ports import Ports
from .replicate import Batch, Outbox
from .service import Caller, Context, Door, Service

ACCOUNT = "123456789012"
INBOX = "_inbox"
_LAST_DIGITS = tuple(f"{number:02X}" for number in range(256))
_UNKNOWN: Any = object()

Asked = partial[Response | Awaitable[Response]]
"""A request that was understood; calling it is answering it."""
Begun = Response | Awaitable[Response] | Asked


class UnknownChange(Exception):
    """The journal was written by a version that knew more."""


@dataclass(slots=True)
class WorldFacts:
    """What every place knows of the world it is part of."""

    regions: tuple[str, ...]
    speed: float = 1.0
    account: str = ACCOUNT
    credentials: dict[str, str] = field(default_factory=dict)  # access key -> secret; empty: anyone is let in
    limits: tuple[str, ...] = ()  # services that take no more requests than AWS's do


class Region:
    """A place that answers AWS's API: a region, or (with fewer services) the edge."""

    def __init__(
        self,
        name: str,
        services: Iterable[Service[Any]],
        *,
        clock: Clock,
        journal: Journal,
        maps: Maps,
        world: WorldFacts,
        ports: Ports | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.name, self.clock, self.journal, self.maps = name, clock, journal, maps
        self.world, self.ports = world, ports or Ports()
        self.rng = rng or random.Random(name)
        services = list(services)
        self.homes = {each: service.home for service in services if service.home for each in service.models}
        self.standbys = {service.id: service.standby for service in services if service.standby}
        self.canaries = {service.id: service.canary for service in services if service.canary}
        self.owned = [each for each in services if each.home is None or name in (each.home, each.standby)]
        self.services = {each: service for service in self.owned for each in service.models}
        self.state = {service.id: service.new_state(maps) for service in self.owned}
        self.faults: tuple[Any, ...] = ()  # those with an `on_request` hook
        self.outboxes: dict[str, Outbox] = {}
        self._inbox = maps.objects(INBOX)
        self._doors: dict[str, tuple[Service[Any], Door[Any]] | None] = {}
        self._last_time = 0.0
        self._request_ids, self._id_prefix = itertools.count(), f"{self.rng.getrandbits(96):024X}"
        self._id_beginning = ""  # of the ids of 256 requests

    # Answering.

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Answer one request. Awaitable when the answer must wait for something elsewhere."""
        begun = self.begin(request)
        return begun() if isinstance(begun, partial) else begun

    def begin(self, request: Request) -> Begun:
        """Understand one request. Where this region is to answer, that is done by calling what is returned."""
        request_id = self.new_request_id()
        host = request.headers.get("host", "")  # as it is: it need not be taken apart each time
        behind_door: tuple[Service[Any], Door[Any]] | None = self._doors.get(host, _UNKNOWN)
        if behind_door is _UNKNOWN:
            behind_door = self._door(request)
        if behind_door is not None:
            behind, door = behind_door
            return door.handle(self._context(behind, callers.anybody(self.world, request), request_id), request)
        if "origin" in request.headers and browsers.concerns(request):
            return browsers.preflight(request) or pages.readable(self._begin_call(request, request_id))
        return self._begin_call(request, request_id)

    def _begin_call(self, request: Request, request_id: str) -> Begun:
        call = None
        try:
            signature = sigv4.read(request)
            if signature is not None and signature.region != self.name:
                target = self._target_region(signature)
                if target != self.name:
                    return self._carried(request, seats.pass_on(self, signature.service, target, request), request_id)
            call = route.resolve(request, signature.service if signature else None)
            if self.faults:
                self._check_faults(call.operation)
            caller = callers.known(self.world, request, signature, self.clock)
            service = self.services.get(call.operation.service.name)
            if service is None or (service.standby is not None and seats.stands_by(self, service)):
                return self._carried(request, self._elsewhere(call, request, caller), request_id)
            operation = call.operation
            input = codec.read(call, call.protocol, request)
            handler = self._handler(service, operation.name)
            service.validate(operation, input)
            return partial(self._answer, request, call, service, handler, caller, input, request_id)
        except AwsError as error:
            return self._refusal(request, call, error, request_id)

    def _answer(
        self, request: Request, call: route.Call, service: Service[Any], handler: Any, caller: Caller,
        input: dict[str, Any], request_id: str,
    ) -> Response | Awaitable[Response]:  # fmt: skip
        try:
            ctx = self._context(service, caller, request_id)
            if service.admits is not None:
                service.admits(ctx, call.operation.name, input, True)
            output = handler(ctx, input)
            if type(output) is not dict and hasattr(output, "__await__"):
                return self._await_output(request, call, output, ctx, input)
            if service.answered is not None:
                service.answered(ctx, call.operation.name, input, output or {})
            response = codec.write(call.operation, call.protocol, output or {}, request_id)
            return response if len(response.body) < codec.LARGE else codec.packed(call.operation, request, response)
        except AwsError as error:
            return self._refusal(request, call, error, request_id)

    def failure(self, request: Request) -> Response:
        """The answer to a request whose handling broke on a defect of ours; the carrier has logged it."""
        error = InternalServerError("Internal server error")
        return self._refusal(request, None, error, self.new_request_id())

    def new_request_id(self) -> str:
        """An id as AWS gives each request; unique in this region."""
        number = next(self._request_ids)
        if not number & 0xFF:
            self._id_beginning = f"{self._id_prefix}{number >> 8:06X}"
        return self._id_beginning + _LAST_DIGITS[number & 0xFF]

    async def _carried(self, request: Request, answer: Awaitable[Response], request_id: str) -> Response:
        """An answer from outside this region, or the refusal of whoever was to carry the request there."""
        try:
            return await answer
        except AwsError as error:
            return self._refusal(request, None, error, request_id)

    async def _await_output(
        self, request: Request, call: route.Call, output: Awaitable[Any], ctx: Context[Any], input: dict[str, Any]
    ) -> Response:
        try:
            found = await output or {}
            if ctx.service.answered is not None:
                ctx.service.answered(ctx, call.operation.name, input, found)
            response = codec.write(call.operation, call.protocol, found, ctx.request_id)
            return response if len(response.body) < codec.LARGE else codec.packed(call.operation, request, response)
        except AwsError as error:
            return self._refusal(request, call, error, ctx.request_id)

    def _refusal(
        self, request: Request, call: route.Call | None, error: AwsError, request_id: str
    ) -> Response:
        if call is None:
            return codec.refuse(request, error, request_id)
        service = self.services.get(call.operation.service.name)
        if service is not None and service.refused is not None:
            ctx = self._context(service, callers.anybody(self.world, request), request_id)
            service.refused(ctx, call.operation.name, codec.readable(call.operation, call.protocol, request), error)
        return codec.write_error(call.operation, call.protocol, error, request_id)

    # One service using another.

    def call(
        self, service_id: str, operation: str, input: dict[str, Any], caller: Caller | None = None
    ) -> dict[str, Any]:
        """Run one plain operation of an owned service of this region, now."""
        service = self.services[service_id]
        handler = self._handler(service, operation)
        assert operation not in service.waiting, f"{operation} waits; use request()"
        modelled = model.load(service_id).operations[operation]
        service.validate(modelled, input)
        ctx = self._context(service, caller or self._ourselves(), self.new_request_id())
        output: Any = handler(ctx, input) or {}
        if hasattr(output, "__await__"):
            output.close()
            raise NotImplementedHere(service_id, f"{operation} of something that waits for other regions from here")
        answer: dict[str, Any] = output
        return answer

    async def request(
        self,
        service_id: str,
        operation: str,
        input: dict[str, Any],
        caller: Caller | None = None,
        region: str | None = None,
    ) -> dict[str, Any]:
        """Run one operation of any service of any region, as its customer."""
        caller = caller or self._ourselves()
        target = await seats.meant(self, service_id, region)
        service = self.services.get(service_id) if target == self.name else None
        modelled = model.load(service_id).operations[operation]
        if service is not None:
            handler = self._handler(service, operation)
            service.validate(modelled, input)
            ctx = self._context(service, caller, self.new_request_id())
            if service.admits is not None:
                service.admits(ctx, operation, input, False)
            output = handler(ctx, input)
            return (await output if hasattr(output, "__await__") else output) or {}
        request = client.write(modelled, input, region=target)
        self._sign(request, modelled, target)
        if target != self.name:
            response = await self.ports.regions.forward(target, request)
        else:
            response = await self._borrow(service_id, operation, request, caller)
        return client.read(modelled, response)

    def _sign(self, request: Request, operation: model.Operation, target: str) -> None:
        """In a world with credentials its own services sign too, as the first of those it knows."""
        for access_key, secret in list(self.world.credentials.items())[:1]:
            name = operation.service.signing_name
            signing.sign(request, access_key, secret, target, name, self.clock.now())

    # Changing.

    def commit(self, service: Service[Any], kind: str, body: dict[str, Any]) -> Any:
        """Append a change this region accepts, apply it, return what applying it returned."""
        seq, now, name = self.journal.last + 1, self._tick(), self.name
        state = self.state[service.id]
        change = Change._make((seq, now, name, now, seq, service.id, kind, body, ()))
        if owed := service.replicates(state, change, self):
            change = Change._make((seq, now, name, now, seq, service.id, kind, body, tuple(owed)))
        self.journal.append(change)
        return self._apply(service, state, change)

    def accept(self, batch: Batch) -> int:
        """Take what a peer sent; drop repeats. Returns the number to acknowledge once this is durable."""
        seen = applied = self.seen(batch.source)
        if batch.after > seen:
            return seen  # there is a gap: the sender will rewind
        try:
            for change in batch.changes:
                _, _, origin, accepted, number, service_id, kind, body, _ = change
                if number > seen:
                    service = self.services[service_id]
                    if accepted > self._last_time:
                        self._last_time = accepted  # what is written here is later
                    seq, now = self.journal.last + 1, self._tick()
                    local = Change._make((seq, now, origin, accepted, number, service_id, kind, body, ()))
                    self.journal.append(local)
                    applied = number
                    self._apply(service, self.state[service.id], local)
                    follow = service.arrivals.get(kind)
                    if follow is not None:
                        follow(self.context(service.id), local)
        finally:  # once, and whatever happens: what stands in the journal was seen
            if applied > seen:
                self._inbox.put(batch.source, applied)
        return applied

    def seen(self, source: str) -> int:
        """The newest change of another place's journal that is in ours."""
        return self._inbox.get(source) or 0

    def reached(self, peer: str, changes: Iterable[Change], at: float) -> None:
        """A peer acknowledged these changes of ours and said when they came."""
        of: dict[str, list[Change]] = {}
        for change in changes:
            of.setdefault(change.service, []).append(change)
        for service_id, landed in of.items():
            note = self.services[service_id].landed
            if note is not None:
                note(self.context(service_id), landed, peer, at)

    def measures(self) -> Iterator[Measure]:
        """What the services of this region measure of themselves."""
        for service in self.owned:
            if service.measured is not None:
                yield from service.measured(self.context(service.id))

    def replay(self, change: Change) -> None:
        """Apply a change that already stands in the journal: at restart, what the maps do not hold yet.
        Raises UnknownChange for one of a kind this version does not have."""
        service = self.services.get(change.service)
        if service is None or change.kind not in service.changes:
            raise UnknownChange(f"change {change.seq} is a {change.kind} of {change.service}")
        self._last_time = max(self._last_time, change.time)
        if change.origin != self.name:
            self._inbox.put(change.origin, change.origin_seq)
        self._apply(service, self.state[service.id], change)

    def _apply(self, service: Service[Any], state: Any, change: Change) -> Any:
        if service.moving_doors:
            self._doors.clear()
        return service.changes[change.kind](state, change, **change.body)

    def _tick(self) -> float:
        """Now, but never twice the same: two changes of one region always have an order."""
        now, next_time = self.clock.now(), self._last_time + 1e-6
        self._last_time = now = now if now > next_time else next_time
        return now

    # Beginning.

    def peer_with(self, peer: str) -> Outbox:
        """Owe a peer what services replicate to it."""
        return self.outboxes.setdefault(peer, Outbox(self.name, self.journal, peer))

    def start(self) -> None:
        """Let services pick up what was under way when the region last stopped."""
        for service in self.owned:
            for begin in service.on_start:
                begin(self.context(service.id))

    def context(self, service_id: str) -> Context[Any]:
        """A context in which the world itself acts on a service."""
        return self._context(self.services[service_id], self._ourselves(), self.new_request_id())

    # Deciding who and where.

    def _context(self, service: Service[Any], caller: Caller, request_id: str) -> Context[Any]:
        return Context(self.state[service.id], service, self, caller, request_id, self.clock.now())

    def _ourselves(self) -> Caller:
        return Caller(self.world.account, None, self.name)

    def _door(self, request: Request) -> tuple[Service[Any], Door[Any]] | None:
        asked, host = request.headers.get("host", ""), request.host
        found: tuple[Service[Any], Door[Any]] | None = None
        for service in self.owned:
            for door in service.doors:
                if found is None and door.matches(self.state[service.id], self, host):
                    found = (service, door)
        if len(self._doors) > 4096:
            self._doors.clear()  # a flood of invented Host headers must not fill memory
        self._doors[asked] = found
        return found

    def _target_region(self, signature: sigv4.Signature) -> str:
        if seats.is_home_of(self, signature.service):
            return self.name
        if signature.region in self.world.regions:
            return signature.region
        raise UnrecognizedClientException(
            f"This world has no region {signature.region}. It has: {', '.join(sorted(self.world.regions))}."
        )

    def _check_faults(self, operation: model.Operation) -> None:
        for fault in self.faults:
            fault.on_request(operation.service.name, operation.name, self.name)

    def _handler(self, service: Service[Any], operation: str) -> Any:
        handler = service.operations.get(operation)
        if handler is None:
            raise NotImplementedHere(service.id, operation)
        return handler

    def _elsewhere(self, call: route.Call, request: Request, caller: Caller) -> Awaitable[Response]:
        service_id = call.operation.service.name
        home = seats.home_of(self, service_id)
        if home != self.name:
            return seats.pass_on(self, service_id, home, request)
        return self._borrow(service_id, call.operation.name, request, caller)

    def _borrow(
        self, service_id: str, operation: str, request: Request, caller: Caller
    ) -> Awaitable[Response]:
        if not self.ports.borrowed.offers(service_id):
            raise NotImplementedHere(service_id, operation)
        answer: Awaitable[Response] = self.ports.borrowed.handle(service_id, self.name, caller.account, request)
        return answer
