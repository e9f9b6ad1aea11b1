"""ARNs, DNS names and the rules for the names users give.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from __future__ import annotations

import re
from typing import Any

from ...region.service import Context
from .errors import ValidationError

LONGEST_NAME = 32
KINDS = {"application": "app", "network": "net", "gateway": "gwy"}
_NAME = re.compile(r"[A-Za-z0-9-]+")


def new_id(ctx: Context[Any]) -> str:
    """Sixteen hexadecimal digits, as ARNs of this service end in."""
    return f"{ctx.here.rng.getrandbits(64):016x}"


def prefix(ctx: Context[Any]) -> str:
    return f"arn:aws:elasticloadbalancing:{ctx.region}:{ctx.account}:"


def load_balancer_arn(ctx: Context[Any], name: str, kind: str) -> str:
    return f"{prefix(ctx)}loadbalancer/{KINDS[kind]}/{name}/{new_id(ctx)}"


def child_arn(ctx: Context[Any], parent: str, kind: str) -> str:
    """The ARN of a listener of a load balancer, or of a rule of a listener: `kind` is what it is."""
    return f"{prefix(ctx)}{kind}/{parent.partition('/')[2]}/{new_id(ctx)}"


def dns_name(ctx: Context[Any], name: str, kind: str, scheme: str) -> str:
    """`NAME-ID.REGION.elb.amazonaws.com`; network load balancers have the last two the other way round."""
    inside = "internal-" if scheme == "internal" else ""
    if kind == "network":
        return f"{inside}{name}-{new_id(ctx)}.elb.{ctx.region}.amazonaws.com"
    return f"{inside}{name}-{ctx.here.rng.randrange(10**8, 2 * 10**9)}.{ctx.region}.elb.amazonaws.com"


def check_load_balancer_name(name: str) -> None:
    """Raises ValidationError."""
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"The load balancer name '{name}' cannot be longer than '{LONGEST_NAME}' characters")
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"The load balancer name '{name}' cannot contain characters that are not letters, or digits or the hyphen."
        )
    if name.startswith("-") or name.endswith("-"):
        raise ValidationError(f"The load balancer name '{name}' cannot begin or end with a hyphen.")
    if name.startswith("internal-"):
        raise ValidationError(f"The load balancer name '{name}' cannot begin with 'internal-'.")


def check_target_group_name(name: str) -> None:
    """Raises ValidationError."""
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"Target group name '{name}' cannot be longer than '{LONGEST_NAME}' characters")
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"Target group name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise ValidationError(f"Target group name '{name}' cannot begin or end with '-'")
