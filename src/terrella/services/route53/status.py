"""What only the edge knows: verdicts of health checkers, and the answer a name would get.

Questions to the edge and its answers, as plain data:

    {"kind": "health_status", "id"}          -> {"observations": [{"region", "ip", "status", "time"}]}
    {"kind": "health_last_failure", "id"}    -> the same, of each checker that ever failed
    {"kind": "test_dns_answer", "zone", "name", "type", "resolver", "subnet", "mask"}
                                             -> {"nameserver", "rcode", "records": [text]}
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ...net.addresses import subnet_of
from ...net.places import all_places
from ...region.service import Context
from . import health_checks, names, zones
from .errors import InvalidInput
from .health_config import PROBING
from .state import State, service

DEFAULT_MASK = {4: "24", 6: "64"}


@service.operation
async def get_health_check_status(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return await _observations(ctx, input, "health_status")


@service.operation
async def get_health_check_last_failure_reason(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return await _observations(ctx, input, "health_last_failure")


@service.operation_named("TestDNSAnswer")
async def test_dns_answer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    try:
        name = names.canonical(input["RecordName"])
    except names.BadName as bad:
        raise InvalidInput(f"The input is not valid: {bad}") from bad
    if not names.lies_within(name, zone["Name"]):
        raise InvalidInput(f"The record name {name} is not in the hosted zone {zone['Name']}")
    resolver, subnet = input.get("ResolverIP"), input.get("EDNS0ClientSubnetIP")
    question = {
        "kind": "test_dns_answer",
        "zone": zone["Id"],
        "name": name,
        "type": input["RecordType"],
        "resolver": str(_address(resolver)) if resolver else None,
        "subnet": subnet,
        "mask": _mask(subnet, input.get("EDNS0ClientSubnetMask")),
    }
    answer = await ctx.here.ports.edge.ask(question)
    return {
        "Nameserver": answer["nameserver"],
        "RecordName": input["RecordName"],
        "RecordType": input["RecordType"],
        "RecordData": answer["records"],
        "ResponseCode": answer["rcode"],
        "Protocol": "UDP",
    }


@service.operation
def get_checker_ip_ranges(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ranges = [subnet_of(place) for place in all_places().values() if place.kind == "checker"]
    return {"CheckerIpRanges": ranges}


async def _observations(ctx: Context[State], input: dict[str, Any], kind: str) -> dict[str, Any]:
    check = health_checks.find(ctx.state, input["HealthCheckId"])
    type = check["HealthCheckConfig"]["Type"]
    if type not in PROBING:
        raise InvalidInput(f"The status of a health check of type {type} is not observed by health checkers")
    answer = await ctx.here.ports.edge.ask({"kind": kind, "id": check["Id"]})
    return {
        "HealthCheckObservations": [
            {
                "Region": seen["region"],
                "IPAddress": seen["ip"],
                "StatusReport": {"Status": seen["status"], "CheckedTime": seen["time"]},
            }
            for seen in answer["observations"]
        ]
    }


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise InvalidInput(f"{text} is not an IP address") from error


def _mask(subnet: str | None, asked: str | None) -> int | None:
    """The prefix length to send with a client subnet; TestDNSAnswer's own default if none is asked for."""
    if subnet is None:
        if asked is not None:
            raise InvalidInput("EDNS0ClientSubnetMask requires EDNS0ClientSubnetIP")
        return None
    address = _address(subnet)
    text = asked or DEFAULT_MASK[address.version]
    if not (text.isascii() and text.isdigit()) or int(text) > address.max_prefixlen:
        raise InvalidInput(f"EDNS0ClientSubnetMask {text} is not between 0 and {address.max_prefixlen}")
    return int(text)
