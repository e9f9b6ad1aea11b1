"""An accelerator by itself: the edge's own code before one server.

    python -m bench.relay_edge PORT SERVER_ADDRESS SERVER_PORT [--distance]

It listens on ADDRESS. Without --distance nothing takes any time on the way; with it the backbone between an edge
location and eu-west-1 does, without its jitter, so that whatever else there is counts as error.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
from typing import Any

import uvloop

from terrella.edge import accelerators as edge
from terrella.edge.load_balancers import LoadBalancers
from terrella.net.network import Network
from terrella.run.accelerators import Accelerators
from terrella.run.checkers import Prober
from terrella.run.crossing import Crossing
from terrella.world.spec import WorldSpec

NUMBER, ADDRESS = 250, "127.55.0.250"
EDGE, REGION = "edge-iad", "eu-west-1"


class Near(Network):
    """Everything is at the same place."""

    def link(self, source: str, target: str) -> tuple[float, float, float]:
        return 0.0, 0.0, 0.0


class Even(Network):
    """Every packet takes the same time."""

    def cross(self, source: str, target: str, now: float, size: int = 0) -> float | None:
        return now + self.one_way(source, target)


async def serve(port: int, server: tuple[str, int], far: bool) -> None:
    """Until it is killed."""
    spec = WorldSpec(port_offset=0)
    crossing = Crossing((Even if far else Near)(rng=random.Random(1)))
    known = edge.Accelerators(LoadBalancers())
    prober = Prober(crossing, lambda name, place: None, spec.ports.at, 1.0)
    accelerators = Accelerators(known, prober, crossing, spec)

    def put(table: str, key: str, **value: Any) -> None:
        known.take({"table": table, "key": key, "value": value})

    put("accelerators", "a", Arn="a", Enabled=True, Number=NUMBER, DnsName="a1")
    ranges = [{"FromPort": port, "ToPort": port}]
    put("listeners", "l", Arn="l", AcceleratorArn="a", PortRanges=ranges, Protocol="TCP", ClientAffinity="NONE")
    put(
        "groups", "g", Arn="g", ListenerArn="l", Region=REGION, Dial=100.0,
        Check={"Port": server[1], "Protocol": "TCP", "Path": "/", "IntervalSeconds": 30, "Threshold": 3},
        Endpoints=[{"Id": server[0], "Weight": 128, "Preserve": False}],
        PortOverrides=[{"ListenerPort": port, "EndpointPort": server[1]}],
    )  # fmt: skip
    accelerators.follow()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("address")
    parser.add_argument("server_port", type=int)
    parser.add_argument("--distance", action="store_true")
    options = parser.parse_args()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as the world's processes have it
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.port, (options.address, options.server_port), options.distance))


if __name__ == "__main__":
    main()
