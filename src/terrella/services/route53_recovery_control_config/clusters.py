"""Clusters: the five regional endpoints that switches are read and turned at.

https://docs.aws.amazon.com/recovery-cluster/latest/api/cluster.html
"""

from __future__ import annotations

import uuid
from typing import Any

from ...region.service import Context
from . import tags
from .deploying import FIVE, alter
from .errors import ConflictException, ResourceNotFoundException, ServiceQuotaExceededException
from .paging import page
from .state import Plain, State, again, new_hex, service

MOST = 2


@service.operation
def create_cluster(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """It begins with a control panel of its own, the default one."""
    old = again(ctx, "clusters", input.get("ClientToken"))
    if old is not None:
        return {"Cluster": described(ctx, old)}
    if len(ctx.state.of("clusters")) >= MOST:
        raise ServiceQuotaExceededException(f"The quota of {MOST} clusters in an account has been reached.")
    name = uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)
    arn = f"arn:aws:route53-recovery-control::{ctx.account}:cluster/{name}"
    cluster = {
        "Arn": arn,
        "Name": input["ClusterName"],
        "NetworkType": input.get("NetworkType") or "IPV4",
        "Members": [each for each in FIVE if each in ctx.here.world.regions],
        "Host": new_hex(ctx, 8),
        "Token": input.get("ClientToken"),
        "Newest": 0,
        "Deployed": 0,
        "Deleting": False,
    }
    made = alter(ctx, "clusters", cluster)
    tags.tag(ctx, arn, input.get("Tags"))
    panel = f"arn:aws:route53-recovery-control::{ctx.account}:controlpanel/{new_hex(ctx, 32)}"
    about = {"Name": "DefaultControlPanel", "Default": True, "Token": None, "Deleting": False}
    alter(ctx, "panels", {"Arn": panel, "Cluster": arn, **about})
    return {"Cluster": described(ctx, made)}


@service.operation
def describe_cluster(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Cluster": described(ctx, ctx.state.one("clusters", input["ClusterArn"]))}


@service.operation
def list_clusters(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return page("Clusters", [described(ctx, each) for each in ctx.state.of("clusters")], input)


@service.operation
def update_cluster(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """The network type is kept and described; this world's endpoints have IPv4 addresses."""
    old = present(ctx, "clusters", input["ClusterArn"])
    return {"Cluster": described(ctx, alter(ctx, "clusters", {**old, "NetworkType": input["NetworkType"]}))}


@service.operation
def delete_cluster(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Only one without control panels but the default one, and that without routing controls."""
    found = present(ctx, "clusters", input["ClusterArn"])
    panels = ctx.state.of("panels", Cluster=found["Arn"])
    if ctx.state.of("controls", Cluster=found["Arn"]) or not all(each["Default"] for each in panels):
        raise ConflictException(f"The cluster {found['Arn']} still has control panels or routing controls.")
    for each in panels:
        alter(ctx, "panels", {**each, "Deleting": True})
    alter(ctx, "clusters", {**ctx.state.one("clusters", found["Arn"]), "Deleting": True})
    return {}


@service.operation
def get_resource_policy(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Clusters are not shared between accounts: this world has one."""
    ctx.state.one("clusters", input["ResourceArn"])
    raise ResourceNotFoundException(f"{input['ResourceArn']} has no resource policy.")


def described(ctx: Context[State], cluster: Plain) -> Plain:
    """As the API shows it."""
    name = f"{cluster['Host']}.route53-recovery-cluster"
    endpoints = [
        {"Endpoint": f"https://{name}.{region}.amazonaws.com/v1", "Region": region} for region in cluster["Members"]
    ]
    return {
        "ClusterArn": cluster["Arn"],
        "ClusterEndpoints": endpoints,
        "Name": cluster["Name"],
        "Status": ctx.state.status(cluster),
        "Owner": ctx.account,
        "NetworkType": cluster["NetworkType"],
    }


def present(ctx: Context[State], table: str, arn: str) -> Plain:
    """Something that is not being deleted. Raises ResourceNotFoundException, ConflictException."""
    found = ctx.state.one(table, arn)
    if found["Deleting"]:
        raise ConflictException(f"{arn} is being deleted.")
    return found
