"""Resource policies of tables: kept and told, not enforced (nothing here asks who may do what)."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import PolicyNotFoundException
from .settings import table_of_arn
from .state import State, Table, service
from .table_updates import commit_setting
from .tables import policy

Plain = dict[str, Any]


@service.operation
def put_resource_policy(ctx: Context[State], input: Plain) -> Plain:
    """Attach a policy, or replace it. PolicyNotFoundException if it is not the one that was expected."""
    table = table_of_arn(ctx, input["ResourceArn"], by_name=True)
    wanted = policy(input["Policy"], ctx.now)
    _check_revision(table, input.get("ExpectedRevisionId"))
    had = table.data.get("policy")
    if had and had["document"] == wanted["document"]:
        return {"RevisionId": had["revision"]}
    commit_setting(ctx, table, alike=False, policy=wanted)
    return {"RevisionId": wanted["revision"]}


@service.operation
def get_resource_policy(ctx: Context[State], input: Plain) -> Plain:
    """PolicyNotFoundException if there is none."""
    has = table_of_arn(ctx, input["ResourceArn"], by_name=True).data.get("policy")
    if not has:
        raise _missing(input["ResourceArn"])
    return {"Policy": has["document"], "RevisionId": has["revision"]}


@service.operation
def delete_resource_policy(ctx: Context[State], input: Plain) -> Plain:
    """Take the policy away; that there was none is no error unless one was expected."""
    table = table_of_arn(ctx, input["ResourceArn"], by_name=True)
    _check_revision(table, input.get("ExpectedRevisionId"))
    had = table.data.get("policy")
    if not had:
        return {}
    commit_setting(ctx, table, alike=False, policy=None)
    return {"RevisionId": had["revision"]}


def _check_revision(table: Table, expected: str | None) -> None:
    has = table.data.get("policy")
    if expected is None or expected == (has["revision"] if has else "NO_POLICY"):
        return
    if not has:
        raise _missing(table.about["TableArn"])
    name, revision = table.name, has["revision"]
    if expected == "NO_POLICY":
        raise _missing(
            f"Requested policy update expecting none to be present for table {name}, but a policy exists with "
            f"revision id {revision}."
        )
    raise _missing(
        f"Requested update for policy with revision id {expected}, but the policy associated to target table "
        f"{name} has revision id {revision}."
    )


def _missing(what: str) -> PolicyNotFoundException:
    return PolicyNotFoundException(f"Resource-based policy not found for the provided ResourceArn: {what}")
