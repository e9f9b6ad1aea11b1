"""BatchExecuteStatement and ExecuteTransaction: statements that each name one item, all reads or all writes."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Awaitable
from typing import Any

import orjson

from ....core.errors import AwsError, ValidationException
from ....region.service import Context
from ..batch import DUPLICATES
from ..parameters import Expressions
from ..state import State, Table, service, table_name
from ..strong.deciding import undecided
from ..transactions import Action, read_all, write_all
from ..values import Item, check_item
from .binding import StatementBinding
from .nodes import Exists, Select, Statement
from .reading import expressions
from .statements import executed, read
from .where import key_named
from .writing import planned

Plain = dict[str, Any]
Read = tuple[Statement, StatementBinding]
Response = tuple[Plain, Plain | None]  # of one statement, and what it consumed

NO_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
NO_INDEX = "Reads on indices are not supported within transactions."
_CODES = {"ValidationException": "ValidationError", "ThrottlingException": "ThrottlingError"}


@service.operation
def batch_execute_statement(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Up to 25 statements, each for itself; `Error` tells of those that could not be done."""
    asked = input["Statements"]
    found = [_read_or_error(each) for each in asked]
    readable = [each for each in found if not isinstance(each, AwsError)]
    _check_unmixed("BatchExecuteStatement", [statement for statement, _ in readable])
    _check_distinct(ctx, readable)
    capacity = {"ReturnConsumedCapacity": input.get("ReturnConsumedCapacity") or "NONE"}
    todo = [(one, {**each, **capacity}) for each, one in zip(asked, found, strict=True)]
    names = {statement.source.table for statement, _ in readable if not isinstance(statement, Exists)}
    tables = [ctx.state.find(name, ctx.now) for name in names]
    if any(table is not None and undecided(ctx, table) for table in tables):
        return _one_after_another(ctx, input, todo)
    return _told(input, [_response(ctx, *each) for each in todo])


@service.operation
def execute_transaction(ctx: Context[State], input: Plain) -> Plain:
    """Up to 100 statements, all or nothing. TransactionCanceledException tells of each why it was not done."""
    asked = input["TransactStatements"]
    found = [_numbered(number, read, each) for number, each in enumerate(asked)]
    _check_unmixed("ExecuteTransaction", [statement for statement, _ in found])
    if isinstance(found[0][0], Select):
        gets = [_numbered(number, _get, ctx, *each) for number, each in enumerate(found)]
        return read_all(ctx, input, [get for get, _ in gets], [kept for _, kept in gets])
    actions = [
        _numbered(number, _action, ctx, *each, one)
        for number, (each, one) in enumerate(zip(found, asked, strict=True))
    ]
    token = input.get("ClientRequestToken")
    digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
    answer = write_all(ctx, input, actions, None if token is None else f"partiql/{token}", digest)
    return {"Responses": [], **answer}


# Batches.


def _read_or_error(asked: Plain) -> Read | AwsError:
    try:
        return read(asked)
    except AwsError as problem:
        return problem


def _check_distinct(ctx: Context[State], found: list[Read]) -> None:
    """No item may be read twice. ValidationException."""
    places = []
    for statement, binding in found:
        table = ctx.state.find(statement.source.table, ctx.now) if isinstance(statement, Select) else None
        key = _single(table, statement, binding) if table and isinstance(statement, Select) else None
        if table and key is not None:
            places.append((table.name, orjson.dumps(key, option=orjson.OPT_SORT_KEYS)))
    if len(set(places)) < len(places):
        raise ValidationException(DUPLICATES)


def _response(ctx: Context[State], found: Read | AwsError, asked: Plain) -> Response:
    """The answer of one statement of a table that waits for nobody."""
    try:
        answer = _begun(ctx, found, asked)
        assert isinstance(answer, dict)
    except AwsError as problem:
        return _refused(found, problem)
    return _done(found, answer)


async def _one_after_another(ctx: Context[State], input: Plain, todo: list[tuple[Read | AwsError, Plain]]) -> Plain:
    """The same where other regions are to agree to some of them."""
    responses = []
    for found, asked in todo:
        try:
            answer = _begun(dataclasses.replace(ctx, now=ctx.here.clock.now()), found, asked)
            responses.append(_done(found, answer if isinstance(answer, dict) else await answer))
        except AwsError as problem:
            responses.append(_refused(found, problem))
    return _told(input, responses)


