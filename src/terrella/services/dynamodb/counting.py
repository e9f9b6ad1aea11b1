"""What became of requests, for CloudWatch: how long those took that were done, how many items they brought, and
what the others were refused for.

How long is from the moment a request was looked at to the moment its answer was there; a write's time on the way to the
disk is not in it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, NotImplementedHere
from ...region.service import Context
from .measuring import meter_of
from .partiql.syntax import parse
from .state import Dimensions, State, service, table_name

Plain = dict[str, Any]

CONDITION, CONDITIONS = "ConditionalCheckFailedException", "ConditionalCheckFailedRequests"
THROTTLED = frozenset(("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"))
_SEARCHES = frozenset(("Query", "Scan", "ExecuteStatement"))
_DUPLICATE = "DuplicateItemException"  # of PartiQL: the condition of an INSERT


@service.on_answer
def answered(ctx: Context[State], operation: str, input: Plain, output: Plain) -> None:
    """A request was done."""
    now, name = ctx.here.clock.now(), input.get("TableName")
    known = ctx.state.done.get((operation, name)) if operation not in _SEARCHES else None  # type: ignore[arg-type]
    if known is not None:
        known.add(now, (now - ctx.now) * 1000.0)
        return
    for table in (name,) if name is not None else _tables(input):
        meter = ctx.state.done.get((operation, table))
        if meter is None:
            meter = meter_of(ctx, "SuccessfulRequestLatency", _of(operation, table))
            ctx.state.done[operation, table] = meter
        meter.add(now, (now - ctx.now) * 1000.0)
        if operation in _SEARCHES:
            _count_found(ctx, operation, input, output, now)


@service.on_refusal
def refused(ctx: Context[State], operation: str, input: Plain, error: AwsError) -> None:
    """A request was refused. Those of the account are the customer's mistakes; a table's are that it could not."""
    now, code = ctx.here.clock.now(), error.error_code
    if error.status == NotImplementedHere.status:
        return  # what this world does not have says nothing of a table
    if error.status >= 500:
        for table in _tables(input):
            meter_of(ctx, "SystemErrors", _of(operation, table)).add(now, 1.0)
    elif code in THROTTLED:
        for table in _tables(input):
            meter_of(ctx, "ThrottledRequests", _of(operation, table)).add(now, 1.0)
    elif code in (CONDITION, _DUPLICATE):
        for table in _tables(input):
            meter_of(ctx, CONDITIONS, (("TableName", table),)).add(now, 1.0)
    else:
        meter_of(ctx, "UserErrors", ()).add(now, 1.0)
        _count_reasons(ctx, input, error, now)


def _count_reasons(ctx: Context[State], input: Plain, error: AwsError, now: float) -> None:
    """Each condition of a transaction that did not hold."""
    reasons = error.fields.get("CancellationReasons") or ()
    for action, reason in zip(input.get("TransactItems") or (), reasons, strict=False):
        if reason["Code"] == "ConditionalCheckFailed":
            for table in _named(action):
                meter_of(ctx, CONDITIONS, (("TableName", table),)).add(now, 1.0)


def _of(operation: str, table: str) -> Dimensions:
    return (("Operation", operation), ("TableName", table_name(table)))


def _tables(input: Plain) -> set[str]:
    """The tables a request speaks of; one that was refused may say anything."""
    if input.get("TableName"):
        return {table_name(input["TableName"])}
    if input.get("RequestItems"):
        return {table_name(name) for name in input["RequestItems"]}
    if input.get("TransactItems"):
        return {name for action in input["TransactItems"] for name in _named(action)}
    stating = input.get("Statements") or input.get("TransactStatements") or (input,)
    return {name for each in stating if each and each.get("Statement") for name in _stated(each["Statement"])}


def _named(action: Plain | None) -> set[str]:
    asked = (each for each in (action or {}).values() if each)
    return {table_name(each["TableName"]) for each in asked if each.get("TableName")}


def _stated(statement: str) -> set[str]:
    try:
        parsed = parse(statement).statement
    except AwsError:
        return set()
    source = getattr(parsed, "source", None)
    return {table_name(source.table)} if source is not None else set()


def _count_found(ctx: Context[State], operation: str, input: Plain, output: Plain, now: float) -> None:
    """How many items a search has found."""
    if operation != "ExecuteStatement" or input["Statement"].lstrip()[:6].upper() == "SELECT":
        count = output["Count"] if "Count" in output else len(output["Items"])
        for table in _tables(input):
            meter_of(ctx, "ReturnedItemCount", _of(operation, table)).add(now, float(count))
