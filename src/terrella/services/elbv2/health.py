"""Verdicts on targets, and what follows for zones and load balancers.

Every node has its own verdict on every target; DescribeTargetHealth calls a target healthy if one node does. A zone
counts for the DNS as long as its node knows enough healthy targets in at least one group. For Route 53's Evaluate
Target Health every group that has targets must have a healthy one.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-health
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import measuring, slow_start
from .choosing import EVERYWHERE, HEALTHY, MINIMUM, crosses, enough_healthy
from .state import Plain, State, service

UNHEALTHY = "unhealthy"
DNS_MINIMUM = "target_group_health.dns_failover.minimum_healthy_targets."
REASONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotInZone": "Target is in an Availability Zone that is not enabled for the load balancer",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.HealthCheckDisabled": "Health checks are not enabled for this target",
}


def of_target(ctx: Context[State], group: Plain, target: Plain, key: str) -> Plain:
    """A target's health as the API tells it."""
    if target.get("Absent"):
        return _said("unused", "Target.NotRegistered")
    users = [ctx.state.load_balancer(arn) for arn in ctx.state.users_of(group["Arn"])]
    if not users:
        return _said("unused", "Target.NotInUse")
    if target["LeftAt"] is not None:
        return _said("draining", "Target.DeregistrationInProgress")
    if not group["HealthCheckEnabled"]:
        return _said("unavailable", "Target.HealthCheckDisabled")
    zones = {zone["ZoneName"] for user in users for zone in user["Zones"]}
    if target["AvailabilityZone"] not in (*zones, EVERYWHERE, None):
        return _said("unused", "Target.NotInUse", REASONS["Target.NotInZone"])
    seen = list((ctx.state.verdicts.get(group["Arn"]) or {}).get(key, {}).values())
    if any(each["State"] == HEALTHY for each in seen):
        return {"State": HEALTHY}
    if seen:
        return dict(seen[0])
    if ctx.now < max(user["ReadyAt"] for user in users):
        return _said("initial", "Elb.RegistrationInProgress")
    return _said("initial", "Elb.InitialHealthChecking")


def learn(ctx: Context[State], group: str, key: str, node: str, verdict: Plain) -> None:
    """A node in a zone has come to a verdict on a target."""
    old = ctx.state.verdicts.get(group) or {}
    known = old.get(key, {}).get(node, {})
    if verdict["State"] == HEALTHY:
        verdict = known if known.get("State") == HEALTHY else _warming(ctx, group, key, node)
    if known != verdict:
        keep(ctx, group, {**old, key: {**old.get(key, {}), node: verdict}})
        report(ctx, group)


def _warming(ctx: Context[State], group: str, key: str, node: str) -> Plain:
    """The verdict on a target that has become healthy."""
    duration = int(ctx.state.target_group(group)["Attributes"].get(slow_start.DURATION, "0"))
    targets = {f"{each['Id']}|{each.get('Port') or ''}": each for each in ctx.state.targets.get(group) or ()}
    verdicts = ctx.state.verdicts.get(group) or {}
    seen = {other: found[node] for other, found in verdicts.items() if node in found}
    return slow_start.healthy_verdict(targets, seen, key, ctx.now, ctx.scaled(duration))


def forget_nodes(ctx: Context[State], arn: str, zones: set[str]) -> None:
    """Only the verdicts of a load balancer's nodes in these zones go on counting."""
    for group in ctx.state.groups_of(arn):
        old = ctx.state.verdicts.get(group) or {}
        new = {key: {n: said for n, said in seen.items() if n in zones} for key, seen in old.items()}
        if new != old:
            keep(ctx, group, new)


def keep(ctx: Context[State], group: str, verdicts: dict[str, Any]) -> None:
    ctx.commit("entry_put", table="verdicts", key=group, value=verdicts)


def report(ctx: Context[State], group: str) -> None:
    """Tell the edge what changed for the load balancers that send to a group."""
    for arn in ctx.state.users_of(group):
        report_load_balancer(ctx, arn)


def report_load_balancer(ctx: Context[State], arn: str) -> None:
    """Tell the edge which zones have targets, and whether the whole is well, if that is news."""
    load_balancer = ctx.state.load_balancer(arn)
    groups = [found for each in ctx.state.groups_of(arn) if (found := ctx.state.target_groups.get(each))]
    zones = {
        zone["ZoneName"]: any(_zone_stands(ctx.state, load_balancer, group, zone["ZoneName"]) for group in groups)
        or not groups
        for zone in load_balancer["Zones"]
    }
    ports = sorted(each["Port"] for each in ctx.state.listeners_of(arn))
    made = {"Zones": zones, "Healthy": _healthy(ctx.state, groups), "Ports": ports}
    if ctx.state.reports.get(arn) != made:
        ctx.commit("entry_put", table="reports", key=arn, value=made)
    count(ctx, arn)