def _begun(ctx: Context[State], found: Read | AwsError, asked: Plain) -> Plain | Awaitable[Plain]:
    if isinstance(found, AwsError):
        raise found
    statement, binding = found
    if isinstance(statement, Select):
        table = ctx.state.active(statement.source.table, ctx.now)
        if _single(table, statement, binding) is None:
            raise ValidationException(_no_key("BatchExecuteStatement"))
    return executed(ctx, statement, binding, asked)


def _done(found: Read | AwsError, answer: Plain) -> Response:
    items = answer["Items"]
    return {**_named(found), **({"Item": items[0]} if items else {})}, answer.get("ConsumedCapacity")


def _refused(found: Read | AwsError, problem: AwsError) -> Response:
    ran = problem.error_code not in ("ValidationException", "ResourceNotFoundException")
    return {"Error": _error(problem), **(_named(found) if ran else {})}, None


def _named(found: Read | AwsError) -> Plain:
    assert not isinstance(found, AwsError) and not isinstance(found[0], Exists), "these do not run"
    return {"TableName": table_name(found[0].source.table)}


def _told(input: Plain, responses: list[Response]) -> Plain:
    answer: Plain = {"Responses": [response for response, _ in responses]}
    if input.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
        answer["ConsumedCapacity"] = _summed([spent for _, spent in responses if spent])
    return answer


def _error(problem: AwsError) -> Plain:
    code = _CODES.get(problem.error_code, problem.error_code.removesuffix("Exception"))
    item = problem.fields.get("Item")
    return {"Code": code, "Message": problem.message, **({"Item": item} if item else {})}


def _summed(consumed: list[Plain]) -> list[Plain]:
    """Each table once, with what all statements consumed of it and its indexes."""
    tables: dict[str, Plain] = {}
    for each in consumed:
        name = each["TableName"]
        tables[name] = _added(tables[name], each) if name in tables else each
    return list(tables.values())


def _added(one: Plain, other: Plain) -> Plain:
    found = dict(one)
    for name, value in other.items():
        if isinstance(value, dict):
            found[name] = _added(one.get(name, {}), value)
        elif isinstance(value, float):
            found[name] = one.get(name, 0.0) + value
    return found


# Transactions.


def _numbered(number: int, do: Any, *given: Any) -> Any:
    """What is wrong with one statement is told with its number."""
    try:
        return do(*given)
    except ValidationException as problem:
        raise ValidationException(f"Validation failed in TransactStatements[{number}]: {problem.message}") from None


def _get(ctx: Context[State], statement: Select, binding: StatementBinding) -> tuple[Plain, Expressions]:
    table = ctx.state.active(statement.source.table, ctx.now)
    if statement.source.index is not None:
        raise ValidationException(NO_INDEX)
    key = _single(table, statement, binding)
    if key is None:
        raise ValidationException(_no_key("ExecuteTransaction"))
    return {"TableName": table.name, "Key": key}, expressions(statement, binding)


def _action(ctx: Context[State], statement: Any, binding: StatementBinding, asked: Plain) -> Action:
    if getattr(statement, "returning", None) is not None:
        raise ValidationException(NO_RETURNING)
    verb, given, found = planned(ctx, statement, binding, asked)
    if verb != "Put":
        check_item(given["Key"])
    return verb, given, found


# Both.


def _check_unmixed(operation: str, statements: list[Statement]) -> None:
    if len({isinstance(each, Select) for each in statements}) > 1:
        raise ValidationException(
            f"{operation} API does not support both read and write operations in the same request."
        )


def _single(table: Table, statement: Select, binding: StatementBinding) -> Item | None:
    """The key of the one item a SELECT names and says nothing else of; None if it is not like that."""
    if statement.source.index is not None:
        return None
    named = key_named(statement.where, table.schema, binding)
    return None if named is None or named[1] else named[0]


def _no_key(operation: str) -> str:
    return f"Select statements within {operation} must specify the primary key in the where clause."
