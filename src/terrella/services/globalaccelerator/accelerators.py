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
from . import endpoints, flow_logs, paging, tags
from .errors import (
    AcceleratorNotDisabledException,
    AssociatedListenerFoundException,
    InvalidArgumentException,
    LimitExceededException,
)
from .state import DEPLOYING_S, Plain, State, addresses_of, delete, put, service

MOST, MOST_CUSTOM = 20, 10
DUAL = "DUAL_STACK"
LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@service.operation
def create_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """The addresses are told at once; the same IdempotencyToken gives the same accelerator again."""
    return {"Accelerator": described(ctx, created(ctx, input, custom=False))}


@service.operation
def describe_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Accelerator": described(ctx, ctx.state.accelerator(input["AcceleratorArn"]))}


@service.operation
def list_accelerators(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return paging.page("Accelerators", all_of(ctx.state, False), input, lambda each: described(ctx, each))


@service.operation
def update_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.accelerator(input["AcceleratorArn"])
    if input.get("IpAddressType") == DUAL and old.get("IpAddressType") != DUAL:
        for listener in ctx.state.listeners_of(old["Arn"]):
            for group in ctx.state.groups_of(listener["Arn"]):
                endpoints.check_preserved(group["Endpoints"])
    return {"Accelerator": described(ctx, updated(ctx, old, input))}


@service.operation
def delete_accelerator(ctx: Context[State], input: dict[str, Any]) -> None:
    """Only a disabled one without listeners; its addresses are lost."""
    remove(ctx, ctx.state.accelerator(input["AcceleratorArn"]))


def created(ctx: Context[State], input: dict[str, Any], custom: bool) -> Plain:
    """A new accelerator of either kind, or the one the same token has made."""
    all = all_of(ctx.state, custom)
    again = [each for each in all if each["Token"] == input["IdempotencyToken"]]
    if again:
        return again[0]
    _check(input, custom)
    labels, most = tags.checked(input.get("Tags") or [], {}), MOST_CUSTOM if custom else MOST
    if len(all) >= most:
        raise LimitExceededException(f"The maximum number of accelerators has been reached: {most}")
    rng = ctx.here.rng
    name = uuid.UUID(int=rng.getrandbits(128), version=4)
    accelerator = {
        "Arn": f"arn:aws:globalaccelerator::{ctx.account}:accelerator/{name}",
        "Name": input["Name"],
        "Enabled": input.get("Enabled", True),
        "Number": _free_number(ctx.state),
        "DnsName": f"a{rng.getrandbits(64):016x}.awsglobalaccelerator.com",
        "IpAddressType": input.get("IpAddressType") or "IPV4",
        "Custom": custom,
        "CreatedAt": ctx.now,
        "ChangedAt": ctx.now,
        "Token": input["IdempotencyToken"],
    }
    put(ctx, "accelerators", accelerator["Arn"], accelerator)
    if labels:
        put(ctx, "tags", accelerator["Arn"], labels)
    return accelerator


def updated(ctx: Context[State], old: Plain, input: dict[str, Any]) -> Plain:
    """An accelerator with what the input says."""
    kind = input.get("IpAddressType") or old.get("IpAddressType") or "IPV4"
    given = {"Name": input.get("Name", old["Name"]), "Enabled": input.get("Enabled", old["Enabled"])}
    _check({**input, **given}, bool(old.get("Custom")))
    accelerator = {**old, **given, "IpAddressType": kind, "ChangedAt": ctx.now}
    put(ctx, "accelerators", old["Arn"], accelerator)
    return accelerator


def remove(ctx: Context[State], found: Plain) -> None:
    """Raises AcceleratorNotDisabledException, AssociatedListenerFoundException."""
    if found["Enabled"]:
        raise AcceleratorNotDisabledException("The accelerator must be disabled before it can be deleted")
    if ctx.state.listeners_of(found["Arn"]):
        raise AssociatedListenerFoundException("The accelerator that you specified has a listener associated with it")
    if ctx.state.attributes.get(found["Arn"]) is not None:
        delete(ctx, "attributes", found["Arn"])
    delete(ctx, "accelerators", found["Arn"])


def all_of(state: State, custom: bool) -> list[Plain]:
    """Every accelerator of one of the two kinds."""
    return [each for _, each in state.accelerators.items() if bool(each.get("Custom")) is custom]


@service.operation
def describe_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return attributes(ctx, ctx.state.accelerator(input["AcceleratorArn"]))


@service.operation
async def update_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Flow logs are enabled for a bucket that takes them."""
    found = ctx.state.accelerator(input["AcceleratorArn"])
    new = {**(ctx.state.attributes.get(found["Arn"]) or {}), **input}
    if new.get("FlowLogsEnabled"):
        await flow_logs.check(ctx, new.get("FlowLogsS3Bucket") or "", new.get("FlowLogsS3Prefix") or "")
    found = ctx.state.accelerator(input["AcceleratorArn"])
    put(ctx, "accelerators", found["Arn"], {**found, "FlowLogs": bool(new.get("FlowLogsEnabled"))})
    return put_attributes(ctx, found, input)


def attributes(ctx: Context[State], found: Plain) -> Plain:
    return {"AcceleratorAttributes": ctx.state.attributes.get(found["Arn"]) or {"FlowLogsEnabled": False}}


def update_attributes(ctx: Context[State], found: Plain, input: dict[str, Any]) -> Plain:
    """Those of custom routing, which carries nothing. Raises NotImplementedHere for flow logs."""
    if input.get("FlowLogsEnabled"):
        raise NotImplementedHere("globalaccelerator", "UpdateCustomRoutingAcceleratorAttributes with FlowLogsEnabled")
    return put_attributes(ctx, found, input)


def put_attributes(ctx: Context[State], found: Plain, input: dict[str, Any]) -> Plain:
    names = ("FlowLogsEnabled", "FlowLogsS3Bucket", "FlowLogsS3Prefix")
    old = ctx.state.attributes.get(found["Arn"]) or {"FlowLogsEnabled": False}
    put(ctx, "attributes", found["Arn"], {**old, **{name: input[name] for name in names if name in input}})
    return attributes(ctx, found)


def described(ctx: Context[State], accelerator: Plain) -> Plain:
    """As the API shows it."""
    addresses, kind = addresses_of(accelerator), accelerator.get("IpAddressType") or "IPV4"
    sets = [{"IpFamily": "IPv4", "IpAddresses": addresses, "IpAddressFamily": "IPv4"}]
    dual = {}
    if kind == DUAL:
        sets.append({"IpFamily": "IPv6", "IpAddresses": _sixes(accelerator), "IpAddressFamily": "IPv6"})
        dual["DualStackDnsName"] = dual_name(accelerator)
    deployed = ctx.now >= accelerator["ChangedAt"] + ctx.scaled(DEPLOYING_S)
    return {
        "AcceleratorArn": accelerator["Arn"],
        "Name": accelerator["Name"],
        "IpAddressType": kind,
        "Enabled": accelerator["Enabled"],
        "IpSets": sets,
        "DnsName": accelerator["DnsName"],
        **dual,
        "Status": "DEPLOYED" if deployed else "IN_PROGRESS",
        "CreatedTime": accelerator["CreatedAt"],
        "LastModifiedTime": accelerator["ChangedAt"],
    }


def dual_name(accelerator: Plain) -> str:
    """The name an accelerator with IPv6 has beside its own."""
    return str(accelerator["DnsName"]).replace(".", ".dualstack.", 1)


def _sixes(accelerator: Plain) -> list[str]:
    """IPv6 addresses, told and not reached: out of what is set aside for documentation (RFC 3849)."""
    return [f"2001:db8:{network}::{accelerator['Number']:x}" for network in ("55", "56")]


def _check(input: dict[str, Any], custom: bool) -> None:
    """Raises InvalidArgumentException, and NotImplementedHere for addresses of the user's own."""
    name = input["Name"]
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidArgumentException(
            f"The name {name!r} is not valid: it can have a maximum of {LONGEST_NAME} characters, must contain only "
            "alphanumeric characters, periods (.), or hyphens (-), and must not begin or end with a hyphen or period"
        )
    if custom and input.get("IpAddressType") == DUAL:
        raise InvalidArgumentException("For a custom routing accelerator, the IP address type must be IPV4")
    if input.get("IpAddresses"):
        raise NotImplementedHere("globalaccelerator", "IpAddresses of your own")


def _free_number(state: State) -> int:
    taken = {each["Number"] for _, each in state.accelerators.items()}
    return next(number for number in range(1, LAST_ACCELERATOR + 1) if number not in taken)
