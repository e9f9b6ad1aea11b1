"""Resource types that a row of names describes: one operation makes them, one alters, one shows, one unmakes.

    cluster = Row("AWS::ECS::Cluster", "ecs", "ClusterName ...", create="CreateCluster", made="cluster.clusterArn",
                  key="cluster", delete="DeleteCluster", show="DescribeClusters", shows="clusters.0", ...)
    cluster_type = cluster.type()

Properties are given to the operation in the spelling of its model, which differs from CloudFormation's in
capitals only. What the operation does not have must be named as `ignored`, and is so on the docs page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...wire import model
from ...wire.shape import Shape
from .errors import HandlerFailed
from .resource import Resource
from .resource_type import ResourceType

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """Operations and members by name. `made` is the path in the answer of `create` to the physical id (or several, with
    | between), empty for the resource's own name; `key` is the member that says which one is meant, `show_key` the same
    where `show` wants a list. `shows` is the path to the description in the answer of `show`, and `attributes` are
    paths in that. `tags` is how tags are written: list, lower (keys in small letters), map or none."""

    type_name: str
    service: str
    properties: str
    create: str
    delete: str
    made: str = ""
    key: str = ""
    name: str | None = None
    update: str = ""
    updated: str = ""  # properties that `update` takes; all others are create-only
    show: str = ""
    show_key: str = ""
    shows: str = ""
    attributes: dict[str, str] = field(default_factory=dict)  # attribute: path; "=" for the physical id
    beside: str = ""  # properties that say together with the key which one is meant
    required: str = ""
    renamed: dict[str, str] = field(default_factory=dict)  # property: member of the operations
    fixed: dict[str, Any] = field(default_factory=dict)  # members of `delete` that are always the same
    tags: str = "none"
    tag_kind: str = ""  # of EC2's TagSpecifications
    longest_name: int = 128
    lower_case: bool = False
    gone: str = ""
    ready: tuple[str, str] | None = None  # path in the description, and what is there once it can be used
    ignored: str = ""  # properties that are accepted and not acted on
    stirs: bool = False
    note: str = ""

    def type(self) -> ResourceType:
        """The resource type this row describes."""
        altered = {"Tags", *self.updated.split(), *self.ignored.split()}
        fixed = " ".join(name for name in sorted(self.properties.split()) if name not in altered)
        unheard = f"{', '.join(self.ignored.split())}: accepted and not acted on." if self.ignored else ""
        kind = ResourceType(
            self.type_name, properties=f"{self.properties} {self.ignored}", required=self.required, create_only=fixed,
            attributes=" ".join(self.attributes), name=self.name, longest_name=self.longest_name,
            lower_case=self.lower_case, tagged=self.tags != "none", gone=self.gone, stirs=self.stirs,
            note=" ".join(filter(None, (self.note, unheard))),
        )  # fmt: skip
        kind.creates(self._create)
        kind.updates(self._update)
        if self.ready:
            kind.settles(self._settle)
        if self.attributes:
            kind.reads(self._read)
        kind.deletes(self._delete)
        return kind

    async def _create(self, resource: Resource) -> str:
        given = self._given(resource, resource.properties, self.create)
        made = await resource.call(self.service, self.create, {**given, **self._tags(resource)})
        found = [_at(made, path) for path in self.made.split("|")] if self.made else [resource.name]
        known = [each for each in found if each is not None]
        if not known:
            raise HandlerFailed(f"{self.create} did not say what it made")
        return str(known[0])

    async def _update(self, resource: Resource) -> None:
        if any(resource.changed(name) for name in self.updated.split()):
            given = self._given(resource, resource.pick(self.updated), self.update)
            await resource.call(self.service, self.update, {**given, **self._which(resource, self.update)})
        if self.tag_kind:
            await retag(resource)

    async def _settle(self, resource: Resource) -> None:
        assert self.ready is not None
        path, good = self.ready

        async def ready() -> bool:
            return bool(_at(await self._shown(resource), path) == good)

        await resource.until(ready, f"{self.type_name} {resource.physical_id}")

    async def _read(self, resource: Resource) -> Plain:
        shown = await self._shown(resource) if self.show else {}
        found: Plain = {}
        for name, path in self.attributes.items():
            if "{" in path:
                found[name] = path.format(id=resource.physical_id, region=resource.region, account=resource.account)
            else:
                found[name] = _at(shown, path)
        return {name: value for name, value in found.items() if value is not None}

    async def _delete(self, resource: Resource) -> None:
        which = self._which(resource, self.delete)
        await resource.call(self.service, self.delete, {**which, **self.fixed})

    async def _shown(self, resource: Resource) -> Plain:
        which = self._which(resource, self.show, self.show_key)
        answer = await resource.call(self.service, self.show, which)
        found: Plain = _at(answer, self.shows)
        return found

    def _which(self, resource: Resource, operation: str, key: str = "") -> Plain:
        shape = _input(self.service, operation)
        key = key or self.key
        id: Any = [resource.physical_id] if shape.members[key].kind == "list" else resource.physical_id
        known = {name.lower() for name in shape.members}
        beside = " ".join(name for name in self.beside.split() if name.lower() in known)
        return {**self._given(resource, resource.pick(beside), operation), key: id}

    def _given(self, resource: Resource, properties: Plain, operation: str) -> Plain:
        left = {"Tags", *self.ignored.split()}
        renamed = {self.renamed.get(name, name): value for name, value in properties.items() if name not in left}
        if self.name and operation == self.create:
            renamed[self.renamed.get(self.name, self.name)] = resource.name
        shape = _input(self.service, operation)
        if operation == self.create and "CreatorRequestId" in shape.members:
            renamed["CreatorRequestId"] = resource.token
        return respelt(shape, renamed)

    def _tags(self, resource: Resource) -> Plain:
        tags = resource.tags()
        if not tags or self.tags == "none":
            return {}
        if self.tag_kind:
            return {"TagSpecifications": [{"ResourceType": self.tag_kind, "Tags": resource.tag_list()}]}
        members = _input(self.service, self.create).members
        name = next(each for each in members if each.lower() in ("tags", "taglist"))
        if self.tags == "lower":
            return {name: resource.tag_list("key", "value")}
        return {name: tags if self.tags == "map" else resource.tag_list()}


def respelt(shape: Shape | None, value: Any) -> Any:
    """Keys of a template value in the capitals a model has them in. What it does not have stays, to be refused."""
    if shape is None or getattr(shape, "is_document", False):
        return value
    if shape.kind == "structure" and isinstance(value, dict):
        spelling = {name.lower(): name for name in shape.members}
        pairs = [(spelling.get(str(name).lower(), name), each) for name, each in value.items()]
        return {name: respelt(shape.members.get(str(name)), each) for name, each in pairs}
    if shape.kind == "list" and isinstance(value, list):
        return [respelt(shape.member, each) for each in value]
    if shape.kind == "map" and isinstance(value, dict):
        return {name: respelt(shape.value, each) for name, each in value.items()}
    return value


def _input(service: str, operation: str) -> Shape:
    found = model.load(service).operations[operation].input
    assert found is not None, f"{service} {operation} takes nothing"
    return found


def _at(value: Any, path: str) -> Any:
    """What is at a path of names and numbers, None where there is nothing."""
    for step in path.split(".") if path else ():
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


async def retag(resource: Resource, id: str | None = None) -> None:
    """Bring the tags of a resource of EC2 up to date. `id` is left out where it is the physical id."""
    added, removed = resource.tag_changes()
    about = {"Resources": [id or resource.physical_id]}
    if added:
        rows = [{"Key": name, "Value": value} for name, value in added.items()]
        await resource.call("ec2", "CreateTags", {**about, "Tags": rows})
    if removed:
        await resource.call("ec2", "DeleteTags", {**about, "Tags": [{"Key": name} for name in removed]})
