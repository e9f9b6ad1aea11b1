"""AWS::Route53RecoveryControl: Cluster, ControlPanel, RoutingControl, SafetyRule. Their home is us-west-2."""

from __future__ import annotations

from typing import Any

from ....core.errors import AwsError
from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
CONFIG = "route53-recovery-control-config"
GONE = "ResourceNotFoundException"

cluster = ResourceType(
    "AWS::Route53RecoveryControl::Cluster",
    properties="Name NetworkType Tags",
    required="Name",
    create_only="Name Tags",
    attributes="ClusterArn ClusterEndpoints Status",
    tagged=True,
    gone=GONE,
)
panel = ResourceType(
    "AWS::Route53RecoveryControl::ControlPanel",
    properties="ClusterArn Name Tags",
    required="Name",
    create_only="ClusterArn Tags",
    attributes="ControlPanelArn DefaultControlPanel RoutingControlCount Status",
    tagged=True,
    gone=GONE,
)
control = ResourceType(
    "AWS::Route53RecoveryControl::RoutingControl",
    properties="ClusterArn ControlPanelArn Name",
    required="Name",
    create_only="ClusterArn ControlPanelArn",
    attributes="RoutingControlArn Status",
    gone=GONE,
)
rule = ResourceType(
    "AWS::Route53RecoveryControl::SafetyRule",
    properties="AssertionRule ControlPanelArn GatingRule Name RuleConfig Tags",
    create_only="ControlPanelArn RuleConfig Tags",
    attributes="SafetyRuleArn Status",
    tagged=True,
    gone=GONE,
)


@cluster.creates
async def create_cluster(resource: Resource) -> str:
    given = {"ClusterName": resource.get("Name"), **resource.pick("NetworkType"), **_token(resource)}
    made = await resource.call(CONFIG, "CreateCluster", {**given, "Tags": resource.tags() or None})
    return str(made["Cluster"]["ClusterArn"])


@cluster.settles
async def settle_cluster(resource: Resource) -> None:
    await _deployed(resource, "Cluster", "ClusterArn")


@cluster.updates
async def update_cluster(resource: Resource) -> None:
    given = {"ClusterArn": resource.physical_id, "NetworkType": resource.get("NetworkType", "IPV4")}
    await resource.call(CONFIG, "UpdateCluster", given)


@cluster.reads
async def cluster_attributes(resource: Resource) -> Plain:
    found = await _described(resource, "Cluster", "ClusterArn")
    return {name: found[name] for name in ("ClusterArn", "ClusterEndpoints", "Status")}


@cluster.deletes
async def delete_cluster(resource: Resource) -> None:
    await resource.call(CONFIG, "DeleteCluster", {"ClusterArn": resource.physical_id})


@panel.creates
async def create_panel(resource: Resource) -> str:
    given = {"ControlPanelName": resource.get("Name"), "ClusterArn": resource.get("ClusterArn"), **_token(resource)}
    made = await resource.call(CONFIG, "CreateControlPanel", {**given, "Tags": resource.tags() or None})
    return str(made["ControlPanel"]["ControlPanelArn"])


@panel.settles
async def settle_panel(resource: Resource) -> None:
    await _deployed(resource, "ControlPanel", "ControlPanelArn")


@panel.updates
async def update_panel(resource: Resource) -> None:
    given = {"ControlPanelArn": resource.physical_id, "ControlPanelName": resource.get("Name")}
    await resource.call(CONFIG, "UpdateControlPanel", given)


@panel.reads
async def panel_attributes(resource: Resource) -> Plain:
    found = await _described(resource, "ControlPanel", "ControlPanelArn")
    names = ("ControlPanelArn", "DefaultControlPanel", "RoutingControlCount", "Status")
    return {name: found[name] for name in names}


@panel.deletes
async def delete_panel(resource: Resource) -> None:
    await resource.call(CONFIG, "DeleteControlPanel", {"ControlPanelArn": resource.physical_id})
    await _gone(resource, "ControlPanel", "ControlPanelArn")


@control.creates
async def create_control(resource: Resource) -> str:
    given = {**resource.pick("ClusterArn ControlPanelArn"), **_token(resource)}
    if "ClusterArn" not in given and "ControlPanelArn" in given:
        panel_arn = {"ControlPanelArn": given["ControlPanelArn"]}
        found = await resource.call(CONFIG, "DescribeControlPanel", panel_arn)
        given["ClusterArn"] = found["ControlPanel"]["ClusterArn"]
    made = await resource.call(CONFIG, "CreateRoutingControl", {**given, "RoutingControlName": resource.get("Name")})
    return str(made["RoutingControl"]["RoutingControlArn"])


