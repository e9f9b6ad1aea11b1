"""Resource policies: which services may invoke a function.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import fnmatch
import functools
from typing import Any

import orjson

from ...region.service import Context
from ...store.journal import Change
from .errors import (
    PolicyLengthExceededException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .names import LATEST, function_arn, new_id, parse
from .state import State, service

LARGEST_POLICY = 20_480
INVOKING = "lambda:InvokeFunction"


@service.operation
def add_permission(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    key, arn, policy = _policy(ctx, input)
    statement = _statement(arn, input)
    if any(each["Sid"] == statement["Sid"] for each in policy["statements"]):
        raise ResourceConflictException(
            f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        )
    statements = [*policy["statements"], statement]
    if len(_document(statements)) > LARGEST_POLICY:
        raise PolicyLengthExceededException(
            f"The final policy size is bigger than the limit ({LARGEST_POLICY})."
        )
    ctx.commit("policy_put", key=key, statements=statements, revision=new_id(ctx))
    return {"Statement": orjson.dumps(statement).decode()}


@service.operation
def remove_permission(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    key, _, policy = _policy(ctx, input)
    left = [each for each in policy["statements"] if each["Sid"] != input["StatementId"]]
    if len(left) == len(policy["statements"]):
        raise ResourceNotFoundException(f"Statement {input['StatementId']} is not found in resource policy.")
    ctx.commit("policy_put", key=key, statements=left, revision=new_id(ctx))
    return {}


@service.operation
def get_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    _, _, policy = _policy(ctx, input)
    if not policy["statements"]:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return {"Policy": _document(policy["statements"]), "RevisionId": policy["revision"]}


def allows(
    ctx: Context[State],
    name: str,
    qualifier: str | None,
    principal: str,
    source_arn: str | None,
    action: str = INVOKING,
) -> bool:
    """Whether the policy lets a service act on behalf of a resource."""
    policy = ctx.state.policies.get(name if qualifier in (None, LATEST) else f"{name}:{qualifier}")
    statements = policy["statements"] if policy else []
    return any(
        statement["Action"] in (action, "lambda:*", "*")
        and _applies(statement, principal, source_arn, ctx.account)
        for statement in statements
    )


def _applies(statement: dict[str, Any], principal: str, source_arn: str | None, account: str) -> bool:
    who = statement["Principal"]
    if who != "*" and (not isinstance(who, dict) or who.get("Service") != principal):
        return False
    conditions = statement.get("Condition", {})
    pattern = conditions.get("ArnLike", {}).get("AWS:SourceArn")
    wanted_account = conditions.get("StringEquals", {}).get("AWS:SourceAccount")
    if pattern is not None and not (source_arn and arn_like(source_arn, pattern)):
        return False
    return wanted_account in (None, account)


@functools.lru_cache(maxsize=4096)
def arn_like(arn: str, pattern: str) -> bool:
    """ArnLike: wildcards within each of the six colon-separated parts."""
    have, want = arn.split(":", 5), pattern.split(":", 5)
    return len(have) == len(want) and all(map(fnmatch.fnmatchcase, have, (_literal(part) for part in want)))


def _literal(part: str) -> str:
    return part.replace("[", "[[]")  # only * and ? are wildcards in an ARN


def _policy(ctx: Context[State], input: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.configuration(ctx, name, qualifier)
    key = name if qualifier in (None, LATEST) else f"{name}:{qualifier}"
    policy = ctx.state.policies.get(key) or {"statements": [], "revision": None}
    if input.get("RevisionId") not in (None, policy["revision"]):
        raise PreconditionFailedException(
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to "
            "retrieve the latest Revision Id"
        )
    return key, function_arn(ctx, name, qualifier), policy


def _statement(arn: str, input: dict[str, Any]) -> dict[str, Any]:
    principal, conditions = input["Principal"], {}
    if input.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": input["SourceArn"]}
    equals = {
        "AWS:SourceAccount": input.get("SourceAccount"),
        "lambda:FunctionUrlAuthType": input.get("FunctionUrlAuthType"),
        "aws:PrincipalOrgID": input.get("PrincipalOrgID"),
        "lambda:EventSourceToken": input.get("EventSourceToken"),
    }
    if any(equals.values()):
        conditions["StringEquals"] = {key: value for key, value in equals.items() if value}
    statement = {
        "Sid": input["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(principal),
        "Action": input["Action"],
        "Resource": arn,
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(given: str) -> Any:
    if given == "*":
        return "*"
    if given.isdigit():
        return {"AWS": f"arn:aws:iam::{given}:root"}
    return {"AWS": given} if given.startswith("arn:") else {"Service": given}


def _document(statements: list[dict[str, Any]]) -> str:
    return orjson.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements}).decode()


@service.change
def policy_put(
    state: State, change: Change, key: str, statements: list[dict[str, Any]], revision: str
) -> None:
    if statements:
        state.policies.put(key, {"statements": statements, "revision": revision})
    else:
        state.policies.delete(key)
