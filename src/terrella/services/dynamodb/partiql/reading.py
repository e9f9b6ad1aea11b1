"""SELECT: a Query where the WHERE clause names partitions, otherwise a Scan, a page at a time."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any

import orjson

from ....core.errors import ValidationException
from ....region.service import Context
from .. import query, starting
from ..expressions.binding import Steps
from ..expressions.conditions import BoundCondition, bound_tree
from ..expressions.paths import value_at
from ..expressions.projections import BoundProjection
from ..expressions.syntax import Malformed
from ..parameters import Expressions
from ..query import Source
from ..state import State, Table
from ..values import INVALID, Item, check_item
from .binding import StatementBinding
from .nodes import Select
from .where import Reading, reading

Plain = dict[str, Any]

NOT_OUR_TOKEN = "NextToken does not match request"
BAD_TOKEN = "Invalid NextToken"
_EVERYTHING = Reading([(b"", None)], reverse=False, single=False, exact=False)


class Columns(BoundProjection):
    """What SELECT asks for. A path is told from its last name on: a.b[0] is b[0] (developer guide, "PartiQL select
    statements")."""

    __slots__ = ("names",)

    def __init__(self, paths: list[Steps]) -> None:
        super().__init__(paths)
        self.names = [_told_as(steps) for steps in paths]

    def of(self, item: Item) -> Item:
        """The columns an item has."""
        found = ((name, value_at(item, steps)) for name, steps in zip(self.names, self.paths, strict=True))
        return {name: value for name, value in found if value is not None}


def select(ctx: Context[State], statement: Select, binding: StatementBinding, input: Plain) -> Plain:
    """A page of items: `Items`, `NextToken` and `LastEvaluatedKey` if there may be more. ValidationException."""
    source = _source(ctx, statement, input)
    found = expressions(statement, binding)
    plan = reading(statement.where, statement.order, source.schema, binding) or _EVERYTHING
    _check_filter(source, found.filter)
    if plan.exact:
        found.filter = None
    digest = _digest(input)
    given = _start_of(input.get("NextToken"), digest, source)
    start = None if given is None else source.key_of(given)
    answer = query.page(ctx, source, found, input, plan.ranges, start, plan.reverse)
    told: Plain = {"Items": answer["Items"]}
    if "ConsumedCapacity" in answer:
        told["ConsumedCapacity"] = answer["ConsumedCapacity"]
    last = answer.get("LastEvaluatedKey")
    if last is not None and not (plan.single and source.index is None):
        told["NextToken"] = base64.b64encode(orjson.dumps({"of": digest, "after": last})).decode()
        told["LastEvaluatedKey"] = last
    return told


def check_readable(table: Table, statement: Select, input: Plain) -> None:
    """Is the index there, and can it be read like that? ValidationException."""
    name = statement.source.index
    index = table.indexes.get(name) if name is not None else None
    if name is not None and index is None:
        raise ValidationException("The table does not have the specified index")
    if index is not None and index.is_global and input.get("ConsistentRead"):
        raise ValidationException("Strongly consistent read is not supported on Global Secondary Indexes")


def expressions(statement: Select, binding: StatementBinding) -> Expressions:
    """The filter and the columns of a SELECT. ValidationException."""
    found = Expressions({}, binding)
    if statement.where is not None:
        try:
            found.filter = bound_tree(statement.where, binding)
        except Malformed as problem:
            raise ValidationException(str(problem)) from None
    if statement.columns is not None:
        found.projection = Columns([binding.steps(path) for path in statement.columns])
    return found


def _told_as(steps: Steps) -> str:
    last = max(number for number, step in enumerate(steps) if isinstance(step, str))
    return str(steps[last]) + "".join(f"[{step}]" for step in steps[last + 1 :])


def _source(ctx: Context[State], statement: Select, input: Plain) -> Source:
    table = ctx.state.active(statement.source.table, ctx.now)
    check_readable(table, statement, input)
    name = statement.source.index
    return query.source_of(ctx, {"TableName": table.name, **({"IndexName": name} if name is not None else {})})


def _check_filter(source: Source, filter: Any) -> None:
    index = source.index
    if index is None or index.projection == "ALL" or not isinstance(filter, BoundCondition):
        return
    lacks = sorted(str(name) for name in filter.heads if name not in index.keeps)
    if lacks:
        raise ValidationException(
            f"{INVALID}Secondary index {index.name} does not project one or more filter attributes: "
            f"[{', '.join(lacks)}]"
        )


# Where to go on. A token is good for the same statement with the same parameters.


def _digest(input: Plain) -> str:
    asked = orjson.dumps([input["Statement"], input.get("Parameters")], option=orjson.OPT_SORT_KEYS)
    return blake2b(asked, digest_size=16).hexdigest()


def _start_of(token: str | None, digest: str, source: Source) -> Item | None:
    if token is None:
        return None
    try:
        content = orjson.loads(base64.b64decode(token, validate=True))
        of, after = content["of"], content["after"]
        if of == digest:
            check_item(after)
            starting.check_primary(after, source.table.schema)
            starting.check_names(after, source.table.schema, source.schema, source.index is not None, querying=True)
            for name, kind in source.schema.types.items():
                starting.check_one(after, name, kind)
    except (binascii.Error, ValueError, KeyError, TypeError, ValidationException):
        raise ValidationException(BAD_TOKEN) from None
    if of != digest:
        raise ValidationException(NOT_OUR_TOKEN)
    return after
