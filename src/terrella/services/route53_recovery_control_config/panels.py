"""Control panels and the routing controls in them. A routing control is off until somebody turns it on.

https://docs.aws.amazon.com/recovery-cluster/latest/api/routingcontrol.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import tags
from .clusters import present
from .deploying import alter
from .errors import ConflictException, ServiceQuotaExceededException, ValidationException
from .paging import page
from .state import Plain, State, again, new_hex, service

MOST_PANELS, MOST_CONTROLS, MOST_IN_CLUSTER = 50, 100, 300


@service.operation
def create_control_panel(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = again(ctx, "panels", input.get("ClientToken"))
    if old is not None:
        return {"ControlPanel": _panel(ctx, old)}
    cluster = present(ctx, "clusters", input["ClusterArn"])["Arn"]
    if len(ctx.state.of("panels", Cluster=cluster)) >= MOST_PANELS:
        raise ServiceQuotaExceededException(f"The quota of {MOST_PANELS} control panels in a cluster has been reached.")
    arn = f"arn:aws:route53-recovery-control::{ctx.account}:controlpanel/{new_hex(ctx, 32)}"
    about = {"Name": input["ControlPanelName"], "Default": False, "Token": input.get("ClientToken"), "Deleting": False}
    made = alter(ctx, "panels", {"Arn": arn, "Cluster": cluster, **about})
    tags.tag(ctx, arn, input.get("Tags"))
    return {"ControlPanel": _panel(ctx, made)}


@service.operation
def describe_control_panel(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"ControlPanel": _panel(ctx, ctx.state.one("panels", input["ControlPanelArn"]))}


@service.operation
def list_control_panels(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Those of a cluster, or all."""
    cluster = input.get("ClusterArn")
    wanted = {"Cluster": ctx.state.one("clusters", cluster)["Arn"]} if cluster else {}
    return page("ControlPanels", [_panel(ctx, each) for each in ctx.state.of("panels", **wanted)], input)


@service.operation
def update_control_panel(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = present(ctx, "panels", input["ControlPanelArn"])
    return {"ControlPanel": _panel(ctx, alter(ctx, "panels", {**old, "Name": input["ControlPanelName"]}))}


@service.operation
def delete_control_panel(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = present(ctx, "panels", input["ControlPanelArn"])
    if found["Default"]:
        raise ConflictException("The default control panel goes with its cluster.")
    if ctx.state.of("controls", Panel=found["Arn"]) or ctx.state.of("rules", Panel=found["Arn"]):
        raise ConflictException(f"The control panel {found['Arn']} still has routing controls or safety rules.")
    alter(ctx, "panels", {**found, "Deleting": True})
    return {}


@service.operation
def create_routing_control(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """In the default control panel of the cluster, if no other is named."""
    old = again(ctx, "controls", input.get("ClientToken"))
    if old is not None:
        return {"RoutingControl": _control(ctx, old)}
    cluster = present(ctx, "clusters", input["ClusterArn"])["Arn"]
    default = next(each["Arn"] for each in ctx.state.of("panels", Cluster=cluster) if each["Default"])
    panel = present(ctx, "panels", input.get("ControlPanelArn") or default)
    if panel["Cluster"] != cluster:
        raise ValidationException(f"The control panel {panel['Arn']} is not in the cluster {cluster}.")
    if len(ctx.state.of("controls", Panel=panel["Arn"])) >= MOST_CONTROLS:
        raise ServiceQuotaExceededException(f"The quota of {MOST_CONTROLS} controls in a panel has been reached.")
    if len(ctx.state.of("controls", Cluster=cluster)) >= MOST_IN_CLUSTER:
        raise ServiceQuotaExceededException(f"The quota of {MOST_IN_CLUSTER} controls in a cluster has been reached.")
    arn = f"{panel['Arn']}/routingcontrol/{new_hex(ctx, 16)}"
    about = {"Name": input["RoutingControlName"], "Token": input.get("ClientToken"), "Deleting": False}
    made = alter(ctx, "controls", {"Arn": arn, "Cluster": cluster, "Panel": panel["Arn"], **about})
    return {"RoutingControl": _control(ctx, made)}


@service.operation
def describe_routing_control(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"RoutingControl": _control(ctx, ctx.state.one("controls", input["RoutingControlArn"]))}


@service.operation
def list_routing_controls(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    panel = ctx.state.one("panels", input["ControlPanelArn"])["Arn"]
    return page("RoutingControls", [_control(ctx, each) for each in ctx.state.of("controls", Panel=panel)], input)


@service.operation
def update_routing_control(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = present(ctx, "controls", input["RoutingControlArn"])
    return {"RoutingControl": _control(ctx, alter(ctx, "controls", {**old, "Name": input["RoutingControlName"]}))}


@service.operation
def delete_routing_control(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Not while a safety rule speaks of it."""
    found = present(ctx, "controls", input["RoutingControlArn"])
    for rule in ctx.state.of("rules", Panel=found["Panel"]):
        if found["Arn"] in (*rule["Watched"], *rule["Targets"]) and not rule["Deleting"]:
            raise ConflictException(f"The routing control {found['Arn']} is used by the safety rule {rule['Arn']}.")
    alter(ctx, "controls", {**found, "Deleting": True})
    return {}


@service.operation_named("ListAssociatedRoute53HealthChecks")
async def list_associated_health_checks(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Route 53 knows them: it is asked, in us-east-1."""
    arn = ctx.state.one("controls", input["RoutingControlArn"])["Arn"]
    ids: list[str] = []
    marker: dict[str, str] = {}
    while True:
        answer = await ctx.request("route53", "ListHealthChecks", marker)
        checks = answer["HealthChecks"]
        ids += [each["Id"] for each in checks if each["HealthCheckConfig"].get("RoutingControlArn") == arn]
        if not answer.get("NextMarker"):
            return page("HealthCheckIds", ids, input)
        marker = {"Marker": answer["NextMarker"]}


def _panel(ctx: Context[State], panel: Plain) -> Plain:
    return {
        "ClusterArn": panel["Cluster"],
        "ControlPanelArn": panel["Arn"],
        "DefaultControlPanel": panel["Default"],
        "Name": panel["Name"],
        "RoutingControlCount": len(ctx.state.of("controls", Panel=panel["Arn"])),
        "Status": ctx.state.status(panel),
        "Owner": ctx.account,
    }


def _control(ctx: Context[State], control: Plain) -> Plain:
    return {
        "ControlPanelArn": control["Panel"],
        "Name": control["Name"],
        "RoutingControlArn": control["Arn"],
        "Status": ctx.state.status(control),
        "Owner": ctx.account,
    }
