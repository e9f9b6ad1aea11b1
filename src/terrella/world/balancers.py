"""The nodes of load balancers in a simulated world: what a request meets when it has reached one.

`services.elbv2` decides what becomes of a request, as live; here it is carried out in the world's own time: functions
are invoked, servers reached across the network, both only as far as faults let them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from ..net.addresses import client_ip, place_of
from ..region.region import Region
from ..services.elbv2 import answers, recording
from ..services.elbv2.deciding import Forward, Node, decide
from ..services.elbv2.door import respond
from ..services.elbv2.matching import Ask
from ..services.elbv2.records import Record
from ..services.elbv2.targets import standing
from ..wire.http import Request, Response
from .crossing import Crossing
from .servers import Servers

CONNECT_S, IDLE_S = 10.0, 60.0
Plain = dict[str, Any]


class Balancers:
    """The nodes of all regions. `chance` gives each a source of chance by its name."""

    def __init__(
        self,
        places: Mapping[str, Region],
        crossing: Crossing,
        servers: Servers,
        chance: Callable[[str], random.Random],
    ) -> None:
        self._places, self._crossing, self._servers, self._chance = places, crossing, servers, chance
        self._nodes: dict[tuple[str, str], Node] = {}

    async def answer(self, address: str, port: int, request: Request) -> Response | None:
        """What the node at an address answers; None when nobody listens there."""
        place = place_of(address)
        assert place is not None and place.kind == "zone", f"{address} is in no zone"
        here = self._places.get(place.region or "")
        found = listening(here, place.name, address, port) if here is not None else None
        if here is None or found is None or (found[1]["Protocol"] == "HTTPS") is not request.secure:
            return None
        load_balancer, listener = found
        ask = Ask(
            request.method, request.headers.get("host", ""), request.path, request.query,
            list(request.headers.items()), client_ip(request.source), 0, request.secure, port,
        )  # fmt: skip
        ctx, node = here.context("elbv2"), self._node(load_balancer["Arn"], place.name)
        away = here.state["arc-zonal-shift"].away(load_balancer["Arn"], ctx.now)
        record = recording.record_of(ask, request, ctx.now)
        decision = decide(ctx.state, listener, ask, node, ctx.now, away)
        record.forward = decision if isinstance(decision, Forward) else None
        if isinstance(decision, Forward) and decision.target and decision.group["TargetType"] != "lambda":
            response = await self._pass_on(decision, node, here.name, request, record)
        else:
            response = await respond(ctx, load_balancer, decision, request.body, node.rng, record)
        recording.answered_with(here, load_balancer, place.name, record, response)
        return response

    def listens(self, zone: str, address: str, port: int) -> bool:
        """Would a connection to a node be taken?"""
        place = place_of(address)
        here = self._places.get(place.region or "") if place is not None else None
        return here is not None and listening(here, zone, address, port) is not None

    async def ask_server(self, node: str, place: str, target: Plain, port: int, request: Request) -> Response | None:
        """What a server answers a node in a zone; None when it refuses. Waits for as long as there is no way."""
        cross = self._crossing.cross
        await cross(node, place)
        server = self._servers.at(target["Address"], port)
        await cross(place, node)
        if server is None:
            return None
        await cross(node, place)
        response = server(request)
        await cross(place, node)
        return response

    async def _pass_on(
        self, forward: Forward, node: Node, region: str, request: Request, record: Record
    ) -> Response:
        """A server's answer. One that cannot be reached in time is 504, one that refuses 502."""
        target, clock = forward.target, self._crossing.clock
        assert target is not None
        place, port = standing(region, target), int(target["Port"])
        reachable = self._crossing.network.reachable(node.zone, place)
        node.busy[forward.key] += 1
        record.sent_at = clock.now()
        try:
            asked = self.ask_server(node.zone, place, target, port, request)
            response = await clock.at_most(IDLE_S if reachable else CONNECT_S, asked)
        except TimeoutError:
            record.refused = "" if reachable else "TargetConnectionErrorCount"
            return answers.error(504)
        finally:
            node.busy[forward.key] -= 1
        if response is None:
            record.refused = "TargetConnectionErrorCount"
            return answers.error(502)
        record.answered_at, record.target_status = clock.now(), response.status
        return Response(
            response.status, [*response.headers, *(("Set-Cookie", each) for each in forward.cookies)], response.body
        )

    def _node(self, load_balancer: str, zone: str) -> Node:
        key = (load_balancer, zone)
        if key not in self._nodes:
            self._nodes[key] = Node(zone, self._chance(f"node {load_balancer} {zone}"))
        return self._nodes[key]


def listening(here: Region, zone: str, address: str, port: int) -> tuple[Plain, Plain] | None:
    """The load balancer a node's address belongs to, and its listener of a port."""
    state, number = here.state["elbv2"], int(address.rpartition(".")[2])
    for arn, load_balancer in state.load_balancers.items():
        if load_balancer["Number"] == number and any(each["ZoneName"] == zone for each in load_balancer["Zones"]):
            for listener in state.listeners_of(arn):
                if listener["Port"] == port:
                    return load_balancer, listener
    return None
