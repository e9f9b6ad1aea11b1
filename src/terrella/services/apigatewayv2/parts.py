"""The one way parts of an API (routes, integrations, stages, deployments) are written."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from .state import State, service


def put(ctx: Context[State], kind: str, api_id: str, identifier: str, record: dict[str, Any]) -> None:
    ctx.commit("part_put", of=kind, key=f"{api_id}/{identifier}", record=record)


def delete(ctx: Context[State], kind: str, api_id: str, identifier: str) -> None:
    ctx.commit("part_deleted", of=kind, key=f"{api_id}/{identifier}")


@service.change
def part_put(state: State, change: Change, of: str, key: str, record: dict[str, Any]) -> None:
    state.parts(of).put(key, record)
    if of == "Authorizer":
        state.answers.clear()
        state.keys.clear()


@service.change
def part_deleted(state: State, change: Change, of: str, key: str) -> None:
    state.parts(of).delete(key)
    if of == "Deployment":
        state.routers.pop(key, None)
