"""Traffic policy instances: a policy at work under a name of a zone.

An instance is one record set that callers see and a tree that they do not (traffic_tree.py). Both travel to the edge in
one change, so answers pass from one tree to the next without a gap. Its state is derived: Failed if it could not be
made, Applied once the edge has it, before that Creating or Updating.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import batch, names, terms, traffic_document, traffic_policies, traffic_tree, zones
from .errors import (
    ConflictingTypes,
    InvalidInput,
    NoSuchTrafficPolicyInstance,
    TooManyTrafficPolicyInstances,
    TrafficPolicyInstanceAlreadyExists,
)
from .paging import page, page_size
from .state import EDGE, State, service

Instance = dict[str, Any]
MOST_INSTANCES = 5
_SHOWN = ("Id", "HostedZoneId", "Name", "TTL", "TrafficPolicyId", "TrafficPolicyVersion", "TrafficPolicyType")


@service.operation
def create_traffic_policy_instance(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    policy = traffic_policies.find(ctx.state, input["TrafficPolicyId"], input["TrafficPolicyVersion"])
    name = _name_in(zone, input["Name"])
    place = zone["Id"], names.order(name), policy["Type"]
    if any(_place(known) == place for _, known in ctx.state.traffic_instances.items()):
        raise TrafficPolicyInstanceAlreadyExists(
            f"A traffic policy instance for {name}, type {policy['Type']} already exists in the hosted zone."
        )
    if len(ctx.state.traffic_instances) >= MOST_INSTANCES:
        raise TooManyTrafficPolicyInstances(
            f"Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER of {MOST_INSTANCES}"
        )
    id = str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4))
    record = {"Name": name, "Type": policy["Type"], batch.POLICY: id}
    reasons = batch.against_instance(ctx.state, zone, record)
    bare = {"Id": id, "HostedZoneId": zone["Id"], "Name": name, "Tree": {}, "Updated": False}
    instance = _applied(ctx, bare, policy, input["TTL"], reasons)
    _put(ctx, instance, None if instance["Failure"] else record)
    location = f"https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/{id}"
    return {"TrafficPolicyInstance": _shown(ctx, instance), "Location": location}


@service.operation
def update_traffic_policy_instance(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """If the new version cannot be applied the instance is Failed, and answers stay what they were."""
    instance = find(ctx.state, input["Id"])
    policy = traffic_policies.find(ctx.state, input["TrafficPolicyId"], input["TrafficPolicyVersion"])
    if policy["Type"] != instance["TrafficPolicyType"]:
        raise ConflictingTypes(
            f"The traffic policy version has the DNS type {policy['Type']}, the traffic policy instance has "
            f"{instance['TrafficPolicyType']}."
        )
    record = None
    if not instance["Tree"]:  # it never came to be: this is another try
        record = {"Name": instance["Name"], "Type": policy["Type"], batch.POLICY: instance["Id"]}
    zone = zones.find(ctx.state, instance["HostedZoneId"])
    reasons = batch.against_instance(ctx.state, zone, record) if record else []
    newer = _applied(ctx, instance | {"Updated": bool(instance["Tree"])}, policy, input["TTL"], reasons)
    _put(ctx, newer, None if newer["Failure"] else record)
    return {"TrafficPolicyInstance": _shown(ctx, newer)}


@service.operation
def get_traffic_policy_instance(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"TrafficPolicyInstance": _shown(ctx, find(ctx.state, input["Id"]))}


@service.operation
def delete_traffic_policy_instance(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    instance = find(ctx.state, input["Id"])
    zone, name, type = instance["HostedZoneId"], instance["Name"], instance["TrafficPolicyType"]
    group = ctx.state.group(zone, name, type)
    record = next((each for each in group if each.get(batch.POLICY) == instance["Id"]), None)
    ctx.commit("traffic_instance_deleted", id=instance["Id"], zone=zone, record=record, **terms.stamp(ctx.state, zone))
    return {}


@service.operation
def get_traffic_policy_instance_count(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"TrafficPolicyInstanceCount": len(ctx.state.traffic_instances)}


@service.operation
def list_traffic_policy_instances(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _listed(ctx, input, lambda instance: True)


@service.operation
def list_traffic_policy_instances_by_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])["Id"]
    answer = _listed(ctx, input | {"HostedZoneIdMarker": zone}, lambda instance: instance["HostedZoneId"] == zone)
    answer.pop("HostedZoneIdMarker", None)
    return answer


@service.operation
def list_traffic_policy_instances_by_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    policy = traffic_policies.find(ctx.state, input["TrafficPolicyId"], input["TrafficPolicyVersion"])
    wanted = (policy["Id"], policy["Version"])
    return _listed(
        ctx, input, lambda each: (each["TrafficPolicyId"], each["TrafficPolicyVersion"]) == wanted
    )


@service.change
def traffic_instance_put(
    state: State, change: Change, *, instance: Instance, record: dict[str, Any] | None, term: int = 0
) -> None:
    if terms.is_late(state, instance["HostedZoneId"], term):
        return
    state.traffic_instances.put(instance["Id"], instance)
    if record is not None:
        state.put_group(instance["HostedZoneId"], record["Name"], record["Type"], [record])


@service.change
def traffic_instance_deleted(
    state: State, change: Change, *, id: str, zone: str, record: dict[str, Any] | None, term: int = 0
) -> None:
    if terms.is_late(state, zone, term):
        return
    state.traffic_instances.delete(id)
    if record is not None:
        state.put_group(zone, record["Name"], record["Type"], [])


def find(state: State, id: str) -> Instance:
    """An instance by its id. NoSuchTrafficPolicyInstance if there is none."""
    instance: Instance | None = state.traffic_instances.get(id)
    if instance is None:
        raise NoSuchTrafficPolicyInstance
    return instance


def _put(ctx: Context[State], instance: Instance, record: dict[str, Any] | None) -> None:
    stamp = terms.stamp(ctx.state, instance["HostedZoneId"])
    ctx.commit("traffic_instance_put", instance=instance, record=record, **stamp)


def _applied(
    ctx: Context[State], instance: Instance, policy: dict[str, Any], ttl: int, reasons: list[str]
) -> Instance:
    """The instance with a version of a policy applied; with the old tree and a failure if that cannot be."""
    document = traffic_document.read(policy["Document"])
    tree = traffic_tree.grown(document, instance["Id"], instance["Name"], ttl)
    for check in sorted(traffic_tree.checks_in(tree)):
        if check not in ctx.state.health_checks:
            reasons = [*reasons, f"A health check with id {check} does not exist."]
    return instance | {
        "TTL": ttl,
        "TrafficPolicyId": policy["Id"],
        "TrafficPolicyVersion": policy["Version"],
        "TrafficPolicyType": policy["Type"],
        "Failure": " ".join(reasons)[:1024] or None,
        "Change": ctx.here.journal.last + 1,
        "Tree": instance["Tree"] if reasons else tree,
    }


def _name_in(zone: dict[str, Any], name: str) -> str:
    try:
        canonical = names.canonical(name)
    except names.BadName as bad:
        raise InvalidInput(f"The input is not valid: {bad}") from bad
    if not names.lies_within(canonical, zone["Name"]):
        raise InvalidInput(f"The input is not valid: {canonical} is not permitted in zone {zone['Name']}")
    return canonical


def _listed(
    ctx: Context[State], input: dict[str, Any], wanted: Callable[[Instance], bool]
) -> dict[str, Any]:
    size, start = page_size(input), _start(input)
    found = sorted((each for _, each in ctx.state.traffic_instances.items() if wanted(each)), key=_place)
    shown, following = page((each for each in found if _place(each) >= start), size)
    answer: dict[str, Any] = {
        "TrafficPolicyInstances": [_shown(ctx, each) for each in shown],
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following:
        answer |= {
            "HostedZoneIdMarker": following["HostedZoneId"],
            "TrafficPolicyInstanceNameMarker": following["Name"],
            "TrafficPolicyInstanceTypeMarker": following["TrafficPolicyType"],
        }
    return answer


def _start(input: dict[str, Any]) -> tuple[str, str, str]:
    name, type = input.get("TrafficPolicyInstanceNameMarker"), input.get("TrafficPolicyInstanceTypeMarker")
    zone = (input.get("HostedZoneIdMarker") or "").rpartition("/")[2]
    if (type and not name) or (name and not zone):
        raise InvalidInput("The input is not valid: a marker lacks those that go before it")
    try:
        return zone, names.order(names.canonical(name)) if name else "", type or ""
    except names.BadName as bad:
        raise InvalidInput(f"The input is not valid: {bad}") from bad


def _place(instance: Instance) -> tuple[str, str, str]:
    return instance["HostedZoneId"], names.order(instance["Name"]), instance["TrafficPolicyType"]


def _shown(ctx: Context[State], instance: Instance) -> dict[str, Any]:
    """An instance as the API gives it."""
    outbox = ctx.here.outboxes.get(EDGE)
    if instance["Failure"]:
        state = "Failed"
    elif outbox is not None and outbox.acked >= instance["Change"]:
        state = "Applied"
    else:
        state = "Updating" if instance["Updated"] else "Creating"
    return {key: instance[key] for key in _SHOWN} | {"State": state, "Message": instance["Failure"] or ""}
