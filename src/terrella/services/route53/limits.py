"""Quotas, and how much of each is used. This world keeps to the defaults of an AWS account."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import batch, delegation_sets, health_checks, traffic_instances, traffic_policies, zones
from .errors import HostedZoneNotPrivate
from .state import State, service

MOST_VPCS = 300


@service.operation
def get_account_limit(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    state = ctx.state
    limits = {
        "MAX_HEALTH_CHECKS_BY_OWNER": (health_checks.MOST_CHECKS, len(state.health_checks)),
        "MAX_HOSTED_ZONES_BY_OWNER": (zones.MOST_ZONES, len(state.zones)),
        "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": (delegation_sets.MOST_SETS, len(state.delegation_sets)),
        "MAX_TRAFFIC_POLICIES_BY_OWNER": (traffic_policies.MOST_POLICIES, len(traffic_policies.latest(state))),
        "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": (traffic_instances.MOST_INSTANCES, len(state.traffic_instances)),
    }
    value, count = limits[input["Type"]]
    return {"Limit": {"Type": input["Type"], "Value": value}, "Count": count}


@service.operation
def get_hosted_zone_limit(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    if input["Type"] == "MAX_RRSETS_BY_ZONE":
        value, count = batch.MOST_IN_A_ZONE, ctx.state.count(zone["Id"])
    elif not zone["PrivateZone"]:
        raise HostedZoneNotPrivate(f"The hosted zone {zone['Id']} is not private.")
    else:
        value, count = MOST_VPCS, len(zone["VPCs"])
    return {"Limit": {"Type": input["Type"], "Value": value}, "Count": count}
