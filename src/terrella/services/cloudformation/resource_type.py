"""What CloudFormation knows of a resource type: its properties, and how its service makes and unmakes one.

    table = ResourceType("AWS::DynamoDB::Table", properties="TableName KeySchema ...", create_only="...")

    @table.creates                      # returns the physical id, as soon as there is one
    async def create_table(resource):
        await resource.call("dynamodb", "CreateTable", {...})
        return resource.name

    @table.settles                      # waits until it can be used
    @table.reads                        # returns the attributes Fn::GetAtt gives
    @table.updates                      # from resource.before to resource.properties, in place
    @table.deletes

Invariant: a handler uses nothing but the public API of services, as any customer could.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .resource import Resource

Handler = Callable[["Resource"], Awaitable[Any]]


@dataclass(slots=True)
class ResourceType:
    """One type. Lists of names are written as one string with spaces between them.

    `properties` None takes any. `name` is the property that names the resource; left out of a template, a
    name is made up as stack-logical-RANDOM. `attributes` are what Fn::GetAtt may ask for, None for any.
    """

    type: str
    properties: str | None = ""
    required: str = ""
    create_only: str = ""
    attributes: str | None = ""
    attributes_note: str = ""  # for the docs page, where any may be asked for
    name: str | None = None
    longest_name: int = 64
    lower_case: bool = False
    tagged: bool = False  # stack tags reach it
    needs: str | None = None  # the capability it asks of who deploys it
    gone: str = ""  # error codes that mean it is no longer there, beside the obvious
    stirs: bool = False  # making one alters attributes of what it refers to
    note: str = ""  # a remark for the docs page
    handlers: dict[str, Handler] = field(default_factory=dict)

    def creates(self, handler: Handler) -> Handler:
        return self._register("create", handler)

    def settles(self, handler: Handler) -> Handler:
        return self._register("settle", handler)

    def reads(self, handler: Handler) -> Handler:
        return self._register("read", handler)

    def updates(self, handler: Handler) -> Handler:
        return self._register("update", handler)

    def deletes(self, handler: Handler) -> Handler:
        return self._register("delete", handler)

    def complaint(self, properties: dict[str, Any]) -> str | None:
        """Why resolved properties cannot be those of this type, in AWS's words."""
        if self.properties is None:
            return None
        unknown = [name for name in properties if name not in self.known]
        if unknown:
            return f"Encountered unsupported property {unknown[0]}"
        missing = [name for name in self.required.split() if name not in properties]
        return f"Property {missing[0]} cannot be empty." if missing else None

    def has(self, attribute: str) -> bool:
        """May Fn::GetAtt ask for this?"""
        if self.attributes is None:
            return True
        return attribute in self.attributes.split()

    def replaces(self, changed: set[str]) -> bool:
        """Does a change of these properties need another physical resource?"""
        return bool(changed & set(self.create_only.split())) or "update" not in self.handlers

    @property
    def known(self) -> set[str]:
        return set((self.properties or "").split())

    def _register(self, verb: str, handler: Handler) -> Handler:
        assert verb not in self.handlers, f"{self.type} has two ways to {verb}"
        self.handlers[verb] = handler
        return handler
