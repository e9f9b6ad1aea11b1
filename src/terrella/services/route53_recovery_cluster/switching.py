"""Reading and turning routing controls, at any endpoint of their cluster.

https://docs.aws.amazon.com/routing-control/latest/APIReference/API_UpdateRoutingControlState.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import agreeing
from .council import Council, Councils
from .errors import CONTROL, PANEL, ResourceNotFoundException, ServiceLimitExceededException, ValidationException
from .state import State, service

Plain = dict[str, Any]
MOST_AT_ONCE = 10
USUAL_PAGE = 500
ON = {True: "On", False: "Off"}


@service.operation
async def get_routing_control_state(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """What a majority has agreed on last."""
    arn = input["RoutingControlArn"]
    council = await _council_of(ctx, arn, CONTROL)
    await agreeing.catch_up(_councils(ctx), council)
    shown = _shown(ctx, council, arn)
    return {name: shown[name] for name in ("RoutingControlArn", "RoutingControlState", "RoutingControlName")}


@service.operation
async def list_routing_controls(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Those of a panel, or of all clusters this endpoint belongs to."""
    councils, panel = _councils(ctx), input.get("ControlPanelArn")
    chosen = [await _council_of(ctx, panel, PANEL)] if panel else list(councils.all.values())
    found = []
    for council in chosen:
        await agreeing.catch_up(councils, council)
        config = ctx.state.cluster(council.cluster)["config"] or {"controls": {}}
        wanted = [arn for arn, control in config["controls"].items() if panel in (None, control["panel"])]
        found += [_shown(ctx, council, arn) for arn in wanted]
    return _page(found, input)


@service.operation
async def update_routing_control_state(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return await _turn(ctx, [input], input)


@service.operation
async def update_routing_control_states(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """All of them or none."""
    entries = input["UpdateRoutingControlStateEntries"]
    if len(entries) > MOST_AT_ONCE:
        raise ServiceLimitExceededException(
            "The request can't update that many routing control states at the same time. Try again with fewer "
            "routing control states.",
            limitCode="RoutingControlStatesPerRequest", serviceCode="route53-recovery-cluster",
        )  # fmt: skip
    if not entries or len({each["RoutingControlArn"] for each in entries}) < len(entries):
        raise ValidationException("Each routing control can be in a request only once, and there must be one.")
    return await _turn(ctx, entries, input)


async def _turn(ctx: Context[State], entries: list[Plain], input: dict[str, Any]) -> dict[str, Any]:
    councils = [await _council_of(ctx, each["RoutingControlArn"], CONTROL) for each in entries]
    if len({each.cluster for each in councils}) > 1:
        raise ValidationException("The routing controls of a request must be in the same cluster.")
    word = {
        "kind": "turn",
        "id": f"{ctx.region} {ctx.request_id}",
        "entries": [[each["RoutingControlArn"], each["RoutingControlState"] == "On"] for each in entries],
        "override": input.get("SafetyRulesToOverride") or [],
        "at": ctx.now,
    }
    await agreeing.agree(_councils(ctx), councils[0], word)
    return {}


async def _council_of(ctx: Context[State], arn: str, kind: str) -> Council:
    """The council that knows of something; the newest news is fetched before it is said to be unknown."""
    councils = _councils(ctx)
    cluster = ctx.state.cluster_of(arn)
    if cluster is None:
        for council in list(councils.all.values()):
            await agreeing.catch_up(councils, council)
        cluster = ctx.state.cluster_of(arn)
    if cluster is None or cluster not in councils.all:
        raise ResourceNotFoundException(f"{kind} {arn} not found.", resourceId=arn, resourceType=kind)
    return councils.all[cluster]


def _councils(ctx: Context[State]) -> Councils:
    assert ctx.state.councils is not None, "regions are started"
    return ctx.state.councils


def _shown(ctx: Context[State], council: Council, arn: str) -> Plain:
    data = ctx.state.cluster(council.cluster)
    config = data["config"]
    control = config["controls"].get(arn) if config is not None else None
    if control is None:
        raise ResourceNotFoundException(f"{CONTROL} {arn} not found.", resourceId=arn, resourceType=CONTROL)
    return {
        "ControlPanelArn": control["panel"],
        "ControlPanelName": config["panels"][control["panel"]],
        "RoutingControlArn": arn,
        "RoutingControlName": control["name"],
        "RoutingControlState": ON[data["states"][arn]["on"]],
        "Owner": ctx.account,
    }


def _page(found: list[Plain], input: dict[str, Any]) -> dict[str, Any]:
    token, size = input.get("NextToken") or "0", input.get("MaxResults") or USUAL_PAGE
    if not token.isdecimal():
        raise ValidationException("The NextToken is not valid.")
    start = int(token)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {"RoutingControls": found[start : start + size], **more}
