"""Scheduled actions, kept and told: bounds that targets would have at certain times. No time comes for them here, so
those of DynamoDB, which is scaled, are refused.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from ...wire.scalars import epoch
from .errors import ObjectNotFoundException
from .namespaces import SCALED, check_pair
from .state import State, key_of, service, values
from .targets import existing, of_dimension, page, told_of

Plain = dict[str, Any]

FIELDS_OF_CRON = 6


@service.operation
def put_scheduled_action(ctx: Context[State], input: Plain) -> None:
    """Make an action or alter it: what is left out stays, but for the times it begins and ends.
    ObjectNotFoundException if its target is not registered."""
    if input["ServiceNamespace"] == SCALED:
        raise NotImplementedHere("application-autoscaling", "PutScheduledAction for dynamodb")
    target = existing(ctx, input)
    name = input["ScheduledActionName"]
    had = ctx.state.actions.get(f"{key_of(target)} {name}") or {}
    kept = had.get("told") or {}
    told = {each: input.get(each, kept.get(each)) for each in ("Schedule", "Timezone", "ScalableTargetAction")}
    told |= {each: epoch(input[each]) for each in ("StartTime", "EndTime") if each in input}
    told = {each: value for each, value in told.items() if value is not None}
    _check(told)
    arn = had.get("arn") or (
        f"arn:aws:autoscaling:{ctx.region}:{ctx.account}:scheduledAction:"
        f"{uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)}:resource/{input['ServiceNamespace']}/"
        f"{target['resource']}:scheduledActionName/{name}"
    )
    action = {"target": key_of(target), "name": name, "arn": arn, "told": told, "at": had.get("at", ctx.now)}
    ctx.commit("action_put", action=action)


@service.operation
def describe_scheduled_actions(ctx: Context[State], input: Plain) -> Plain:
    """Those of a service, of one of its resources, or of these names."""
    check_pair(input)
    names, found = input.get("ScheduledActionNames") or [], []
    for action in values(ctx.state.actions):
        target = ctx.state.targets.get(action["target"])
        assert target is not None, "a target is deleted with its actions"
        wanted = input.get("ResourceId") in (None, target["resource"]) and of_dimension(target, input)
        if wanted and (not names or action["name"] in names):
            found.append({
                "ScheduledActionARN": action["arn"], "ScheduledActionName": action["name"], **told_of(target),
                **action["told"], "CreationTime": action["at"],
            })  # fmt: skip
    return page(found, "ScheduledActions", input)


@service.operation
def delete_scheduled_action(ctx: Context[State], input: Plain) -> None:
    """ObjectNotFoundException."""
    check_pair(input)
    key = f"{input['ResourceId']} {input['ScalableDimension']} {input['ScheduledActionName']}"
    if ctx.state.actions.get(key) is None:
        raise ObjectNotFoundException(
            f"No scheduled action found for service namespace: {input['ServiceNamespace']}, "
            f"resource ID: {input['ResourceId']}, scalable dimension: {input['ScalableDimension']}, "
            f"scheduled action name: {input['ScheduledActionName']}"
        )
    ctx.commit("action_deleted", key=key)


def _check(told: Plain) -> None:
    schedule, bounds = told.get("Schedule"), told.get("ScalableTargetAction") or {}
    if schedule is None or not _is_schedule(schedule):
        raise ValidationException("Schedule must be at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields)")
    least, most = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    if least is None and most is None:
        raise ValidationException("ScalableTargetAction must have a MinCapacity, a MaxCapacity or both")
    if min(each for each in (least, most) if each is not None) < 0:
        raise ValidationException("Capacity cannot be less than 0")
    if least is not None and most is not None and most < least:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity")
    if "StartTime" in told and "EndTime" in told and told["EndTime"] <= told["StartTime"]:
        raise ValidationException("EndTime must be after StartTime")


def _is_schedule(schedule: str) -> bool:
    kind, _, rest = schedule.partition("(")
    if not rest.endswith(")"):
        return False
    said = rest[:-1].strip()
    if kind == "at":
        return _is_moment(said)
    if kind == "rate":
        return re.fullmatch(r"[1-9]\d* (minute|hour|day)s?", said) is not None
    fields = said.split()
    return kind == "cron" and len(fields) == FIELDS_OF_CRON and all(_is_field(each) for each in fields)


def _is_moment(said: str) -> bool:
    try:
        datetime.strptime(said, "%Y-%m-%dT%H:%M:%S")  # of no zone: Timezone says which
    except ValueError:
        return False
    return True


def _is_field(said: str) -> bool:
    return re.fullmatch(r"[\dA-Za-z*?,/#-]+", said) is not None
