"""What a Host header says: which service, which region, which bucket."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from . import model
from .http import Request

_AWS = re.compile(r"(?P<name>.+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")
_REGION = re.compile(r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-iso[a-z]?)?-[a-z]+-\d")
_S3 = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?P<control>-control)?(?:-website|-accelerate)?"
    r"(?:[.-](?:dualstack\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com(?:\.cn)?|localhost(?:\..+)?)"
)


@dataclass(slots=True, frozen=True)
class Named:
    """What a name of AWS's speaks of. `services` are botocore's names, the likeliest first."""

    services: tuple[str, ...]
    region: str | None
    bucket: str | None = None


@functools.lru_cache(maxsize=4096)
def named(host: str) -> Named | None:
    """The services behind a host name; None for a name that is not AWS's."""
    s3 = _S3.fullmatch(host)
    if s3:
        service = "s3control" if s3["control"] else "s3"
        return Named((service,), s3["region"], None if s3["control"] else s3["bucket"])
    aws = _AWS.fullmatch(host)
    if aws is None:
        return None
    parts = aws["name"].split(".")
    region = next((part for part in parts if _REGION.fullmatch(part)), None)
    parts = [part for part in parts if part not in (region, "dualstack")]
    for start in range(len(parts)):  # account ids and other host prefixes stand in front
        services = by_endpoint_prefix().get(".".join(parts[start:]))
        if services:
            return Named(services, region)
    return None


def full_path(request: Request) -> str:
    """The path with the bucket in it, wherever the request has it: path style and virtual-hosted style are one."""
    found = named(request.host)
    return f"/{found.bucket}{request.path}" if found and found.bucket else request.path


@functools.cache
def by_endpoint_prefix() -> dict[str, tuple[str, ...]]:
    """Services by the first labels of their host names."""
    found: dict[str, tuple[str, ...]] = {}
    for name, head in model.heads().items():
        prefix = head["endpointPrefix"]
        found[prefix] = (*found.get(prefix, ()), name)
    return found


@functools.cache
def by_signing_name() -> dict[str, tuple[str, ...]]:
    """Services by the name their requests are signed with; one of that very name comes first."""
    found: dict[str, tuple[str, ...]] = {}
    for name, head in model.heads().items():
        signing = head.get("signingName", head["endpointPrefix"])
        others = found.get(signing, ())
        found[signing] = (name, *others) if name == signing else (*others, name)
    return found
