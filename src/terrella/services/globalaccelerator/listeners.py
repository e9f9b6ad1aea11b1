"""Listeners: which ports an accelerator's addresses take, and whether a client stays with an endpoint.

https://docs.aws.amazon.com/global-accelerator/latest/api/API_CreateListener.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...region.service import Context
from . import paging
from .errors import AssociatedEndpointGroupFoundException, InvalidPortRangeException, LimitExceededException
from .state import Plain, State, delete, put, service, touch

MOST = 10


@service.operation
def create_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    accelerator = ctx.state.accelerator(input["AcceleratorArn"])["Arn"]
    asked = {"Protocol": input["Protocol"], "ClientAffinity": input.get("ClientAffinity") or "NONE"}

    def check(siblings: list[Plain]) -> None:
        check_ports(input["PortRanges"], input["Protocol"], siblings)

    return {"Listener": described(created(ctx, "listeners", accelerator, input, asked, check))}


@service.operation
def describe_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Listener": described(ctx.state.listener(input["ListenerArn"]))}


@service.operation
def list_listeners(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.listeners_of(ctx.state.accelerator(input["AcceleratorArn"])["Arn"])
    return paging.page("Listeners", found, input, described)


@service.operation
def update_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.listener(input["ListenerArn"])
    given = {name: input[name] for name in ("PortRanges", "Protocol", "ClientAffinity") if input.get(name)}
    listener = {**old, **given}
    siblings = [each for each in ctx.state.listeners_of(old["AcceleratorArn"]) if each["Arn"] != old["Arn"]]
    check_ports(listener["PortRanges"], listener["Protocol"], siblings)
    return {"Listener": described(kept(ctx, "listeners", listener))}


@service.operation
def delete_listener(ctx: Context[State], input: dict[str, Any]) -> None:
    remove(ctx, "listeners", ctx.state.listener(input["ListenerArn"]))


def created(
    ctx: Context[State],
    kind: str,
    accelerator: str,
    input: Plain,
    asked: Plain,
    check: Callable[[list[Plain]], None],
) -> Plain:
    """A new listener of an accelerator, or the one that came of the same token.

    `kind` is the map it is kept in, `asked` what a listener of that kind has beside its ports, `check` raises for
    ports that the listeners there already are do not leave. Raises LimitExceededException.
    """
    siblings = ctx.state.listeners_of(accelerator)
    for each in siblings:
        if each["Token"] == input["IdempotencyToken"]:
            return each
    check(siblings)
    if len(siblings) >= MOST:
        raise LimitExceededException(f"The maximum number of listeners for an accelerator has been reached: {MOST}")
    listener = {
        "Arn": f"{accelerator}/listener/{ctx.here.rng.getrandbits(32):08x}",
        "AcceleratorArn": accelerator,
        "PortRanges": input["PortRanges"],
        **asked,
        "Token": input["IdempotencyToken"],
    }
    return kept(ctx, kind, listener)


def kept(ctx: Context[State], kind: str, listener: Plain) -> Plain:
    """The listener, once it is written down and its accelerator is in progress."""
    put(ctx, kind, listener["Arn"], listener)
    touch(ctx, listener["AcceleratorArn"])
    return listener


def remove(ctx: Context[State], kind: str, listener: Plain) -> None:
    """Raises AssociatedEndpointGroupFoundException."""
    if ctx.state.groups_of(listener["Arn"]):
        raise AssociatedEndpointGroupFoundException(
            "The listener that you specified has an endpoint group associated with it"
        )
    delete(ctx, kind, listener["Arn"])
    touch(ctx, listener["AcceleratorArn"])


def described(listener: Plain) -> Plain:
    """As the API shows it."""
    shown = {name: listener[name] for name in ("PortRanges", "Protocol", "ClientAffinity")}
    return {"ListenerArn": listener["Arn"], **shown}


def takes(listener: Plain, port: int) -> bool:
    """Is this one of the listener's ports?"""
    return any(each["FromPort"] <= port <= each["ToPort"] for each in listener["PortRanges"])


def check_ports(ranges: list[Plain], protocol: str | None, siblings: list[Plain]) -> None:
    """Ranges run upwards, and no port of a protocol belongs to two. Raises InvalidPortRangeException."""
    taken = [each for other in siblings if other.get("Protocol") == protocol for each in other["PortRanges"]]
    for each in ranges:
        first, last = each.get("FromPort"), each.get("ToPort")
        if first is None or last is None or first > last:
            raise InvalidPortRangeException("The port range is not valid: FromPort must not be above ToPort")
        if any(first <= other["ToPort"] and other["FromPort"] <= last for other in taken):
            raise InvalidPortRangeException(f"The port range {first}-{last} overlaps with another port range")
        taken.append(each)
