"""What Application Auto Scaling knows.

    application-autoscaling.targets      RESOURCE DIMENSION -> {"resource", "dimension", "least", "most", "role",
                                         "suspended", "arn", "tags", "at"}
    application-autoscaling.policies     RESOURCE DIMENSION NAME -> {"target", "name", "arn", "kind", "config", "at"};
                                         without a kind it is target tracking
    application-autoscaling.actions      RESOURCE DIMENSION NAME -> {"target", "name", "arn", "told", "at"}
    application-autoscaling.activities   ID -> {"resource", "dimension", "description", "cause", "at", "status",
                                         "message", "fell"}, ids in order of time

What was seen of consumption is in memory: after a restart it is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps, Objects

Plain = dict[str, Any]

ACTIVITIES_KEPT = 500


class State:
    """The maps."""

    def __init__(self, maps: Maps) -> None:
        self.targets = maps.objects("application-autoscaling.targets")
        self.policies = maps.objects("application-autoscaling.policies")
        self.actions = maps.objects("application-autoscaling.actions")
        self.activities = maps.objects("application-autoscaling.activities")
        self.stir: Callable[[], None] = _nobody  # begins to look at targets

    def policies_of(self, target: str) -> Iterator[Plain]:
        """The policies of a target."""
        for policy in values(self.policies):
            if policy["target"] == target:
                yield policy

    def decreases(self, target: Plain, since: float) -> list[float]:
        """When the capacity of a target was decreased since a moment."""
        return [
            each["at"] for each in values(self.activities)
            if each["fell"] and each["at"] >= since and key_of(each) == key_of(target)
        ]  # fmt: skip


def values(of: Objects) -> Iterator[Plain]:
    """What a map holds."""
    return (value for _, value in of.items())


def key_of(data: Plain) -> str:
    """What a target is known by."""
    return f"{data['resource']} {data['dimension']}"


def _nobody() -> None:
    """A region that was not started scales nothing."""


service = Service("application-autoscaling", State)


@service.change
def target_put(state: State, change: Change, *, target: Plain) -> None:
    state.targets.put(key_of(target), target)
    state.stir()


@service.change
def target_deleted(state: State, change: Change, *, key: str) -> None:
    """A target with its policies and scheduled actions."""
    state.targets.delete(key)
    for of in (state.policies, state.actions):
        for name, each in list(of.items()):
            if each["target"] == key:
                of.delete(name)


@service.change
def policy_put(state: State, change: Change, *, policy: Plain) -> None:
    state.policies.put(f"{policy['target']} {policy['name']}", policy)
    state.stir()


@service.change
def policy_deleted(state: State, change: Change, *, key: str) -> None:
    state.policies.delete(key)


@service.change
def action_put(state: State, change: Change, *, action: Plain) -> None:
    state.actions.put(f"{action['target']} {action['name']}", action)


@service.change
def action_deleted(state: State, change: Change, *, key: str) -> None:
    state.actions.delete(key)


@service.change
def activity_noted(state: State, change: Change, *, identity: str, activity: Plain) -> None:
    """Something was done to a target, or could not be done; the oldest are forgotten."""
    state.activities.put(identity, activity)
    names = list(state.activities)
    for old in names[: max(0, len(names) - ACTIVITIES_KEPT)]:
        state.activities.delete(old)
