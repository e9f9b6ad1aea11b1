"""Traffic policies: documents by version, from which instances are made.

    route53.traffic_policies    "id/version in four digits" -> {"Id", "Version", "Name", "Type", "Document", "Comment",
                                "Number", "Deleted"}

Invariant: a document never alters. What is deleted is not listed any more, but can still be read, as at AWS.
"""

from __future__ import annotations

import uuid
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import traffic_document
from .errors import (
    InvalidInput,
    NoSuchTrafficPolicy,
    TooManyTrafficPolicies,
    TooManyTrafficPolicyVersionsForCurrentPolicy,
    TrafficPolicyAlreadyExists,
    TrafficPolicyInUse,
)
from .paging import page, page_size
from .state import State, service

Policy = dict[str, Any]
MOST_POLICIES, MOST_VERSIONS = 50, 1000
_SHOWN = ("Id", "Version", "Name", "Type", "Document", "Comment")


@service.operation
def create_traffic_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    document = traffic_document.read(input["Document"])
    known = latest(ctx.state)
    if any(policy["Name"] == input["Name"] for policy in known):
        raise TrafficPolicyAlreadyExists("A traffic policy that has the same value for Name already exists.")
    if len(known) >= MOST_POLICIES:
        raise TooManyTrafficPolicies(f"Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER of {MOST_POLICIES}")
    id = str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4))
    return _create(ctx, input, document.type, id, 1, input["Name"])


@service.operation
def create_traffic_policy_version(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Numbers of deleted versions are not given again: those can still be read."""
    living = versions(ctx.state, input["Id"])
    newest = living[-1]
    document = traffic_document.read(input["Document"])
    if len(living) >= MOST_VERSIONS:
        raise TooManyTrafficPolicyVersionsForCurrentPolicy(
            f"The traffic policy {newest['Id']} has reached the limit of {MOST_VERSIONS} versions."
        )
    last = max(each["Version"] for _, each in ctx.state.traffic_policies.items() if each["Id"] == newest["Id"])
    return _create(ctx, input, document.type, newest["Id"], last + 1, newest["Name"])


@service.operation
def get_traffic_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Deleted ones too. https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteTrafficPolicy.html"""
    found = ctx.state.traffic_policies.get(_key(input["Id"], input["Version"]))
    if found is None:
        raise NoSuchTrafficPolicy
    return {"TrafficPolicy": _shown(found)}


@service.operation
def update_traffic_policy_comment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    policy = find(ctx.state, input["Id"], input["Version"]) | {"Comment": input["Comment"]}
    ctx.commit("traffic_policy_put", policy=policy)
    return {"TrafficPolicy": _shown(policy)}


@service.operation
def delete_traffic_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    policy = find(ctx.state, input["Id"], input["Version"])
    used = {(each["TrafficPolicyId"], each["TrafficPolicyVersion"]) for _, each in ctx.state.traffic_instances.items()}
    if (policy["Id"], policy["Version"]) in used:
        raise TrafficPolicyInUse(
            "One or more traffic policy instances were created by using the specified traffic policy."
        )
    ctx.commit("traffic_policy_put", policy=policy | {"Deleted": True})
    return {}


@service.operation
def list_traffic_policies(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """In the order they were created."""
    size, marker, known = page_size(input), input.get("TrafficPolicyIdMarker"), latest(ctx.state)
    ids = [policy["Id"] for policy in known]
    if marker and marker not in ids:
        raise InvalidInput(f"The input is not valid: there is no traffic policy {marker} to begin with")
    shown, following = page(known[ids.index(marker) if marker else 0 :], size)
    return {
        "TrafficPolicySummaries": [_summary(ctx.state, policy) for policy in shown],
        "IsTruncated": following is not None,
        "TrafficPolicyIdMarker": following["Id"] if following else "",
        "MaxItems": str(size),
    }


@service.operation
def list_traffic_policy_versions(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    size, marker = page_size(input), input.get("TrafficPolicyVersionMarker") or "0"
    if not (marker.isascii() and marker.isdigit()):
        raise InvalidInput(f"The input is not valid: {marker} is not the version of a traffic policy")
    found = (policy for policy in versions(ctx.state, input["Id"]) if policy["Version"] >= int(marker))
    shown, following = page(found, size)
    return {
        "TrafficPolicies": [_shown(policy) for policy in shown],
        "IsTruncated": following is not None,
        "TrafficPolicyVersionMarker": str(following["Version"]) if following else "",
        "MaxItems": str(size),
    }


@service.change
def traffic_policy_put(state: State, change: Change, *, policy: Policy) -> None:
    state.traffic_policies.put(_key(policy["Id"], policy["Version"]), policy)


def find(state: State, id: str, version: int) -> Policy:
    """A version of a policy. NoSuchTrafficPolicy if there is none, or it was deleted."""
    found: Policy | None = state.traffic_policies.get(_key(id, version))
    if found is None or found["Deleted"]:
        raise NoSuchTrafficPolicy
    return found


def versions(state: State, id: str) -> list[Policy]:
    """A policy's versions, the oldest first. NoSuchTrafficPolicy if none is left."""
    found = [policy for policy in _living(state) if policy["Id"] == id]
    if not found:
        raise NoSuchTrafficPolicy
    return found


def latest(state: State) -> list[Policy]:
    """The latest version of every policy, in the order the policies were created."""
    newest = {policy["Id"]: policy for policy in _living(state)}
    return sorted(newest.values(), key=lambda policy: int(policy["Number"]))


def _create(
    ctx: Context[State], input: dict[str, Any], type: str, id: str, version: int, name: str
) -> dict[str, Any]:
    first = ctx.state.traffic_policies.get(_key(id, 1))
    policy = {
        "Id": id,
        "Version": version,
        "Name": name,
        "Type": type,
        "Document": input["Document"],
        "Comment": input.get("Comment"),
        "Number": first["Number"] if first else ctx.here.journal.last + 1,
        "Deleted": False,
    }
    ctx.commit("traffic_policy_put", policy=policy)
    location = f"https://route53.amazonaws.com/2013-04-01/trafficpolicy/{id}/{version}"
    return {"TrafficPolicy": _shown(policy), "Location": location}


def _living(state: State) -> list[Policy]:
    return [policy for _, policy in state.traffic_policies.items() if not policy["Deleted"]]


def _shown(policy: Policy) -> dict[str, Any]:
    return {key: policy[key] for key in _SHOWN}


def _summary(state: State, policy: Policy) -> dict[str, Any]:
    return {
        "Id": policy["Id"],
        "Name": policy["Name"],
        "Type": policy["Type"],
        "LatestVersion": policy["Version"],
        "TrafficPolicyCount": len(versions(state, policy["Id"])),
    }


def _key(id: str, version: int) -> str:
    return f"{id}/{version:04d}"