@service.start
def count_all(ctx: Context[State]) -> None:
    """What metrics say of hosts stays as it is until something changes: begin with how it is."""
    for arn in ctx.state.load_balancers:
        count(ctx, arn)


def count(ctx: Context[State], arn: str) -> None:
    """Note for the metrics how many targets of each group each node of a load balancer finds well and ill."""
    state, load_balancer = ctx.state, ctx.state.load_balancers.get(arn)
    counted: set[tuple[str, str, str]] = set()
    for each in state.groups_of(arn) if load_balancer is not None else ():
        group = state.target_groups.get(each)
        if group is None or load_balancer is None or not group["HealthCheckEnabled"]:
            continue
        stands: list[tuple[bool, bool]] = []
        for zone in (each["ZoneName"] for each in load_balancer["Zones"]):
            counted.add((arn, zone, group["Arn"]))
            stands.append(_count_node(ctx, load_balancer, group, zone))
        counted.add((arn, "", group["Arn"]))
        _tell_states(measuring.tally_of(ctx.here, arn, "", group["Arn"]), stands)
    for key, tally in state.tallies.items():
        if key[0] == arn and key[2] and key not in counted:
            for level in tally.levels.values():
                level.set(None)


def _count_node(ctx: Context[State], load_balancer: Plain, group: Plain, zone: str) -> tuple[bool, bool]:
    """Does the zone count for the DNS, and does its node send only to healthy targets?"""
    state, tally = ctx.state, measuring.tally_of(ctx.here, load_balancer["Arn"], zone, group["Arn"])
    targets, verdicts = _of_node(state, load_balancer, group, zone), state.verdicts.get(group["Arn"]) or {}
    seen = [verdicts.get(f"{each['Id']}|{each.get('Port') or ''}", {}).get(zone, {}).get("State") for each in targets]
    well = seen.count(HEALTHY)
    tally.level("HealthyHostCount", float(well))
    tally.level("UnHealthyHostCount", float(seen.count(UNHEALTHY)))
    tally.per_target = 1.0 / max(well or len(targets), 1)
    stands = _zone_stands(state, load_balancer, group, zone), enough_healthy(well, len(targets), group, MINIMUM)
    tally.fails_open = not stands[1]
    _tell_states(tally, [stands])
    return stands


def _tell_states(tally: measuring.Tally, stands: list[tuple[bool, bool]]) -> None:
    for at, what in enumerate(("StateDNS", "StateRouting")):
        well = sum(each[at] for each in stands)
        tally.level(f"Healthy{what}", float(well))
        tally.level(f"Unhealthy{what}", float(len(stands) - well))


def _of_node(state: State, load_balancer: Plain, group: Plain, node: str) -> list[Plain]:
    """The targets of a group that the node of a zone sends to, as far as they are well."""
    targets = [each for each in state.targets.get(group["Arn"]) or () if each["LeftAt"] is None]
    if not crosses(group, load_balancer):
        targets = [each for each in targets if each["AvailabilityZone"] in (node, EVERYWHERE, None)]
    return targets


def _zone_stands(state: State, load_balancer: Plain, group: Plain, node: str) -> bool:
    """Does the node of a zone know enough healthy targets in a group?"""
    targets = _of_node(state, load_balancer, group, node)
    if not targets:
        return False
    if not group["HealthCheckEnabled"]:
        return True
    verdicts = state.verdicts.get(group["Arn"]) or {}
    well = [each for each in targets if _well(verdicts, each, (node,))]
    return enough_healthy(len(well), len(targets), group, DNS_MINIMUM)


def _healthy(state: State, groups: list[Plain]) -> bool:
    """What Evaluate Target Health goes by."""
    filled = [group for group in groups if any(t["LeftAt"] is None for t in state.targets.get(group["Arn"]) or ())]
    return not groups or (bool(filled) and all(_has_healthy(state, group) for group in filled))


def _has_healthy(state: State, group: Plain) -> bool:
    if not group["HealthCheckEnabled"]:
        return True
    verdicts = state.verdicts.get(group["Arn"]) or {}
    return any(_well(verdicts, each) for each in state.targets.get(group["Arn"]) or () if each["LeftAt"] is None)


def _well(verdicts: dict[str, Any], target: Plain, nodes: tuple[str, ...] | None = None) -> bool:
    seen = verdicts.get(f"{target['Id']}|{target.get('Port') or ''}", {})
    return any(each["State"] == HEALTHY for node, each in seen.items() if nodes is None or node in nodes)


def _said(state: str, reason: str, description: str | None = None) -> Plain:
    return {"State": state, "Reason": reason, "Description": description or REASONS[reason]}
