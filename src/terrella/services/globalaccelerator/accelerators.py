"""Accelerators: two static addresses and a name, enabled or not, and the settings of their flow logs.

https://docs.aws.amazon.com/global-accelerator/latest/api/API_CreateAccelerator.html
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from ...core.errors import NotImplementedHere
from ...net.addresses import LAST_ACCELERATOR
from ...region.service import Context
from . import paging, tags
from .errors import (
    AcceleratorNotDisabledException,
    AssociatedListenerFoundException,
    InvalidArgumentException,
    LimitExceededException,
)
from .state import DEPLOYING_S, Plain, State, addresses_of, delete, put, service

MOST = 20
LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@service.operation
def create_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """The addresses are told at once; the same IdempotencyToken gives the same accelerator again."""
    all = [each for _, each in ctx.state.accelerators.items()]
    again = [each for each in all if each["Token"] == input["IdempotencyToken"]]
    if again:
        return {"Accelerator": described(ctx, again[0])}
    _check(input)
    labels = tags.checked(input.get("Tags") or [], {})
    if len(all) >= MOST:
        raise LimitExceededException(f"The maximum number of accelerators has been reached: {MOST}")
    rng = ctx.here.rng
    name = uuid.UUID(int=rng.getrandbits(128), version=4)
    accelerator = {
        "Arn": f"arn:aws:globalaccelerator::{ctx.account}:accelerator/{name}",
        "Name": input["Name"],
        "Enabled": input.get("Enabled", True),
        "Number": _free_number(ctx.state),
        "DnsName": f"a{rng.getrandbits(64):016x}.awsglobalaccelerator.com",
        "CreatedAt": ctx.now,
        "ChangedAt": ctx.now,
        "Token": input["IdempotencyToken"],
    }
    put(ctx, "accelerators", accelerator["Arn"], accelerator)
    if labels:
        put(ctx, "tags", accelerator["Arn"], labels)
    return {"Accelerator": described(ctx, accelerator)}


@service.operation
def describe_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Accelerator": described(ctx, ctx.state.accelerator(input["AcceleratorArn"]))}


@service.operation
def list_accelerators(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = [each for _, each in ctx.state.accelerators.items()]
    return paging.page("Accelerators", found, input, lambda each: described(ctx, each))


@service.operation
def update_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.accelerator(input["AcceleratorArn"])
    given = {"Name": input.get("Name", old["Name"]), "Enabled": input.get("Enabled", old["Enabled"])}
    _check({**input, **given})
    accelerator = {**old, **given, "ChangedAt": ctx.now}
    put(ctx, "accelerators", old["Arn"], accelerator)
    return {"Accelerator": described(ctx, accelerator)}


@service.operation
def delete_accelerator(ctx: Context[State], input: dict[str, Any]) -> None:
    """Only a disabled one without listeners; its addresses are lost."""
    found = ctx.state.accelerator(input["AcceleratorArn"])
    if found["Enabled"]:
        raise AcceleratorNotDisabledException("The accelerator must be disabled before it can be deleted")
    if ctx.state.listeners_of(found["Arn"]):
        raise AssociatedListenerFoundException("The accelerator that you specified has a listener associated with it")
    if ctx.state.attributes.get(found["Arn"]) is not None:
        delete(ctx, "attributes", found["Arn"])
    delete(ctx, "accelerators", found["Arn"])


@service.operation
def describe_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.accelerator(input["AcceleratorArn"])
    return {"AcceleratorAttributes": ctx.state.attributes.get(found["Arn"]) or {"FlowLogsEnabled": False}}


@service.operation
def update_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Kept and described. Nobody writes flow logs, so they cannot be enabled."""
    found = ctx.state.accelerator(input["AcceleratorArn"])
    if input.get("FlowLogsEnabled"):
        raise NotImplementedHere("globalaccelerator", "UpdateAcceleratorAttributes with FlowLogsEnabled")
    names = ("FlowLogsEnabled", "FlowLogsS3Bucket", "FlowLogsS3Prefix")
    old = ctx.state.attributes.get(found["Arn"]) or {"FlowLogsEnabled": False}
    attributes = {**old, **{name: input[name] for name in names if name in input}}
    put(ctx, "attributes", found["Arn"], attributes)
    return {"AcceleratorAttributes": attributes}


def described(ctx: Context[State], accelerator: Plain) -> Plain:
    """As the API shows it."""
    addresses = addresses_of(accelerator)
    deployed = ctx.now >= accelerator["ChangedAt"] + ctx.scaled(DEPLOYING_S)
    return {
        "AcceleratorArn": accelerator["Arn"],
        "Name": accelerator["Name"],
        "IpAddressType": "IPV4",
        "Enabled": accelerator["Enabled"],
        "IpSets": [{"IpFamily": "IPv4", "IpAddresses": addresses, "IpAddressFamily": "IPv4"}],
        "DnsName": accelerator["DnsName"],
        "Status": "DEPLOYED" if deployed else "IN_PROGRESS",
        "CreatedTime": accelerator["CreatedAt"],
        "LastModifiedTime": accelerator["ChangedAt"],
    }


def _check(input: dict[str, Any]) -> None:
    """Raises InvalidArgumentException, and NotImplementedHere for IPv6 and addresses of the user's own."""
    name = input["Name"]
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidArgumentException(
            f"The name {name!r} is not valid: it can have a maximum of {LONGEST_NAME} characters, must contain only "
            "alphanumeric characters, periods (.), or hyphens (-), and must not begin or end with a hyphen or period"
        )
    if input.get("IpAddressType") == "DUAL_STACK":
        raise NotImplementedHere("globalaccelerator", "IpAddressType DUAL_STACK")
    if input.get("IpAddresses"):
        raise NotImplementedHere("globalaccelerator", "IpAddresses of your own")


def _free_number(state: State) -> int:
    taken = {each["Number"] for _, each in state.accelerators.items()}
    return next(number for number in range(1, LAST_ACCELERATOR + 1) if number not in taken)
