"""Shapes: the types of the published service models, with what each says about its own place on the wire."""

from __future__ import annotations

from functools import cached_property
from typing import Any

SCALARS = frozenset(
    ("string", "character", "integer", "long", "float", "double", "boolean", "blob", "timestamp")
)


class Shapes:
    """The shapes of one service, made when first asked for; two references that say the same share one."""

    def __init__(self, service: str, raw: dict[str, dict[str, Any]]) -> None:
        self.service = service
        self._raw = raw
        self._made: dict[Any, Shape] = {}

    def get(self, reference: dict[str, Any]) -> Shape:
        """The shape a reference names; what the reference says itself wins over what the shape says."""
        name = reference["shape"]
        said = {k: v for k, v in reference.items() if k not in ("shape", "documentation")}
        key = (name, *((k, str(v)) for k, v in said.items())) if said else name
        shape = self._made.get(key)
        if shape is None:
            shape = self._made[key] = Shape(name, {**self._raw[name], **said}, self)
        return shape


class Shape:
    """One type. Equality is identity: the same shape of a service is one object."""

    def __init__(self, name: str, traits: dict[str, Any], shapes: Shapes) -> None:
        self.name = name
        self.traits = traits
        self.kind: str = traits["type"]
        self.service = shapes.service
        self.location: str | None = traits.get("location")
        self.wire_name: str | None = traits.get("locationName")
        self.required: frozenset[str] = frozenset(traits.get("required", ()))
        self._shapes = shapes

    def __repr__(self) -> str:
        return f"<{self.service} {self.kind} {self.name}>"

    def named(self, member: str) -> str:
        """The name on the wire of a member that is this shape."""
        return self.wire_name or member

    def with_traits(self, **traits: Any) -> Shape:
        """A shape of its own that differs in these."""
        return Shape(self.name, {**self.traits, **traits}, self._shapes)

    @cached_property
    def members(self) -> dict[str, Shape]:
        return {name: self._shapes.get(ref) for name, ref in self.traits.get("members", {}).items()}

    @cached_property
    def member(self) -> Shape:
        return self._shapes.get(self.traits["member"])

    @cached_property
    def key(self) -> Shape:
        return self._shapes.get(self.traits["key"])

    @cached_property
    def value(self) -> Shape:
        return self._shapes.get(self.traits["value"])

    @cached_property
    def payload(self) -> str | None:
        """The member that is the whole body, where one is."""
        found: str | None = self.traits.get("payload")
        return found

    @cached_property
    def event_stream(self) -> str | None:
        """The member that is a stream of events, where one is."""
        return next((name for name, member in self.members.items() if member.is_stream), None)

    @property
    def is_stream(self) -> bool:
        return bool(self.traits.get("eventstream"))

    @property
    def is_document(self) -> bool:
        """Free JSON, of any form."""
        return bool(self.traits.get("document"))

    @property
    def flattened(self) -> bool:
        return bool(self.traits.get("flattened"))

    @property
    def enum(self) -> list[str]:
        return self.traits.get("enum", [])