@control.settles
async def settle_control(resource: Resource) -> None:
    await _deployed(resource, "RoutingControl", "RoutingControlArn")


@control.updates
async def update_control(resource: Resource) -> None:
    given = {"RoutingControlArn": resource.physical_id, "RoutingControlName": resource.get("Name")}
    await resource.call(CONFIG, "UpdateRoutingControl", given)


@control.reads
async def control_attributes(resource: Resource) -> Plain:
    found = await _described(resource, "RoutingControl", "RoutingControlArn")
    return {"RoutingControlArn": resource.physical_id, "Status": found["Status"]}


@control.deletes
async def delete_control(resource: Resource) -> None:
    await resource.call(CONFIG, "DeleteRoutingControl", {"RoutingControlArn": resource.physical_id})
    await _gone(resource, "RoutingControl", "RoutingControlArn")


@rule.creates
async def create_rule(resource: Resource) -> str:
    kind = _kind(resource)
    given = {**resource.get(kind), **resource.pick("ControlPanelArn Name RuleConfig")}
    input = {kind: given, **_token(resource), "Tags": resource.tags() or None}
    made = (await resource.call(CONFIG, "CreateSafetyRule", input))[kind]
    return str(made["SafetyRuleArn"])


@rule.settles
async def settle_rule(resource: Resource) -> None:
    await _deployed(resource, _kind(resource), "SafetyRuleArn", "SafetyRule")


@rule.updates
async def update_rule(resource: Resource) -> None:
    """Its name and wait period; AWS alters nothing else of a rule in place."""
    kind = _kind(resource)
    was = (resource.before["properties"].get(kind) if resource.before else None) or {}
    now = resource.get(kind)
    if any(was.get(name) != now.get(name) for name in (*was, *now) if name != "WaitPeriodMs"):
        raise HandlerFailed("Only the name and the wait period of a safety rule can be updated.")
    given = {"SafetyRuleArn": resource.physical_id, "Name": resource.get("Name"), "WaitPeriodMs": now["WaitPeriodMs"]}
    await resource.call(CONFIG, "UpdateSafetyRule", {f"{kind}Update": given})


@rule.reads
async def rule_attributes(resource: Resource) -> Plain:
    found = await _described(resource, _kind(resource), "SafetyRuleArn", "SafetyRule")
    return {"SafetyRuleArn": resource.physical_id, "Status": found["Status"]}


@rule.deletes
async def delete_rule(resource: Resource) -> None:
    await resource.call(CONFIG, "DeleteSafetyRule", {"SafetyRuleArn": resource.physical_id})
    await _gone(resource, _kind(resource), "SafetyRuleArn", "SafetyRule")


async def _gone(resource: Resource, member: str, key: str, what: str | None = None) -> None:
    """Wait until it is no longer there: what it belongs to cannot be deleted before."""

    async def gone() -> bool:
        try:
            await _described(resource, member, key, what)
        except AwsError as refusal:
            if refusal.error_code != "ResourceNotFoundException":
                raise
            return True
        return False

    await resource.until(gone, f"The deletion of {what or member} {resource.get('Name')}")


def _token(resource: Resource) -> Plain:
    return {"ClientToken": resource.token}


def _kind(resource: Resource) -> str:
    kinds = [each for each in ("AssertionRule", "GatingRule") if resource.get(each)]
    if len(kinds) != 1:
        raise HandlerFailed("Exactly one of AssertionRule and GatingRule must be specified.")
    return kinds[0]


async def _described(resource: Resource, member: str, key: str, what: str | None = None) -> Plain:
    found: Plain = await resource.call(CONFIG, f"Describe{what or member}", {key: resource.physical_id})
    described: Plain = found[member]
    return described


async def _deployed(resource: Resource, member: str, key: str, what: str | None = None) -> None:
    """Wait until the members of the cluster have agreed on it."""

    async def deployed() -> bool:
        return bool((await _described(resource, member, key, what))["Status"] == "DEPLOYED")

    await resource.until(deployed, f"{what or member} {resource.get('Name')}")
