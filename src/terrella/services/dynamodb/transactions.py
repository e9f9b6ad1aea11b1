"""TransactWriteItems and TransactGetItems: all or nothing.

A handler runs to completion, so no other write can come between reading and committing: transactions here
never conflict. One change holds all writes, so a crash keeps all of them or none.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from ...core.errors import AwsError, ValidationException
from ...region.service import Context
from ...store.journal import Change
from ...wire.encoded import Encoded
from . import capacity, item_collections, items, parameters, records
from .errors import (
    ConditionalCheckFailedException,
    DuplicateItemException,
    EmptyKeyException,
    ProvisionedThroughputExceededException,
    TransactionCanceledException,
)
from .parameters import Expressions
from .state import State, Table, service
from .strong.deciding import check_none
from .values import LARGEST_ITEM, TOO_LARGE, check_item

Plain = dict[str, Any]
IndexUnits = dict[str, tuple[bool, float]]
Action = tuple[str, Plain, Expressions]
"""A verb, what it is asked for, and the expressions of that."""

LARGEST_TRANSACTION = 4 * 1024 * 1024
TOKEN_LIVES_S = 600.0
VERBS = ("ConditionCheck", "Put", "Delete", "Update")
ONE_VERB = "TransactItems can only contain one of Check, Put, Update or Delete"
TWICE = "Transaction request cannot include multiple operations on one item"
_NONE = {"Code": "None"}
_WRITTEN, _UPDATED = ("ConditionExpression",), ("UpdateExpression", "ConditionExpression")


@service.operation
def transact_write_items(ctx: Context[State], input: Plain) -> Plain:
    """Up to 100 writes and checks. TransactionCanceledException tells of each why it was not done."""
    token = input.get("ClientRequestToken")
    digest = hashlib.sha256(orjson.dumps(input["TransactItems"], option=orjson.OPT_SORT_KEYS)).hexdigest()
    actions = [_action(each) for each in input["TransactItems"]]
    return write_all(ctx, input, actions, token, digest)


@service.operation
def transact_get_items(ctx: Context[State], input: Plain) -> Plain:
    """Up to 100 items as they stand at one moment."""
    gets = [each["Get"] for each in input["TransactItems"]]
    found = []
    for get in gets:
        parameters.check_given(get, ("ProjectionExpression",))
        check_item(get["Key"])
        found.append(parameters.read(get))
    return read_all(ctx, input, gets, found)


@service.change
def token_used(state: State, change: Change, token: str, digest: str, until: float) -> None:
    """The token of a transaction, where journals have it in a change of its own."""
    state.tokens.remember(change.time, token, digest, until)


# The same with expressions that were read before: PartiQL has its own.


def write_all(ctx: Context[State], input: Plain, actions: list[Action], token: str | None, digest: str) -> Plain:
    """Write everything or nothing, once for a token. TransactionCanceledException."""
    if token is not None and ctx.state.tokens.used(token, digest, ctx.now):
        return _read_again(ctx, input, actions)
    tables = [ctx.state.active(asked["TableName"], ctx.now) for _, asked, _ in actions]
    check_none(tables)
    keys = [_key(table, verb, asked) for table, (verb, asked, _) in zip(tables, actions, strict=True)]
    _check_distinct(tables, keys)
    _check_keys(keys)
    writes, reasons = [], []
    for table, key, (verb, asked, found) in zip(tables, keys, actions, strict=True):
        assert isinstance(key, bytes)
        reason, write = _tried(table, key, verb, asked, found)
        reasons.append(reason)
        if write is not None:
            writes.append(write)
    _check_reasons(reasons)
    if sum(write[3] for write in writes) > LARGEST_TRANSACTION:
        raise ValidationException("Collection size of all items in the transaction exceeded the limit: 4 MB")
    units, of_indexes = _pay(ctx, tables, keys, writes)
    used = {"token": token, "digest": digest, "until": ctx.now + TOKEN_LIVES_S}
    ctx.commit("items_written", writes=writes, **({"token": used} if token is not None else {}))
    answer = _told(input, units, of_indexes)
    if input.get("ReturnItemCollectionMetrics") == "SIZE":
        written = [
            (table, asked["Item" if verb == "Put" else "Key"])
            for table, (verb, asked, _) in zip(tables, actions, strict=True)
            if verb != "ConditionCheck"
        ]
        answer |= item_collections.told_of_many(written)
    return answer


def read_all(ctx: Context[State], input: Plain, gets: list[Plain], found: list[Expressions]) -> Plain:
    """Read everything, each with its own projection."""
    tables = [ctx.state.active(get["TableName"], ctx.now) for get in gets]
    check_none(tables)
    keys = [_key(table, "Get", get) for table, get in zip(tables, gets, strict=True)]
    _check_distinct(tables, keys)
    _check_keys(keys)
    read = [table.items.get(key) for table, key in zip(tables, keys, strict=True) if isinstance(key, bytes)]
    _pay_reads(ctx, tables, read)
    answers: list[Plain] = [_shown(record, each) for record, each in zip(read, found, strict=True)]
    asked = input.get("ReturnConsumedCapacity")
    if asked not in ("TOTAL", "INDEXES"):
        return {"Responses": answers}
    units: dict[str, float] = {}
    for table, record in zip(tables, read, strict=True):
        size = records.size_of(record) if record else 0
        units[table.name] = units.get(table.name, 0.0) + capacity.read_units(size, transactional=True)
    consumed = [capacity.of_transaction(asked, name, each, reading=True) for name, each in units.items()]
    return {"Responses": answers, "ConsumedCapacity": consumed}


def _action(given: Plain) -> Action:
    verbs = [verb for verb in VERBS if given.get(verb) is not None]
    if len(verbs) != 1:
        raise ValidationException(ONE_VERB)
    verb, asked = verbs[0], given[verbs[0]]
    parameters.check_given(asked, _UPDATED if verb == "Update" else _WRITTEN)
    size = check_item(asked["Item"] if verb == "Put" else asked["Key"])
    if verb == "Put" and size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)
    return verb, asked, parameters.read(asked)


def _key(table: Table, verb: str, asked: Plain) -> bytes | ValidationException:
    """The key, or why there is none: that is told with the other reasons, but for one that is empty."""
    try:
        return table.schema.of_item(asked["Item"]) if verb == "Put" else table.schema.of_key(asked["Key"])
    except EmptyKeyException:
        raise
    except ValidationException as problem:
        return problem


def _check_distinct(tables: list[Table], keys: list[bytes | ValidationException]) -> None:
    places = [(table.name, key) for table, key in zip(tables, keys, strict=True) if isinstance(key, bytes)]
    if len(set(places)) < len(places):
        raise ValidationException(TWICE)


def _tried(
    table: Table, key: bytes, verb: str, asked: Plain, found: Expressions
) -> tuple[Plain, list[Any] | None]:
    """Why an action cannot be done, or None as its code; and what it would write."""
    try:
        return _NONE, _write(table, key, verb, asked, found)
    except ConditionalCheckFailedException as problem:
        return {"Code": "ConditionalCheckFailed", "Message": problem.message, **problem.fields}, None
    except DuplicateItemException as problem:
        return {"Code": "DuplicateItem", "Message": problem.message}, None
    except EmptyKeyException:
        raise
    except ValidationException as problem:
        return _reason(problem), None


def _write(table: Table, key: bytes, verb: str, asked: Plain, found: Expressions) -> list[Any] | None:
    record = table.items.get(key)
    old = records.item_of(record)
    if verb == "Update":
        items.check_update(table, found)
    else:
        found.check_scalars(table)
    items.check_condition(found.condition, old, asked)
    if verb == "Put":
        table.check_index_keys(asked["Item"])
        return [table.name, key, records.json_from(asked["Item"]), check_item(asked["Item"])]
    if verb == "Update" and items.makes_nothing(found.update, old):
        return None
    if verb == "Update":
        new, size = items.updated(table, found.update, asked["Key"], old, record)
        return [table.name, key, records.json_from(new), size]
    return [table.name, key, b"", 0] if verb == "Delete" and old is not None else None


def _check_keys(keys: list[bytes | ValidationException]) -> None:
    """The first key that is none cancels a transaction before anything else is looked at."""
    wrong = next((number for number, key in enumerate(keys) if isinstance(key, ValidationException)), None)
    if wrong is not None:
        reasons = [_NONE] * len(keys)
        reasons[wrong] = _reason(keys[wrong])  # type: ignore[arg-type]
        _check_reasons(reasons)


def _pay(
    ctx: Context[State], tables: list[Table], keys: list[bytes | ValidationException], writes: list[list[Any]]
) -> tuple[dict[str, float], dict[str, IndexUnits]]:
    """Spend twice what the writes cost alone, where capacity is provisioned; by table, what that was, and what
    was written to its indexes, which costs as much as ever. TransactionCanceledException."""
    written = {(write[0], write[1]): write for write in writes}
    reasons: list[Plain] = []
    units: dict[str, float] = {}
    of_indexes: dict[str, IndexUnits] = {}
    for table, key in zip(tables, keys, strict=True):
        assert isinstance(key, bytes)
        record = table.items.get(key)
        write = written.get((table.name, key))
        had = records.size_of(record) if record else 0
        cost = capacity.write_units(max(had, write[3] if write else 0), transactional=True)
        try:
            more = _index_units(table, record, write)
            table.throttle.write(ctx.now, cost, more)
            reasons.append(_NONE)
            units[table.name] = units.get(table.name, 0.0) + cost
            sums = of_indexes.setdefault(table.name, {})
            for name, (is_global, each) in more.items():
                sums[name] = (is_global, sums.get(name, (is_global, 0.0))[1] + each)
        except ProvisionedThroughputExceededException as problem:
            reasons.append({"Code": "ProvisionedThroughputExceeded", "Message": problem.message})
    _check_reasons(reasons)
    return units, of_indexes


def _index_units(table: Table, record: bytes | None, write: list[Any] | None) -> IndexUnits:
    if write is None or not table.indexes:
        return {}
    return items.index_units(table, records.item_of(record), orjson.loads(write[2]) if write[2] else None)


def _pay_reads(ctx: Context[State], tables: list[Table], read: list[bytes | None]) -> None:
    """The same for reads."""
    reasons = []
    for table, record in zip(tables, read, strict=True):
        try:
            table.throttle.check_read(ctx.now)
            size = records.size_of(record) if record else 0
            table.throttle.spend_read(capacity.read_units(size, transactional=True))
            reasons.append(_NONE)
        except ProvisionedThroughputExceededException as problem:
            reasons.append({"Code": "ProvisionedThroughputExceeded", "Message": problem.message})
    _check_reasons(reasons)


def _reason(problem: ValidationException) -> Plain:
    return {"Code": "ValidationError", "Message": problem.message}


def _check_reasons(reasons: list[Plain]) -> None:
    codes = [reason["Code"] for reason in reasons]
    if any(code != "None" for code in codes):
        raise TransactionCanceledException(
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]",
            CancellationReasons=reasons,
        )


def _shown(record: bytes | None, found: Expressions) -> Plain:
    json = records.json_of(record) if record else b""
    if not json:
        return {}
    kept = found.projection
    return {"Item": Encoded(json) if kept is None else kept.of(orjson.loads(json))}


def _read_again(ctx: Context[State], input: Plain, actions: list[Action]) -> Plain:
    """A request that came again only reads, and its tables may be gone by now."""
    units: dict[str, float] = {}
    for verb, each, _ in actions:
        try:
            table = ctx.state.active(each["TableName"], ctx.now)
            record = table.items.get(table.schema.of_item(each["Item" if verb == "Put" else "Key"]))
        except AwsError:
            continue
        size = records.size_of(record) if record else 0
        units[table.name] = units.get(table.name, 0.0) + capacity.read_units(size, transactional=True)
    return _told(input, units)


def _told(input: Plain, units: dict[str, float], of_indexes: dict[str, IndexUnits] | None = None) -> Plain:
    """What was read, or, with indexes, written."""
    asked = input.get("ReturnConsumedCapacity")
    if asked not in ("TOTAL", "INDEXES"):
        return {}
    reading, more = of_indexes is None, of_indexes or {}
    told = [capacity.of_transaction(asked, name, each, reading, more.get(name)) for name, each in units.items()]
    return {"ConsumedCapacity": told}
