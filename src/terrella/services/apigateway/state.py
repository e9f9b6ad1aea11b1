"""What API Gateway remembers of REST APIs.

Everything belonging to an API is kept under "api/id". A stage serves a deployment, and a deployment is a copy of the
resources, authorizers and gateway responses of its moment: what answers requests never changes but by deploying.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ...region.service import Context, Service
from ...store.journal import Change
from ...store.maps import Maps
from .errors import missing

Plain = dict[str, Any]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PARTS = {
    "resource": "Resource",
    "deployment": "Deployment",
    "stage": "Stage",
    "authorizer": "Authorizer",
    "model": "Model",
    "validator": "Request validator",
    "response": "Gateway response",
}


class State:
    """`domains` are by name, `mappings` by "domain/path", keys and plans by id, members of plans by "plan/key",
    all else by "api/id"; values are as the API shows them (times are seconds). `trees` and `answers` are rebuilt
    at need."""

    def __init__(self, maps: Maps) -> None:
        self.apis = maps.objects("apigateway.apis")
        self.parts = {kind: maps.objects(f"apigateway.{kind}s") for kind in PARTS}
        self.domains = maps.objects("apigateway.domains")
        self.mappings = maps.objects("apigateway.mappings")
        self.keys = maps.objects("apigateway.keys")
        self.plans = maps.objects("apigateway.plans")
        self.members = maps.objects("apigateway.members")
        self.account = maps.objects("apigateway.account")
        self.trees: dict[str, Any] = {}
        self.answers: dict[tuple[str, ...], tuple[float, Plain]] = {}  # of authorizers, until when

    def api(self, api_id: str) -> Plain:
        """Raises NotFoundException."""
        found: Plain | None = self.apis.get(api_id)
        if found is None:
            raise missing("API")
        return found

    def one(self, kind: str, api_id: str, identifier: str) -> Plain:
        """A part of an API. Raises NotFoundException."""
        self.api(api_id)
        found: Plain | None = self.parts[kind].get(f"{api_id}/{identifier}")
        if found is None:
            raise missing(PARTS[kind])
        return found

    def all(self, kind: str, api_id: str) -> list[Plain]:
        return [value for key, value in self.parts[kind].items() if key.partition("/")[0] == api_id]

    def domain(self, name: str) -> Plain:
        """Raises NotFoundException."""
        found: Plain | None = self.domains.get(name.lower())
        if found is None:
            raise missing("domain name")
        return found

    def table(self, of: str) -> Any:
        """The map of that name, whichever kind it is of."""
        return self.parts[of] if of in self.parts else getattr(self, of)


service: Service[State] = Service("apigateway", State)


def put(ctx: Context[State], of: str, key: str, record: Plain) -> Plain:
    """Commit one record of any of the maps."""
    ctx.commit("record_put", of=of, key=key, record=record)
    return shown(record)


def delete(ctx: Context[State], of: str, key: str) -> Plain:
    ctx.commit("record_deleted", of=of, key=key)
    return {}


@service.change
def record_put(state: State, change: Change, of: str, key: str, record: Plain) -> None:
    state.table(of).put(key, record)
    if of == "authorizer":
        state.answers.clear()


@service.change
def record_deleted(state: State, change: Change, of: str, key: str) -> None:
    state.table(of).delete(key)
    state.trees.pop(key, None)
    if of == "apis":
        for parts in state.parts.values():
            for each in [each for each in parts if each.partition("/")[0] == key]:
                parts.delete(each)


def shown(record: Plain) -> Plain:
    """A record as the API shows it: times as times."""
    return {
        name: datetime.fromtimestamp(value, UTC) if name.endswith("Date") else value for name, value in record.items()
    }


def new_id(ctx: Context[State], length: int = 10) -> str:
    """A random id such as API Gateway gives."""
    return "".join(ctx.here.rng.choices(LETTERS, k=length))


def page(found: list[Plain], input: Plain, most: int = 500) -> Plain:
    """One page of a list."""
    start = int(input["position"]) if str(input.get("position", "")).isdigit() else 0
    end = start + min(int(input.get("limit") or 25), most)
    items = [shown(each) for each in found[start:end]]
    return {"items": items, "position": str(end)} if end < len(found) else {"items": items}


def kept(input: Plain, names: tuple[str, ...]) -> Plain:
    return {name: input[name] for name in names if input.get(name) is not None}
