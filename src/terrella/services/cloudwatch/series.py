"""What names a metric: a namespace, a name, and dimensions in any order.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, NamedTuple

import orjson

from .errors import InvalidNextToken

Plain = dict[str, Any]


class Series(NamedTuple):
    """One metric. Its dimensions are in order of their names."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        return orjson.dumps([*self]).decode()

    def described(self) -> Plain:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.metric, "Dimensions": dimensions}


def series_of(namespace: str, metric: str, dimensions: list[Plain] | None) -> Series:
    given = sorted((each["Name"], each["Value"]) for each in dimensions or ())
    return Series(namespace, metric, tuple(given))


def series_from(key: str) -> Series:
    namespace, metric, dimensions = orjson.loads(key)
    return Series(namespace, metric, tuple((name, value) for name, value in dimensions))


def id_of(key: str, unit: str) -> bytes:
    """Where the points of a metric rest that were put in this unit: units are never mixed."""
    return hashlib.blake2b(f"{unit}\0{key}".encode(), digest_size=12).digest()


def page(items: list[tuple[str, Plain]], token: str | None, size: int) -> tuple[list[Plain], str | None]:
    """One page of what is in order of its keys, and the token of the next. InvalidNextToken."""
    after = decoded(token)
    found = [each for each in items if each[0] > after] if after else items
    more = encoded(found[size - 1][0]) if len(found) > size else None
    return [each for _, each in found[:size]], more


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def decoded(token: str | None) -> str:
    try:
        return base64.b64decode((token or "").encode(), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidNextToken("The token that was specified is not valid.") from None
