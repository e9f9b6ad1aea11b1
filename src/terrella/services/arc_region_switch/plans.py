"""Plans: made, altered (which is a new version), shown, deleted, tagged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ...region.service import Context
from .errors import ValidationException
from .state import State, service

Plain = dict[str, Any]
KEPT = (
    "description", "workflows", "executionRole", "recoveryTimeObjectiveMinutes", "associatedAlarms", "triggers",
    "reportConfiguration", "serviceQuotaChecksEnabled", "name", "regions", "recoveryApproach", "primaryRegion",
)  # fmt: skip
FIXED = frozenset(("name", "regions", "recoveryApproach", "primaryRegion"))
SUMMED = ("arn", "owner", "name", "regions", "recoveryApproach", "primaryRegion", "version", "updatedAt", "description")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@service.operation
def create_plan(ctx: Context[State], input: Plain) -> Plain:
    regions, primary = input["regions"], input.get("primaryRegion")
    if len(set(regions)) != 2:
        raise ValidationException("A plan is for two Regions.")
    if input["recoveryApproach"] == "activePassive" and primary not in regions:
        raise ValidationException("A plan of the approach activePassive needs one of its Regions as the primary.")
    if any(each["name"] == input["name"] for _, each in ctx.state.plans.items()):
        raise ValidationException(f"A plan of the name {input['name']} already exists.")
    label = "".join(ctx.here.rng.choices(LETTERS, k=6))
    arn = f"arn:aws:arc-region-switch::{ctx.account}:plan/{input['name']}:{label}"
    plan = {"arn": arn, "owner": ctx.account, "version": "1", "updatedAt": ctx.now, **_kept(input)}
    ctx.commit("plan_put", plan=plan, tags=dict(input.get("tags") or {}))
    return {"plan": _shown(plan)}


@service.operation
def update_plan(ctx: Context[State], input: Plain) -> Plain:
    old = ctx.state.plan(input["arn"])
    fixed = {name: value for name, value in old.items() if name in FIXED or name in ("arn", "owner")}
    changed = {name: value for name, value in _kept(input).items() if name not in FIXED}
    plan = {**fixed, **changed, "version": str(int(old["version"]) + 1), "updatedAt": ctx.now}
    ctx.commit("plan_put", plan=plan, tags=ctx.state.tags.get(plan["arn"]))
    return {"plan": _shown(plan)}


@service.operation
def get_plan(ctx: Context[State], input: Plain) -> Plain:
    return {"plan": _shown(ctx.state.plan(input["arn"]))}


@service.operation
def list_plans(ctx: Context[State], input: Plain) -> Plain:
    rows = [each for _, each in ctx.state.plans.items()]
    start = int(input["nextToken"]) if str(input.get("nextToken", "")).isdigit() else 0
    end = start + int(input.get("maxResults") or 100)
    found = [{name: value for name, value in _shown(each).items() if name in SUMMED} for each in rows[start:end]]
    return {"plans": found, **({"nextToken": str(end)} if end < len(rows) else {})}


@service.operation
def delete_plan(ctx: Context[State], input: Plain) -> Plain:
    ctx.commit("plan_deleted", arn=ctx.state.plan(input["arn"])["arn"])
    return {}


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> Plain:
    plan = ctx.state.plan(input["arn"])
    ctx.commit("plan_put", plan=plan, tags={**(ctx.state.tags.get(plan["arn"]) or {}), **input["tags"]})
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> Plain:
    plan, gone = ctx.state.plan(input["arn"]), set(input["resourceTagKeys"])
    kept = {key: value for key, value in (ctx.state.tags.get(plan["arn"]) or {}).items() if key not in gone}
    ctx.commit("plan_put", plan=plan, tags=kept)
    return {}


@service.operation
def list_tags_for_resource(ctx: Context[State], input: Plain) -> Plain:
    return {"resourceTags": ctx.state.tags.get(ctx.state.plan(input["arn"])["arn"])}


def _kept(input: Plain) -> Plain:
    return {name: input[name] for name in KEPT if input.get(name) is not None}


def _shown(plan: Plain) -> Plain:
    return {**plan, "updatedAt": datetime.fromtimestamp(plan["updatedAt"], UTC)}
