"""Cells, recovery groups, resource sets and readiness checks: made, altered, shown, deleted.

https://docs.aws.amazon.com/recovery-readiness/latest/api/what-is-recovery-readiness.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...region.service import Context
from .errors import ConflictException, ResourceNotFoundException, ValidationException
from .state import State, service

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the four: its name in operations, its table, the word in its ARN, what it is made of."""

    name: str
    table: str
    word: str
    members: tuple[str, ...]
    plural: str

    @property
    def key(self) -> str:
        return f"{self.name}Name"

    @property
    def arn(self) -> str:
        return f"{self.name}Arn"


KINDS = (
    Kind("Cell", "cells", "cell", ("Cells",), "Cells"),
    Kind("RecoveryGroup", "groups", "recovery-group", ("Cells",), "RecoveryGroups"),
    Kind("ResourceSet", "sets", "resource-set", ("ResourceSetType", "Resources"), "ResourceSets"),
    Kind("ReadinessCheck", "checks", "readiness-check", ("ResourceSetName",), "ReadinessChecks"),
)


def _register(kind: Kind) -> None:
    """The five operations every kind has."""

    def create(ctx: Context[State], input: Plain) -> Plain:
        name = input[kind.key]
        if name in ctx.state.tables[kind.table]:
            raise ConflictException(f"{kind.name} {name} already exists.")
        arn = f"arn:aws:{service.id}::{ctx.account}:{kind.word}/{name}"
        entry = {kind.key: name, kind.arn: arn, **_made_of(ctx, kind, input)}
        ctx.commit("entry_put", table=kind.table, key=name, value=entry)
        ctx.commit("entry_put", table="tags", key=arn, value=dict(input.get("Tags") or {}))
        return _shown(ctx, kind, entry)

    def update(ctx: Context[State], input: Plain) -> Plain:
        old = ctx.state.one(kind.table, input[kind.key])
        entry = {**old, **_made_of(ctx, kind, input)}
        ctx.commit("entry_put", table=kind.table, key=input[kind.key], value=entry)
        return _shown(ctx, kind, entry)

    def get(ctx: Context[State], input: Plain) -> Plain:
        return _shown(ctx, kind, ctx.state.one(kind.table, input[kind.key]))

    def every(ctx: Context[State], input: Plain) -> Plain:
        rows = [_shown(ctx, kind, each) for _, each in ctx.state.tables[kind.table].items()]
        return _page(kind.plural, rows, input)

    def delete(ctx: Context[State], input: Plain) -> Plain:
        entry = ctx.state.one(kind.table, input[kind.key])
        if kind.name == "ResourceSet":
            users = [each for _, each in ctx.state.tables["checks"].items()]
            if any(each["ResourceSetName"] == input[kind.key] for each in users):
                raise ConflictException(f"Resource set {input[kind.key]} is used by a readiness check.")
        ctx.commit("entry_deleted", table=kind.table, key=input[kind.key], arn=entry[kind.arn])
        return {}

    operations: dict[str, Callable[..., Any]] = {
        f"Create{kind.name}": create, f"Update{kind.name}": update, f"Get{kind.name}": get,
        f"List{kind.plural}": every, f"Delete{kind.name}": delete,
    }  # fmt: skip
    for name, handler in operations.items():
        service.operation_named(name)(handler)


for _kind in KINDS:
    _register(_kind)


@service.operation
def create_cross_account_authorization(ctx: Context[State], input: Plain) -> Plain:
    whom = input["CrossAccountAuthorization"]
    ctx.commit("entry_put", table="grants", key=whom, value={"to": whom})
    return {"CrossAccountAuthorization": whom}


@service.operation
def delete_cross_account_authorization(ctx: Context[State], input: Plain) -> Plain:
    ctx.state.one("grants", input["CrossAccountAuthorization"])
    ctx.commit("entry_deleted", table="grants", key=input["CrossAccountAuthorization"])
    return {}


@service.operation
def list_cross_account_authorizations(ctx: Context[State], input: Plain) -> Plain:
    return _page("CrossAccountAuthorizations", list(ctx.state.tables["grants"]), input)


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> Plain:
    _retag(ctx, input["ResourceArn"], lambda old: {**old, **input["Tags"]})
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> Plain:
    gone = set(input["TagKeys"])
    _retag(ctx, input["ResourceArn"], lambda old: {key: value for key, value in old.items() if key not in gone})
    return {}


@service.operation
def list_tags_for_resources(ctx: Context[State], input: Plain) -> Plain:
    return {"Tags": _tags(ctx, input["ResourceArn"])}


def _made_of(ctx: Context[State], kind: Kind, input: Plain) -> Plain:
    """The members of an entry, checked."""
    made = {name: input[name] for name in kind.members if input.get(name) is not None}
    if kind.name in ("Cell", "RecoveryGroup"):
        made.setdefault("Cells", [])
        known = {each["CellArn"] for _, each in ctx.state.tables["cells"].items()}
        unknown = [arn for arn in made["Cells"] if arn not in known]
        if unknown:
            raise ValidationException(f"Cell {unknown[0]} does not exist.")
    if kind.name == "ReadinessCheck":
        ctx.state.one("sets", made["ResourceSetName"])
    if kind.name == "ResourceSet":
        made["Resources"] = [_resource(ctx, each) for each in made["Resources"]]
    return made


def _resource(ctx: Context[State], given: Plain) -> Plain:
    """A resource of a set, named. A DNS target that says nothing is none: terraform sends one with every ARN."""
    told = {name: value for name, value in given.items() if name != "DnsTargetResource" or value}
    return {**told, "ComponentId": given.get("ComponentId") or f"{ctx.here.rng.getrandbits(64):016x}"}


def _shown(ctx: Context[State], kind: Kind, entry: Plain) -> Plain:
    made = {**entry, "Tags": _tags(ctx, entry[kind.arn])}
    if kind.name == "Cell":
        made["ParentReadinessScopes"] = _parents(ctx, entry["CellArn"])
    if kind.name == "ReadinessCheck":
        made["ResourceSet"] = made.pop("ResourceSetName")
    return made


def _parents(ctx: Context[State], cell: str) -> list[str]:
    """The cells and groups that a cell is in."""
    holders = [(each, "CellArn") for _, each in ctx.state.tables["cells"].items()]
    holders += [(each, "RecoveryGroupArn") for _, each in ctx.state.tables["groups"].items()]
    return [each[arn] for each, arn in holders if cell in each["Cells"]]


def _tags(ctx: Context[State], arn: str) -> Plain:
    found: Plain | None = ctx.state.tables["tags"].get(arn)
    if found is None:
        raise ResourceNotFoundException(f"{arn} was not found.")
    return found


def _retag(ctx: Context[State], arn: str, alter: Callable[[Plain], Plain]) -> None:
    ctx.commit("entry_put", table="tags", key=arn, value=alter(_tags(ctx, arn)))


def _page(member: str, rows: list[Any], input: Plain) -> Plain:
    start = int(input["NextToken"]) if str(input.get("NextToken", "")).isdecimal() else 0
    end = start + int(input.get("MaxResults") or 100)
    return {member: rows[start:end], **({"NextToken": str(end)} if end < len(rows) else {})}
