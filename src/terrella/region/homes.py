"""Where the control planes of global services are. By itself, as a command line that only asks needs no more of a
region.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
"""

from __future__ import annotations

from collections.abc import Mapping

GLOBAL_HOME = "us-east-1"
# S3 and STS have a global endpoint too, but live in every region.
GLOBAL_SERVICES = frozenset({"account", "cloudfront", "iam", "organizations", "route53", "route53domains"})


def home_of(service_id: str, homes: Mapping[str, str]) -> str | None:
    """The one region a global service's control plane is in, None for services every region has. `homes` are
    those of the services this world owns."""
    return homes.get(service_id) or (GLOBAL_HOME if service_id in GLOBAL_SERVICES else None)
