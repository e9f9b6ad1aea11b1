"""What a write would do, found by the ordinary handler: it commits to a list instead of the journal.

Invariant: nothing is decided of an item while a write of it is under way, so what the table holds is what counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ....core.errors import AwsError, InternalServerError, ValidationException
from ....region.service import Context
from ..errors import ResourceNotFoundException
from ..state import NOT_FOUND, State, Table

if TYPE_CHECKING:
    from .writing import StrongTables

Plain = dict[str, Any]

WHOLE = (
    "A Region cannot be added to or removed from a global table with MultiRegionConsistency STRONG; delete both "
    "other replicas, or the replica and the witness, to keep the table in this Region."
)


@dataclass(slots=True)
class Deciding(Context[State]):
    """A context whose handler finds the table as a majority agreed on it, and whose writes are yet to be agreed."""

    writes: list[list[Any]] = field(default_factory=list)
    altered: Plain | None = None  # settings of the table

    def commit(self, kind: str, **body: Any) -> None:
        """Note what is to be written."""
        if kind == "items_written":
            self.writes += [write[1:] for write in body["writes"]]
        elif kind == "item_put":
            self.writes.append([body["key"], body["item"], body["size"]])
        elif kind == "item_deleted":
            self.writes.append([body["key"], b"", 0])
        else:
            assert kind == "table_altered", f"{kind} is no write of items"
            self.altered = {name: body[name] for name in ("about", "updated_until", "indexed_at", "overrides")}


def undecided(ctx: Context[State], table: Table, read: Plain | None = None) -> bool:
    """Must other regions be asked before this is done? A read only if it asks to see everything."""
    if table.strong is None or isinstance(ctx, Deciding):
        return False
    return read is None or bool(read.get("ConsistentRead"))


def agreed(
    ctx: Context[State], operation: str, table: Table, input: Plain, keys: list[bytes] | None = None
) -> Awaitable[Plain]:
    """What comes of a write once a majority of the regions has it. `keys` are the items it concerns, where its
    parameters do not tell. ResourceNotFoundException before all three take part."""
    if not table.strong or not table.strong["opened"]:
        raise ResourceNotFoundException(NOT_FOUND)
    concerned = _keys_of(table, operation, input) if keys is None else keys
    return at_work(ctx).write(operation, table, input, concerned)


def caught_up(ctx: Context[State], operation: str, tables: list[Table], input: Plain) -> Awaitable[Plain]:
    """What a read finds once this region has all that was agreed."""
    return at_work(ctx).read(ctx, operation, tables, input)


def settled(ctx: Context[State]) -> Deciding:
    """A context to decide in, now."""
    here = ctx.here
    return Deciding(ctx.state, ctx.service, here, ctx.caller, ctx.request_id, here.clock.now())


def at_work(ctx: Context[State]) -> StrongTables:
    """The groups this region takes part in. InternalServerError before it was started."""
    if ctx.state.strong is None:
        raise InternalServerError("Internal server error")
    return ctx.state.strong


def check_none(tables: Iterable[Table]) -> None:
    """ValidationException if one of the tables is a strongly consistent one."""
    for table in tables:
        if table.strong is not None:
            raise ValidationException(
                f"Transactions are not supported on global tables with MultiRegionConsistency STRONG: {table.name}"
            )


def told(error: AwsError) -> Plain:
    """A refusal as one region tells another of it."""
    return {"code": error.error_code, "status": error.status, "message": error.message, "fields": error.fields}


def heard(told: Plain) -> AwsError:
    """The refusal another region told of."""
    error = AwsError(told["message"], **told["fields"])
    error.code, error.status = told["code"], told["status"]
    return error


def _keys_of(table: Table, operation: str, input: Plain) -> list[bytes]:
    schema = table.schema
    if operation == "PutItem":
        return [schema.of_item(input["Item"])]
    if operation != "BatchWriteItem":
        return [schema.of_key(input["Key"])]
    found = []
    for request in input["RequestItems"][table.name]:
        put = request.get("PutRequest")
        found.append(schema.of_item(put["Item"]) if put else schema.of_key(request["DeleteRequest"]["Key"]))
    return found
