"""One resource in the hands of its type: what it should be, what it was, and the way to the services.

Invariant: everything reaches a service through `call`, in the values its model wants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from ...wire import model
from .errors import HandlerFailed
from .shaping import as_string, shaped
from .state import State

Plain = dict[str, Any]
PATIENCE_S = 3600.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 2.0


class Cancelled(AwsError):
    """Something else failed, so this is no longer waited for."""


@dataclass(slots=True)
class Resource:
    """What a handler is given. `before` is the thing as it was, when the handler updates one."""

    ctx: Context[State]
    stack: Plain
    logical_id: str
    type: str
    thing: Plain
    before: Plain | None
    interrupted: Callable[[], str | None]  # why waiting makes no sense any more

    @property
    def properties(self) -> Plain:
        found: Plain = self.thing["properties"]
        return found

    @property
    def physical_id(self) -> str:
        found = self.thing["physical"]
        assert found is not None, f"{self.logical_id} has no physical id yet"
        return str(found)

    @property
    def name(self) -> str:
        """The name the template gives, or the one made up for this resource."""
        return str(self.thing["name"])

    @property
    def token(self) -> str:
        """The same for every attempt to make this very thing, and for nothing else."""
        key = f"{self.stack['StackId']}/{self.logical_id}/{self.thing['name']}"
        return hashlib.sha256(key.encode()).hexdigest()[:32]

    @property
    def region(self) -> str:
        return self.ctx.region

    @property
    def account(self) -> str:
        return self.ctx.account

    def get(self, name: str, otherwise: Any = None) -> Any:
        return self.properties.get(name, otherwise)

    def pick(self, names: str, source: Plain | None = None) -> Plain:
        """Those of the named properties that are there."""
        source = self.properties if source is None else source
        return {name: source[name] for name in names.split() if name in source}

    def changed(self, name: str) -> bool:
        """Does a property differ from what it was?"""
        was = self.before["properties"] if self.before else {}
        return bool(was.get(name) != self.properties.get(name))

    def tags(self) -> dict[str, str]:
        """Tags of the stack and of the resource itself, whichever way it writes them."""
        return tags_of(self.thing)

    def tag_list(self, key: str = "Key", value: str = "Value") -> list[Plain]:
        return [{key: name, value: each} for name, each in self.tags().items()]

    def tag_changes(self) -> tuple[dict[str, str], list[str]]:
        """Tags to set and keys to take away, from what was to what should be."""
        was, now = tags_of(self.before) if self.before else {}, self.tags()
        return {k: v for k, v in now.items() if was.get(k) != v}, [k for k in was if k not in now]

    async def call(self, service: str, operation: str, input: Plain, region: str | None = None) -> Plain:
        """One operation of any service, in this region unless another is named."""
        modelled = model.load(service).operations[operation]
        known = modelled.input.members if modelled.input else {}
        for name in input:
            if input[name] is None:
                assert name in known, f"{service} {operation} has no {name}"
        given = {name: value for name, value in input.items() if value is not None}
        return await self.ctx.request(service, operation, shaped(modelled.input, given), region)

    async def retag(self, service: str, arn: str, key: str = "ResourceArn", as_list: bool = True) -> None:
        """Bring the tags up to date by TagResource and UntagResource."""
        added, removed = self.tag_changes()
        if added:
            rows = [{"Key": name, "Value": value} for name, value in added.items()]
            await self.call(service, "TagResource", {key: arn, "Tags": rows if as_list else added})
        if removed:
            await self.call(service, "UntagResource", {key: arn, "TagKeys": removed})

    async def call_when_there(self, service: str, operation: str, input: Plain, patience_s: float = 60.0) -> Plain:
        """One operation, asked again for a while when what it names is not there yet: templates do not always say that
        one resource needs another, and at AWS it comes right because everything takes its time."""
        answer: Plain = {}
        refused: list[AwsError] = []

        async def done() -> bool:
            try:
                answer.update(await self.call(service, operation, input))
            except AwsError as refusal:
                if refusal.error_code != "NotFoundException":
                    raise
                refused[:] = [refusal]
                return False
            return True

        try:
            await self.until(done, operation, self.ctx.scaled(patience_s))
        except HandlerFailed:
            raise refused[-1] from None
        return answer

    async def until(
        self, ready: Callable[[], Awaitable[bool]], what: str, patience_s: float = PATIENCE_S
    ) -> None:
        """Ask again and again, less and less often, until it is so. HandlerFailed when patience ends."""
        clock = self.ctx.here.clock
        give_up, pause = clock.now() + patience_s, FIRST_PAUSE_S
        while not await ready():
            reason = self.interrupted()
            if reason:
                raise Cancelled(reason)
            if clock.now() >= give_up:
                raise HandlerFailed(f"{what} did not become ready in {patience_s:.0f} seconds")
            await clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)


def tags_of(thing: Plain) -> dict[str, str]:
    """All tags of a thing: the stack's, overridden by its own (a list of Key and Value, or a map)."""
    own = thing["properties"].get("Tags") or {}
    if isinstance(own, dict):
        pairs = list(own.items())
    elif isinstance(own, list) and all(
        isinstance(each, dict) and {*each} >= {"Key", "Value"} for each in own
    ):
        pairs = [(each["Key"], each["Value"]) for each in own]
    else:
        raise HandlerFailed("Value of property Tags must be a list of objects with Key and Value")
    return {**thing["tags"], **{str(key): as_string(value) for key, value in pairs}}
