"""Health checks as they are configured. Probing is the edge's work; so are the verdicts."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from ...store.journal import Change
from . import health_config
from .errors import (
    HealthCheckAlreadyExists,
    HealthCheckVersionMismatch,
    InvalidInput,
    NoSuchHealthCheck,
    TooManyHealthChecks,
)
from .paging import page, page_size
from .state import State, service

MOST_CHECKS = 200
ALARM_S = 5.0  # how long the region of an alarm is waited for
_OF_AN_ALARM = (
    "EvaluationPeriods", "Threshold", "ComparisonOperator", "Period", "MetricName", "Namespace", "Statistic",
    "Dimensions",
)  # fmt: skip
LONGEST_PAGE = 1000  # if asked for


@service.operation
def create_health_check(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    config = health_config.completed(input["HealthCheckConfig"])
    _check_children(ctx.state, config)
    reference = input["CallerReference"]
    id = ctx.state.references.get(reference)
    if id is not None:
        existing = ctx.state.health_checks.get(id)
        if existing is None or existing["HealthCheckConfig"] != config:
            raise HealthCheckAlreadyExists(
                f"A health check with the caller reference {reference} has already been created."
            )
        return _created(existing)
    if len(ctx.state.health_checks) >= MOST_CHECKS:
        raise TooManyHealthChecks(f"Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER of {MOST_CHECKS}")
    check = {
        "Id": str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)),
        "CallerReference": reference,
        "HealthCheckConfig": config,
        "HealthCheckVersion": 1,
    }
    ctx.commit("health_check_created", check=check)
    return _created(check)


@service.operation
def get_health_check(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Of one that follows an alarm also the alarm's settings, if its region can be asked."""
    check = find(ctx.state, input["HealthCheckId"])
    return _with_alarm(ctx, check) if "AlarmIdentifier" in check["HealthCheckConfig"] else {"HealthCheck": check}


@service.operation
def update_health_check(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    check = find(ctx.state, input["HealthCheckId"])
    version = input.get("HealthCheckVersion")
    if version is not None and version != check["HealthCheckVersion"]:
        raise HealthCheckVersionMismatch(
            f"The health check {check['Id']} is at version {check['HealthCheckVersion']}, not {version}."
        )
    config = health_config.updated(check["HealthCheckConfig"], input)
    _check_children(ctx.state, config)
    newer = check | {"HealthCheckConfig": config, "HealthCheckVersion": check["HealthCheckVersion"] + 1}
    ctx.commit("health_check_updated", check=newer)
    return {"HealthCheck": newer}


@service.operation
def delete_health_check(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    check = find(ctx.state, input["HealthCheckId"])
    ctx.commit("health_check_deleted", id=check["Id"])
    return {}


@service.operation
def list_health_checks(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    size, marker = page_size({"MaxItems": "100", **input}, LONGEST_PAGE), input.get("Marker") or ""
    found = (check for id, check in ctx.state.health_checks.items() if id >= marker)
    checks, following = page(found, size)
    answer = {"HealthChecks": checks, "IsTruncated": following is not None, "MaxItems": str(size)}
    answer |= {"Marker": marker or None}
    return answer | ({"NextMarker": following["Id"]} if following else {})


@service.operation
def get_health_check_count(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"HealthCheckCount": len(ctx.state.health_checks)}


@service.change
def health_check_created(state: State, change: Change, *, check: dict[str, Any]) -> None:
    state.health_checks.put(check["Id"], check)
    state.references.put(check["CallerReference"], check["Id"])


@service.change
def health_check_updated(state: State, change: Change, *, check: dict[str, Any]) -> None:
    state.health_checks.put(check["Id"], check)


@service.change
def health_check_deleted(state: State, change: Change, *, id: str) -> None:
    """Its caller reference stays taken: AWS refuses to use one again."""
    state.health_checks.delete(id)
    state.tags.delete(f"healthcheck/{id}")


def find(state: State, id: str) -> dict[str, Any]:
    """A health check by its id. NoSuchHealthCheck if there is none."""
    check: dict[str, Any] | None = state.health_checks.get(id)
    if check is None:
        raise NoSuchHealthCheck(id)
    return check


async def _with_alarm(ctx: Context[State], check: dict[str, Any]) -> dict[str, Any]:
    alarm = check["HealthCheckConfig"]["AlarmIdentifier"]
    named = {"AlarmNames": [alarm["Name"]]}
    try:
        answer: dict[str, Any] = await ctx.here.ports.tasks.within(
            ALARM_S, ctx.request("cloudwatch", "DescribeAlarms", named, region=alarm["Region"])
        )
    except (AwsError, TimeoutError):
        answer = {}
    found = answer.get("MetricAlarms") or []
    shown = {name: found[0][name] for name in _OF_AN_ALARM if name in found[0]} if found else None
    return {"HealthCheck": check | ({"CloudWatchAlarmConfiguration": shown} if shown else {})}


def _created(check: dict[str, Any]) -> dict[str, Any]:
    location = f"https://route53.amazonaws.com/2013-04-01/healthcheck/{check['Id']}"
    return {"HealthCheck": check, "Location": location}


def _check_children(state: State, config: dict[str, Any]) -> None:
    """A calculated check watches checks that exist and are not calculated themselves."""
    for id in config.get("ChildHealthChecks") or ():
        child = state.health_checks.get(id)
        if child is None:
            raise InvalidInput(f"Invalid parameter : the child health check {id} does not exist")
        if child["HealthCheckConfig"]["Type"] == "CALCULATED":
            raise InvalidInput(f"Invalid parameter : the child health check {id} is of type CALCULATED")
