"""Custom routing: accelerators whose listeners' ports lead to fixed addresses and ports in subnets.

State, and the arithmetic of the mapping; nothing is carried, as this world has no servers in subnets.
https://docs.aws.amazon.com/global-accelerator/latest/dg/about-custom-routing-accelerators.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import accelerators, listeners, paging
from .errors import InvalidPortRangeException
from .listeners import check_ports
from .state import Plain, State, service

LEAST_PORTS = 16  # of a range of a listener


@service.operation
def create_custom_routing_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Accelerator": accelerators.described(ctx, accelerators.created(ctx, input, custom=True))}


@service.operation
def describe_custom_routing_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Accelerator": accelerators.described(ctx, ctx.state.accelerator(input["AcceleratorArn"], True))}


@service.operation
def list_custom_routing_accelerators(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = accelerators.all_of(ctx.state, True)
    return paging.page("Accelerators", found, input, lambda each: accelerators.described(ctx, each))


@service.operation
def update_custom_routing_accelerator(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.accelerator(input["AcceleratorArn"], True)
    return {"Accelerator": accelerators.described(ctx, accelerators.updated(ctx, old, input))}


@service.operation
def delete_custom_routing_accelerator(ctx: Context[State], input: dict[str, Any]) -> None:
    accelerators.remove(ctx, ctx.state.accelerator(input["AcceleratorArn"], True))


@service.operation
def describe_custom_routing_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return accelerators.attributes(ctx, ctx.state.accelerator(input["AcceleratorArn"], True))


@service.operation
def update_custom_routing_accelerator_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return accelerators.update_attributes(ctx, ctx.state.accelerator(input["AcceleratorArn"], True), input)


@service.operation
def create_custom_routing_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    accelerator = ctx.state.accelerator(input["AcceleratorArn"], True)["Arn"]

    def check(siblings: list[Plain]) -> None:
        _check(input["PortRanges"], siblings)

    return {"Listener": described(listeners.created(ctx, "custom_listeners", accelerator, input, {}, check))}


@service.operation
def describe_custom_routing_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Listener": described(ctx.state.custom_listener(input["ListenerArn"]))}


@service.operation
def list_custom_routing_listeners(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.listeners_of(ctx.state.accelerator(input["AcceleratorArn"], True)["Arn"])
    return paging.page("Listeners", found, input, described)


@service.operation
def update_custom_routing_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Ranges can be added and widened; what there is stays."""
    old = ctx.state.custom_listener(input["ListenerArn"])
    siblings = [each for each in ctx.state.listeners_of(old["AcceleratorArn"]) if each["Arn"] != old["Arn"]]
    _check(input["PortRanges"], siblings)
    for was in old["PortRanges"]:
        if not any(
            each["FromPort"] <= was["FromPort"] and was["ToPort"] <= each["ToPort"] for each in input["PortRanges"]
        ):
            raise InvalidPortRangeException("The port ranges of a custom routing listener cannot be decreased")
    listener = {**old, "PortRanges": input["PortRanges"]}
    return {"Listener": described(listeners.kept(ctx, "custom_listeners", listener))}


@service.operation
def delete_custom_routing_listener(ctx: Context[State], input: dict[str, Any]) -> None:
    listeners.remove(ctx, "custom_listeners", ctx.state.custom_listener(input["ListenerArn"]))


def described(listener: Plain) -> Plain:
    """As the API shows it."""
    return {"ListenerArn": listener["Arn"], "PortRanges": listener["PortRanges"]}


def _check(ranges: list[Plain], siblings: list[Plain]) -> None:
    """Raises InvalidPortRangeException."""
    check_ports(ranges, None, siblings)
    if any(each["ToPort"] - each["FromPort"] + 1 < LEAST_PORTS for each in ranges):
        raise InvalidPortRangeException(f"Each port range must include at least {LEAST_PORTS} ports")
