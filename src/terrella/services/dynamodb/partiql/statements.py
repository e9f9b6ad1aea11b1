"""ExecuteStatement, and what batches and transactions do with a statement too."""

from __future__ import annotations

from typing import Any

from ....core.errors import ValidationException
from ....region.service import Context
from ..state import State, service
from .binding import StatementBinding
from .nodes import Exists, Select, Statement
from .reading import select
from .syntax import parse
from .writing import planned, write

Plain = dict[str, Any]

EXISTS_ALONE = "EXISTS can only be used in ExecuteTransaction write requests."


@service.operation
def execute_statement(ctx: Context[State], input: Plain) -> Plain:
    """Read items, or write one. DuplicateItemException, ConditionalCheckFailedException, ValidationException."""
    statement, binding = read(input)
    return executed(ctx, statement, binding, input)


def read(asked: Plain) -> tuple[Statement, StatementBinding]:
    """A statement and its values. ValidationException."""
    parsed = parse(asked["Statement"])
    return parsed.statement, StatementBinding(parsed, asked.get("Parameters") or [])


def executed(ctx: Context[State], statement: Statement, binding: StatementBinding, input: Plain) -> Plain:
    """What ExecuteStatement answers. Writes tell of items only where RETURNING asks for them."""
    if isinstance(statement, Select):
        return select(ctx, statement, binding, input)
    if isinstance(statement, Exists):
        raise ValidationException(EXISTS_ALONE)
    answer = write(ctx, planned(ctx, statement, binding, input))
    told: Plain = {"Items": [answer["Attributes"]] if answer.get("Attributes") else []}
    if "ConsumedCapacity" in answer:
        told["ConsumedCapacity"] = answer["ConsumedCapacity"]
    return told
