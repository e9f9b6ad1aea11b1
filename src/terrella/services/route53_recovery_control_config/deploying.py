"""How what was configured reaches the data plane: the newest revision of a cluster, whole, until its members agree.

The member in this region is told, by the entrance members have for one another; it has the others agree. Where no
majority can be reached things stay PENDING.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import ormsgpack

from ...region.service import Context
from ...wire.http import Request, Response
from .state import State, service

Plain = dict[str, Any]
HOST = "recovery.internal"
AGAIN_S = 0.5
FIVE = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2")
"""Where a cluster has its endpoints. A world that lacks some of them has clusters of as many members as it has."""


@service.start
def resume(ctx: Context[State]) -> None:
    for cluster in list(ctx.state.tables["clusters"]):
        deploy(ctx, cluster)


def alter(ctx: Context[State], table: str, entry: Plain) -> Plain:
    """Keep something as it is now and have it deployed. Returns it as it is kept."""
    ctx.commit("altered", table=table, entry=entry)
    deploy(ctx, entry.get("Cluster") or entry["Arn"])
    return ctx.state.one(table, entry["Arn"])


def deploy(ctx: Context[State], cluster: str) -> None:
    """Have what is newest deployed, in the background."""
    if cluster not in ctx.state.deploying and _due(ctx, cluster):
        ctx.state.deploying.add(cluster)
        ctx.here.ports.tasks.spawn(f"deploy {cluster}", _deploy(ctx, cluster))


async def _deploy(ctx: Context[State], cluster: str) -> None:
    try:
        while _due(ctx, cluster):
            revision = ctx.state.one("clusters", cluster)["Newest"]
            if await _told(ctx, cluster, revision):
                ctx.commit("deployed", cluster=cluster, revision=revision)
            else:
                await ctx.here.clock.sleep(AGAIN_S)
    finally:
        ctx.state.deploying.discard(cluster)


def _due(ctx: Context[State], cluster: str) -> bool:
    found = ctx.state.tables["clusters"].get(cluster)
    return found is not None and found["Deployed"] < found["Newest"]


async def _told(ctx: Context[State], cluster: str, revision: int) -> bool:
    message = {"kind": "config", "config": configuration(ctx, cluster, revision)}
    members = ctx.state.one("clusters", cluster)["Members"]
    body = ormsgpack.packb([cluster, ctx.region, members, message])
    answer = ctx.here.handle(Request("POST", "/", "", {"host": HOST}, body, source=ctx.region))
    response = await answer if isinstance(answer, Awaitable) else answer
    assert isinstance(response, Response)
    ended = response.status == 410 and ctx.state.one("clusters", cluster)["Deleting"]
    return response.status == 200 or ended


def configuration(ctx: Context[State], cluster: str, revision: int) -> Plain:
    """Everything the members need to know of a cluster."""
    state = ctx.state
    there = {
        table: [each for each in state.of(table, Cluster=cluster) if not each["Deleting"]]
        for table in ("panels", "controls", "rules")
    }
    return {
        "revision": revision,
        "ended": state.one("clusters", cluster)["Deleting"],
        "panels": {each["Arn"]: each["Name"] for each in there["panels"]},
        "controls": {each["Arn"]: {"name": each["Name"], "panel": each["Panel"]} for each in there["controls"]},
        "rules": {each["Arn"]: _rule(ctx, each) for each in there["rules"]},
    }


def _rule(ctx: Context[State], rule: Plain) -> Plain:
    return {
        "kind": rule["Kind"], "name": rule["Name"], "panel": rule["Panel"], "watched": rule["Watched"],
        "targets": rule["Targets"], "type": rule["Rule"]["Type"], "threshold": rule["Rule"]["Threshold"],
        "inverted": rule["Rule"]["Inverted"], "wait_s": ctx.scaled(rule["WaitMs"] / 1000),
    }  # fmt: skip
