"""What the control plane asks the edge: verdicts of health checkers, and the answer a name would get. Plain
data.

    {"kind": "health_status", "id"}          -> {"observations": [{"region", "ip", "status", "time"}]}
    {"kind": "health_last_failure", "id"}    -> the same, of each checker that ever failed
    {"kind": "health_verdicts", "now"}       -> {"verdicts": {id: [is it healthy, share of its checkers that say so or
                                                None, how many of its children are or None]},
                                                "latencies": {id: [[region, metric, milliseconds]]}, where they are
                                                to be measured}
    {"kind": "is_well", "service", "region"} -> {"well"}: does its control plane there accept changes, seen from the
                                                edge? Answered by the edge's place, as it takes time
    {"kind": "accelerator_flows", "since", "have"} -> {"rows", "records", "endpoints"}: flow_counts.py
    {"kind": "endpoint_health", "groups"}    -> {"states": {"group endpoint": state}}, of accelerators
    {"kind": "test_dns_answer", "zone", "name", "type", "resolver", "subnet", "mask"}
                                             -> {"nameserver", "rcode", "records": [text]}
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ..net.addresses import DEFAULT_ASKER, address_of
from ..wire import dns
from ..wire.dns import Subnet
from .asker import asker_from
from .dns import NameServer
from .health import HealthTable, Observation
from .zones import normal_name

_RCODE_NAMES = {number: name for name, number in dns.RCODES.items()}


def answer(question: dict[str, Any], server: NameServer, health: HealthTable) -> dict[str, Any]:
    """The answer to one question. Raises ValueError for a kind of question nobody here knows."""
    kind = question["kind"]
    if kind == "test_dns_answer":
        return _test_dns_answer(question, server)
    if kind == "health_verdicts":
        now, measured = question["now"], [id for id, each in health.checks.items() if each.config.get("MeasureLatency")]
        return {
            "verdicts": {id: _verdict(health, id, now) for id in health.checks},
            "latencies": {id: [list(row) for row in health.checks[id].latencies(now)] for id in measured},
        }
    check = health.checks.get(question["id"])
    if kind == "health_status":
        return {"observations": [_plain(seen) for seen in check.observations()] if check else []}
    if kind == "health_last_failure":
        return {"observations": [_plain(seen) for seen in check.failures()] if check else []}
    raise ValueError(f"no such question: {kind}")


def _test_dns_answer(question: dict[str, Any], server: NameServer) -> dict[str, Any]:
    """As a resolver at an address would be answered; by default one in us-east-1, as TestDNSAnswer has it."""
    resolver = question.get("resolver") or address_of(DEFAULT_ASKER)
    asker = asker_from(resolver, _subnet(question), collections=server.zones.collections)
    name, type = normal_name(question["name"]), dns.type_number(question["type"])
    zone = server.zones.by_id.get(question["zone"])
    found = server.answer(name, type, asker) if zone is None else server.answer_from(zone, name, type, asker)
    servers = [dns.decode(r.type, r.data) for r in found.authority if r.type == dns.TYPES["NS"]]
    servers = servers or (
        [r["Value"] for s in zone.group(zone.name, "NS") for r in s["ResourceRecords"]] if zone else []
    )
    return {
        "nameserver": servers[0].rstrip(".") if servers else "",
        "rcode": _RCODE_NAMES[found.rcode],
        "records": [dns.decode(record.type, record.data) for record in found.answers if record.type == type],
    }


def _verdict(health: HealthTable, id: str, now: float) -> list[Any]:
    check = health.checks[id]
    children = check.config.get("ChildHealthChecks") if check.config["Type"] == "CALCULATED" else None
    counted = None if children is None else sum(health.healthy(child) for child in children)
    return [health.healthy(id), check.share_healthy(now) if check.probes else None, counted]


def _subnet(question: dict[str, Any]) -> Subnet | None:
    if not question.get("subnet"):
        return None
    address = ipaddress.ip_address(question["subnet"])
    mask = question.get("mask")
    return Subnet(
        1 if address.version == 4 else 2, address.max_prefixlen if mask is None else mask, 0, str(address)
    )


def _plain(seen: Observation) -> dict[str, Any]:
    return {"region": seen.region, "ip": seen.address, "status": seen.status, "time": seen.checked}
