"""Names of AWS itself: which address an `amazonaws.com` name leads to, and whether that end is well.

A regional name (`dynamodb.eu-west-1.amazonaws.com`, `d-abc.execute-api.eu-west-1.amazonaws.com`) leads to its
region; a global one (`iam.amazonaws.com`) to the region its control plane lives in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import NamedTuple

from ..net.addresses import address_of
from ..net.places import region_names
from ..region.homes import GLOBAL_HOME

HOMES = {"globalaccelerator": "us-west-2", "networkmanager": "us-west-2"}
TTL, DYNAMODB_TTL = 60, 5
_SUFFIXES = (".amazonaws.com.", ".on.aws.", ".api.aws.", ".awsglobalaccelerator.com.")
_S3_WITH_REGION = re.compile(r"s3(?:-website)?-([a-z0-9-]+)")


class Target(NamedTuple):
    """What an alias to an AWS resource leads to. `healthy` is what Evaluate Target Health sees."""

    addresses: tuple[str, ...]
    healthy: bool = True
    ttl: int = TTL


Targets = Callable[[str], Target | None]


def is_amazon(name: str) -> bool:
    """Is this one of AWS's own names?"""
    return name.endswith(_SUFFIXES)


def amazon_targets(regions: Container[str] | None = None) -> Targets:
    """Where AWS's names lead in a world of these regions (by default all); None for names it has not."""
    known = region_names() if regions is None else regions

    def target(name: str) -> Target | None:
        region = region_of(name)
        if region is None or region not in known:
            return None
        return Target((address_of(region),), ttl=DYNAMODB_TTL if name.startswith("dynamodb.") else TTL)

    return target


def region_of(name: str) -> str | None:
    """The region an AWS name (lower case, last dot) leads to, or None if it is no such name."""
    if not is_amazon(name):
        return None
    labels = name.split(".")[:-1]
    regions = region_names()
    for label in reversed(labels):
        if label in regions:
            return label
        match = _S3_WITH_REGION.fullmatch(label)
        if match and match[1] in regions:
            return match[1]
    if not name.endswith(".amazonaws.com."):
        return None
    service = labels[-3]
    return HOMES.get(service, GLOBAL_HOME) if len(labels) == 3 or service == "s3" else None
