"""ExecuteStatement, and what batches and transactions do with a statement too."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from ....core.errors import ValidationException
from ....region.service import Context
from ..state import State, service
from ..strong.deciding import agreed, caught_up, undecided
from .binding import StatementBinding
from .nodes import Exists, Select, Statement
from .reading import check_readable, select
from .syntax import parse
from .writing import planned, write

Plain = dict[str, Any]

EXISTS_ALONE = "EXISTS can only be used in ExecuteTransaction write requests."


@service.operation
def execute_statement(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Read items, or write one. DuplicateItemException, ConditionalCheckFailedException, ValidationException."""
    return executed(ctx, *read(input), input)


def read(asked: Plain) -> tuple[Statement, StatementBinding]:
    """A statement and its values. ValidationException."""
    parsed = parse(asked["Statement"])
    return parsed.statement, StatementBinding(parsed, asked.get("Parameters") or [])


def executed(
    ctx: Context[State], statement: Statement, binding: StatementBinding, input: Plain
) -> Plain | Awaitable[Plain]:
    """What ExecuteStatement answers. Writes tell of items only where RETURNING asks for them."""
    if isinstance(statement, Exists):
        raise ValidationException(EXISTS_ALONE)
    table = ctx.state.active(statement.source.table, ctx.now)
    if isinstance(statement, Select):
        check_readable(table, statement, input)
        if undecided(ctx, table, input):
            return caught_up(ctx, "ExecuteStatement", [table], input)
        return select(ctx, statement, binding, input)
    plan = planned(ctx, statement, binding, input)
    if undecided(ctx, table):
        verb, asked, _ = plan
        key = table.schema.of_item(asked["Item"]) if verb == "Put" else table.schema.of_key(asked["Key"])
        return agreed(ctx, "ExecuteStatement", table, input, [key])
    answer = write(ctx, plan)
    told: Plain = {"Items": [answer["Attributes"]] if answer.get("Attributes") else []}
    if "ConsumedCapacity" in answer:
        told["ConsumedCapacity"] = answer["ConsumedCapacity"]
    return told
