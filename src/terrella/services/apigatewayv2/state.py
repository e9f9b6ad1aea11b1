"""What API Gateway v2 remembers, and the routers made of it.

Everything belonging to an API is kept under "API/id". A stage serves a deployment, and a deployment is a copy
of the routes and integrations of its moment: what answers requests never changes but by deploying.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ...region.measures import Meter
from ...region.service import Context, Service
from ...store.maps import Maps
from .errors import missing
from .throttle import Bucket

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class State:
    """`domains` are by name, `mappings` by "domain/id", all else by "api/id"; values are as the API shows
    them (times are seconds). `routers`, `buckets`, `answers` and `keys` are rebuilt at need."""

    def __init__(self, maps: Maps) -> None:
        self.apis = maps.objects("apigatewayv2.apis")
        self.routes = maps.objects("apigatewayv2.routes")
        self.integrations = maps.objects("apigatewayv2.integrations")
        self.stages = maps.objects("apigatewayv2.stages")
        self.deployments = maps.objects("apigatewayv2.deployments")
        self.authorizers = maps.objects("apigatewayv2.authorizers")
        self.domains = maps.objects("apigatewayv2.domains")
        self.mappings = maps.objects("apigatewayv2.mappings")
        self.routers: dict[str, Any] = {}
        self.buckets: dict[str, Bucket] = {}
        self.meters: dict[tuple[str, str, str], Meter] = {}  # by metric, API, stage: measuring.py
        self.answers: dict[tuple[str, ...], tuple[float, dict[str, Any]]] = {}  # of authorizers, until when
        self.keys: dict[str, tuple[float, list[dict[str, Any]]]] = {}  # of issuers of tokens, since when

    def api(self, api_id: str) -> dict[str, Any]:
        """Raises NotFoundException."""
        found = self.apis.get(api_id)
        if found is None:
            raise missing("API", api_id)
        return found

    def one(self, kind: str, api_id: str, identifier: str) -> dict[str, Any]:
        """A part of an API: kind is Route, Integration, Authorizer, Stage or Deployment. Raises NotFoundException."""
        self.api(api_id)
        found = self.parts(kind).get(f"{api_id}/{identifier}")
        if found is None:
            raise missing(kind, identifier)
        return found

    def parts(self, kind: str) -> Any:
        return {
            "Route": self.routes,
            "Integration": self.integrations,
            "Authorizer": self.authorizers,
            "Stage": self.stages,
            "Deployment": self.deployments,
        }[kind]

    def all(self, kind: str, api_id: str) -> list[dict[str, Any]]:
        """The parts of an API, in order of their ids."""
        return [value for key, value in self.parts(kind).items() if key.partition("/")[0] == api_id]

    def domain(self, name: str) -> dict[str, Any]:
        """Raises NotFoundException."""
        found = self.domains.get(name)
        if found is None:
            raise missing("domain name", name)
        return found


def with_times(record: dict[str, Any]) -> dict[str, Any]:
    """A record as the API shows it: times as times."""
    return {
        key: datetime.fromtimestamp(value, UTC) if key.endswith("Date") else value
        for key, value in record.items()
    }


service: Service[State] = Service("apigatewayv2", State)


def new_id(ctx: Context[State], length: int = 7) -> str:
    """A random id such as API Gateway gives."""
    return "".join(ctx.here.rng.choices(LETTERS, k=length))


def page(found: list[dict[str, Any]], input: dict[str, Any], most: int = 500) -> dict[str, Any]:
    """One page of a list."""
    start = int(input["NextToken"]) if str(input.get("NextToken", "")).isdigit() else 0
    asked = str(input.get("MaxResults") or "")
    end = start + (min(int(asked), most) if asked.isdigit() and int(asked) > 0 else most)
    items = found[start:end]
    return {"Items": items, "NextToken": str(end)} if end < len(found) else {"Items": items}
