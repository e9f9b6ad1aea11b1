"""Zonal autoshift and practice runs, as configuration. Nobody here starts an autoshift: in this world you are the one
who knows that a zone is ill. https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-autoshift.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import ConflictException
from .managed import resource
from .state import Plain, State, service

PARTS = ("blockingAlarms", "outcomeAlarms", "blockedWindows", "allowedWindows", "blockedDates")


@service.operation
def create_practice_run_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found, settings = _found(ctx, input["resourceIdentifier"])
    if settings.get("Practice"):
        raise ConflictException(
            "The resource already has a practice run configuration.", reason="PracticeConfigurationAlreadyExists"
        )
    return _practice(ctx, found, settings, {name: input[name] for name in PARTS if input.get(name)})


@service.operation
def update_practice_run_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found, settings = _configured(ctx, input["resourceIdentifier"])
    given = {name: input[name] for name in PARTS if input.get(name) is not None}
    return _practice(ctx, found, settings, {**settings["Practice"], **given})


@service.operation
def delete_practice_run_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found, settings = _configured(ctx, input["resourceIdentifier"])
    if settings.get("Autoshift") == "ENABLED":
        raise ConflictException("Zonal autoshift is enabled for the resource.", reason="AutoShiftEnabled")
    answer = _practice(ctx, found, settings, None)
    del answer["practiceRunConfiguration"]
    return answer


@service.operation
def update_zonal_autoshift_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Enabling asks for a practice run configuration, as out there."""
    found, settings = _configured(ctx, input["resourceIdentifier"])
    wanted, arn = input["zonalAutoshiftStatus"], found["LoadBalancerArn"]
    ctx.commit("settings_put", resource=arn, settings=settings | {"Autoshift": wanted})
    return {"resourceIdentifier": arn, "zonalAutoshiftStatus": wanted}


@service.operation
def list_autoshifts(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"items": []}


@service.operation
def get_autoshift_observer_notification_status(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"status": (ctx.state.settings.get("") or {}).get("Observer", "DISABLED")}


@service.operation
def update_autoshift_observer_notification_status(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("settings_put", resource="", settings={"Observer": input["status"]})
    return {"status": input["status"]}


def _found(ctx: Context[State], arn: str) -> tuple[Plain, Plain]:
    found = resource(ctx, arn)
    return found, ctx.state.settings.get(found["LoadBalancerArn"]) or {}


def _configured(ctx: Context[State], arn: str) -> tuple[Plain, Plain]:
    found, settings = _found(ctx, arn)
    if not settings.get("Practice"):
        raise ConflictException(
            "The resource has no practice run configuration.", reason="PracticeConfigurationDoesNotExist"
        )
    return found, settings


def _practice(ctx: Context[State], found: Plain, settings: Plain, practice: Plain | None) -> dict[str, Any]:
    arn = found["LoadBalancerArn"]
    ctx.commit("settings_put", resource=arn, settings=settings | {"Practice": practice})
    return {
        "arn": arn,
        "name": found["LoadBalancerName"],
        "zonalAutoshiftStatus": settings.get("Autoshift", "DISABLED"),
        "practiceRunConfiguration": practice,
    }
