"""What Global Accelerator knows. The edge holds all of it but tags and attributes, and routes flows by it.

    globalaccelerator.accelerators  arn -> {"Arn", "Name", "Enabled", "Number", "DnsName", "CreatedAt", "ChangedAt",
                                    "Token", "IpAddressType", "Custom": is it a custom routing accelerator?,
                                    "FlowLogs": are its flows to be recorded?}
    globalaccelerator.listeners     arn -> {"Arn", "AcceleratorArn", "PortRanges", "Protocol", "ClientAffinity",
                                    "Token"}
    globalaccelerator.groups        arn -> {"Arn", "ListenerArn", "Region", "Dial", "Check" {"Port", "Protocol", "Path",
                                    "IntervalSeconds", "Threshold"}, "Endpoints" [{"Id", "Weight", "Preserve"}],
                                    "PortOverrides", "Token"}
    globalaccelerator.custom_listeners  arn -> {"Arn", "AcceleratorArn", "PortRanges", "Token"}
    globalaccelerator.custom_groups     arn -> {"Arn", "ListenerArn", "Region", "Destinations" [{"FromPort", "ToPort",
                                    "Protocols"}], "Endpoints" [{"Id", "Cidr", "Ports" of the listener [[from, to]],
                                    "All": is all allowed, "But" {address: [port]} what is the other way}], "Token"}
    globalaccelerator.attachments   arn -> {"Arn", "Name", "Principals", "Resources", "CreatedAt", "ChangedAt", "Token"}
    globalaccelerator.attributes    arn of an accelerator -> its attributes
    globalaccelerator.tags          arn -> {key: value}

Statuses are not kept: they follow from the times. `Number` gives an accelerator its two addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import AwsError
from ...net.addresses import accelerator_addresses
from ...region.deliveries import Deliveries
from ...region.measures import Told
from ...region.region import Region
from ...region.service import Context, Service
from ...store.journal import Change
from ...store.maps import Maps, Objects
from .errors import (
    AcceleratorNotFoundException,
    AttachmentNotFoundException,
    EndpointGroupNotFoundException,
    ListenerNotFoundException,
)

Plain = dict[str, Any]
HOME, EDGE = "us-west-2", "edge"
FOR_THE_EDGE = frozenset({"accelerators", "listeners", "groups"})
CUSTOM = ("custom_listeners", "custom_groups")
DEPLOYING_S = 30.0  # AWS publishes no figure; minutes are common


class State:
    """The maps, and how their parts hang together."""

    def __init__(self, maps: Maps) -> None:
        names = (*FOR_THE_EDGE, *CUSTOM, "attachments", "attributes", "tags")
        self.tables: dict[str, Objects] = {name: maps.objects(f"globalaccelerator.{name}") for name in names}
        self.accelerators, self.listeners = self.tables["accelerators"], self.tables["listeners"]
        self.groups, self.tags = self.tables["groups"], self.tables["tags"]
        self.attributes, self.attachments = self.tables["attributes"], self.tables["attachments"]
        self.custom_listeners, self.custom_groups = (self.tables[name] for name in CUSTOM)
        self.meters: dict[tuple[str, tuple[tuple[str, str], ...]], Told] = {}  # by metric, dimensions: measuring.py
        self.counted: dict[tuple[int, tuple[str, ...]], list[int]] = {}  # what of the newest minutes is in them
        self.newest_minute = self.newest_record = 0
        self.watched = False
        self.wake: Callable[[], None] = _nobody
        self.deliveries: Deliveries[str] | None = None  # flow logs on their way: flow_logs.py

    def accelerator(self, arn: str, custom: bool | None = False) -> Plain:
        """A standard accelerator, or a custom routing one; None is for either."""
        found = _found(self.accelerators, arn, AcceleratorNotFoundException, "accelerator")
        if custom not in (None, bool(found.get("Custom"))):
            raise AcceleratorNotFoundException(f"The accelerator {arn} was not found")
        return found

    def custom_listener(self, arn: str) -> Plain:
        return _found(self.custom_listeners, arn, ListenerNotFoundException, "listener")

    def custom_group(self, arn: str) -> Plain:
        return _found(self.custom_groups, arn, EndpointGroupNotFoundException, "endpoint group")

    def attachment(self, arn: str) -> Plain:
        return _found(self.attachments, arn, AttachmentNotFoundException, "attachment")

    def listener(self, arn: str) -> Plain:
        return _found(self.listeners, arn, ListenerNotFoundException, "listener")

    def group(self, arn: str) -> Plain:
        return _found(self.groups, arn, EndpointGroupNotFoundException, "endpoint group")

    def listeners_of(self, accelerator: str) -> list[Plain]:
        """Of either kind of accelerator."""
        all = (*self.listeners.items(), *self.custom_listeners.items())
        return [each for _, each in all if each["AcceleratorArn"] == accelerator]

    def groups_of(self, listener: str) -> list[Plain]:
        all = (*self.groups.items(), *self.custom_groups.items())
        return [each for _, each in all if each["ListenerArn"] == listener]

    def group_count(self, accelerator: str) -> int:
        return sum(len(self.groups_of(each["Arn"])) for each in self.listeners_of(accelerator))


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    return (EDGE,) if change.body["table"] in FOR_THE_EDGE else ()


service = Service("globalaccelerator", State, home=HOME, replicates=owed_to)


@service.change
def entry_put(state: State, change: Change, *, table: str, key: str, value: Any) -> None:
    state.tables[table].put(key, value)
    state.wake()


@service.change
def entry_deleted(state: State, change: Change, *, table: str, key: str) -> None:
    state.tables[table].delete(key)


def put(ctx: Context[State], table: str, key: str, value: Any) -> None:
    ctx.commit("entry_put", table=table, key=key, value=value)


def delete(ctx: Context[State], table: str, key: str) -> None:
    ctx.commit("entry_deleted", table=table, key=key)
    if ctx.state.tags.get(key) is not None:
        ctx.commit("entry_deleted", table="tags", key=key)


def touch(ctx: Context[State], accelerator: str) -> None:
    """Something below an accelerator changed: it is being deployed again."""
    put(ctx, "accelerators", accelerator, {**ctx.state.accelerator(accelerator, None), "ChangedAt": ctx.now})


def addresses_of(accelerator: Plain) -> list[str]:
    return list(accelerator_addresses(accelerator["Number"]))


def _nobody() -> None:
    """Nobody is waiting to ask the edge."""


def _found(table: Objects, arn: str, error: type[AwsError], what: str) -> Plain:
    found: Plain | None = table.get(arn)
    if found is None:
        raise error(f"The {what} {arn} was not found")
    return found
