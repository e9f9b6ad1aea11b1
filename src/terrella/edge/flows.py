"""Which endpoint a new flow through an accelerator goes to.

Groups stand in the order of their distance from the edge location. The nearest takes the share its traffic dial
says, the next takes its share of what is left, and so on; what nobody took goes to the last whose dial is not zero,
so that two groups at 50 each keep half of their own and swap the other half, as in AWS's example. Within a group
endpoints share by weight. When the group has no healthy endpoint with a weight, the three nearest of the others are
tried without their dials, and when those have none either, any endpoint of the nearest will do: fail-open.
https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoint-groups-traffic-dial.html
https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoints-endpoint-weights.unhealthy-endpoints.html

Invariant: the same flow and the same groups give the same endpoint. Chance is a hash of the flow, so equal flows stay
together, and an endpoint that comes or goes moves no flow but those it takes or held.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEAREST_TRIED = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint as routing sees it. `preserve`: does it see the client's address?"""

    id: str
    weight: int
    healthy: bool
    preserve: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """One endpoint group. `distance` orders groups; `dial` is 0 to 100."""

    arn: str
    region: str
    dial: float
    distance: float
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where a flow goes."""

    group: Group
    endpoint: Endpoint


def flow_key(affinity: str, source: tuple[str, int], target: tuple[str, int], protocol: str = "TCP") -> str:
    """What makes flows equal: all five, or with SOURCE_IP only the two addresses."""
    if affinity == "SOURCE_IP":
        return f"{source[0]} {target[0]}"
    return f"{source[0]}:{source[1]} {target[0]}:{target[1]} {protocol}"


def choose(groups: Iterable[Group], key: str) -> Chosen | None:
    """The endpoint of a flow; None when no group takes it, or there is no endpoint at all."""
    near = _by_distance(groups)
    first = _dialled(near, key)
    if first is None:
        return None
    group = _able(near, first)
    if group is not None:
        return Chosen(group, _weighted(_well(group), key))
    nearest = near[0]
    id = spread((each.id for each in nearest.endpoints), key)
    return Chosen(nearest, next(each for each in nearest.endpoints if each.id == id))


def common_choice(groups: Iterable[Group]) -> Chosen | None:
    """What `choose` gives every flow, if no flow's key has a part in it: one group takes all, and has one endpoint."""
    near = _by_distance(groups)
    open_ = [group for group in near if group.dial > 0]
    if not open_ or (len(open_) > 1 and open_[0].dial < 100):
        return None
    group = _able(near, open_[0])
    able = _well(group) if group is not None else near[0].endpoints
    return Chosen(group or near[0], able[0]) if len(able) == 1 else None


def spread(names: Iterable[str], key: str) -> str:
    """One of several that are as good as each other: always the same for the same flow."""
    return min(names, key=lambda name: _share(key, name))


def _by_distance(groups: Iterable[Group]) -> list[Group]:
    near = [group for group in groups if group.endpoints]
    if len(near) > 1:
        near.sort(key=lambda group: (group.distance, group.arn))
    return near


def _dialled(near: Sequence[Group], key: str) -> Group | None:
    open_ = [group for group in near if group.dial > 0]
    for group in open_:
        if group.dial >= 100 or _share(key, group.arn) * 100 < group.dial:
            return group
    return open_[-1] if open_ else None


def _able(near: Sequence[Group], first: Group) -> Group | None:
    """The group that was dialled, or the next with a healthy endpoint."""
    if _well(first):
        return first
    others = [group for group in near if group is not first][:NEAREST_TRIED]
    return next((each for each in others if _well(each)), None)


def _well(group: Group) -> list[Endpoint]:
    return [each for each in group.endpoints if each.healthy and each.weight > 0]


def _weighted(endpoints: Sequence[Endpoint], key: str) -> Endpoint:
    """By weight, each scored on its own (rendezvous hashing)."""
    if len(endpoints) == 1:
        return endpoints[0]
    return min(endpoints, key=lambda each: -math.log(_share(key, each.id)) / each.weight)


def _share(key: str, what: str) -> float:
    """A number above 0 and below 1 that is the flow's and this thing's."""
    digest = hashlib.blake2b(f"{key}|{what}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) + 0.5) / 2**64
