"""Addresses of the user's own: this world's are all loopback addresses, so none can be brought.

https://docs.aws.amazon.com/global-accelerator/latest/dg/using-byoip.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import ByoipCidrNotFoundException
from .state import State, service


@service.operation
def list_byoip_cidrs(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """There are none, as none can be provisioned."""
    return {"ByoipCidrs": []}


@service.operation
def advertise_byoip_cidr(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    raise _unknown(input)


@service.operation
def withdraw_byoip_cidr(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    raise _unknown(input)


@service.operation
def deprovision_byoip_cidr(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    raise _unknown(input)


def _unknown(input: dict[str, Any]) -> ByoipCidrNotFoundException:
    return ByoipCidrNotFoundException(f"The CIDR {input['Cidr']} was not found")
