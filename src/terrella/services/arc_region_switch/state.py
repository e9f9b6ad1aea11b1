"""Plans by ARN, as the API shows them, with their tags."""

from __future__ import annotations

from typing import Any

from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps
from .errors import ResourceNotFoundException

Plain = dict[str, Any]
HOME = "us-east-1"  # plans are of no region, and their control plane is there


class State:
    def __init__(self, maps: Maps) -> None:
        self.plans = maps.objects("arc-region-switch.plans")
        self.tags = maps.objects("arc-region-switch.tags")

    def plan(self, arn: str) -> Plain:
        """Raises ResourceNotFoundException."""
        found: Plain | None = self.plans.get(arn)
        if found is None:
            raise ResourceNotFoundException(f"Plan {arn} was not found.")
        return found


service = Service("arc-region-switch", State, home=HOME)


@service.change
def plan_put(state: State, change: Change, *, plan: Plain, tags: Plain) -> None:
    state.plans.put(plan["arn"], plan)
    state.tags.put(plan["arn"], tags)


@service.change
def plan_deleted(state: State, change: Change, *, arn: str) -> None:
    state.plans.delete(arn)
    state.tags.delete(arn)
