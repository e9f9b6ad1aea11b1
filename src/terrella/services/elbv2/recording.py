"""What happens at a node, noted for metrics and logs: requests, connections, flows, probes of targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...net.addresses import node_address
from ...region.region import Region
from ...wire.http import Request, Response
from . import lines, logs
from .measuring import answered, tally_of
from .records import GONE, Record, Wire
from .state import Plain

if TYPE_CHECKING:
    from .matching import Ask

ACTIVE, NEW = "ActiveConnectionCount", "NewConnectionCount"


def request_over(here: Region, load_balancer: Plain, zone: str, node: str, record: Record, now: float) -> None:
    """A request to the node in a zone, which has that address, is over."""
    if record.status == GONE:
        record.target_status = record.answered_at = None
    answered(here, load_balancer["Arn"], zone, record, now)
    if logs.wanted(load_balancer, logs.ACCESS):
        log = logs.Log(load_balancer["Arn"], logs.ACCESS, node)
        logs.write(here, log, lines.request_line(record, load_balancer, now))


def record_of(ask: Ask, request: Request, now: float) -> Record:
    """The record of a request that came as a whole."""
    wire = Wire((ask.source_ip, ask.source_port), now, "TLSv1.3" if ask.secure else None)
    size = sum(len(name) + len(value) + 4 for name, value in request.headers.items()) + len(request.body)
    return Record(wire, ask.port, now, "HTTP/1.1", received=size, ask=ask)


def answered_with(here: Region, load_balancer: Plain, zone: str, record: Record, response: Response) -> None:
    """The answer to such a request, as a whole."""
    now = here.clock.now()
    size = sum(len(name) + len(value) + 4 for name, value in response.headers) + len(response.body)
    record.status, record.sent, record.replied_at = response.status, size, now
    node = node_address(zone, load_balancer["Number"])
    request_over(here, load_balancer, zone, node, record, now)


def connection_began(here: Region, load_balancer: Plain, zone: str, node: str, wire: Wire, port: int) -> None:
    tally = tally_of(here, load_balancer["Arn"], zone)
    tally.add(wire.since, NEW)
    tally.shift(ACTIVE, 1)
    if logs.wanted(load_balancer, logs.CONNECTIONS):
        logs.write(here, logs.Log(load_balancer["Arn"], logs.CONNECTIONS, node), lines.connection_line(wire, port))


def connection_ended(here: Region, load_balancer: str, zone: str) -> None:
    tally_of(here, load_balancer, zone).shift(ACTIVE, -1)


def flow_began(here: Region, load_balancer: str, zone: str, protocol: str, group: str, at: float) -> None:
    """A network load balancer carries one more."""
    tally = tally_of(here, load_balancer, zone)
    for name in ("", f"_{protocol}"):
        tally.add(at, f"NewFlowCount{name}")
        tally.shift(f"ActiveFlowCount{name}", 1)
    if tally_of(here, load_balancer, zone, group).fails_open:
        tally_of(here, load_balancer, zone, group).add(at, "UnhealthyRoutingFlowCount")


def datagrams_began(here: Region, load_balancer: str, zone: str, at: float) -> None:
    """A new flow of datagrams."""
    for name in ("NewFlowCount", "NewFlowCount_UDP"):
        tally_of(here, load_balancer, zone).add(at, name)


def flow_ended(
    here: Region, load_balancer: str, zone: str, protocol: str, passed: tuple[int, int], reset: str, at: float
) -> None:
    """And one less. `passed` are the bytes from the client and to it, `reset` who cut it off: Client, ELB, Target."""
    tally = tally_of(here, load_balancer, zone)
    for name in ("", f"_{protocol}"):
        tally.shift(f"ActiveFlowCount{name}", -1)
        tally.add(at, f"ProcessedBytes{name}", float(sum(passed)))
    if reset:
        tally.add(at, f"TCP_{reset}_Reset_Count")


def flow_refused(here: Region, load_balancer: str, zone: str, protocol: str, metrics: Sequence[str], at: float) -> None:
    """A connection that came to nothing is reset."""
    tally = tally_of(here, load_balancer, zone)
    for metric in ("RejectedFlowCount", f"RejectedFlowCount_{protocol}", "TCP_ELB_Reset_Count", *metrics):
        tally.add(at, metric)


def tls_over(
    here: Region, load_balancer: Plain, listener: str, node: tuple[str, int], wire: Wire, passed: tuple[int, int],
    now: float,
) -> None:  # fmt: skip
    """A connection to a TLS listener of a network load balancer has ended."""
    if logs.wanted(load_balancer, logs.ACCESS):
        line = lines.tls_line(wire, load_balancer, listener, node, *passed, now)
        logs.write(here, logs.Log(load_balancer["Arn"], logs.ACCESS, node[0]), line)


def probed(
    here: Region, load_balancer: Plain, node: str, group: Plain, target: Plain, began: float, status: int | None,
    failed: str | None, now: float,
) -> None:  # fmt: skip
    """A node has probed a target; `failed` is the reason, if it did."""
    if logs.wanted(load_balancer, logs.HEALTH_CHECKS):
        line = lines.health_line(began, now - began, group, target, status, failed, load_balancer, node)
        logs.write(here, logs.Log(load_balancer["Arn"], logs.HEALTH_CHECKS, node), line)
