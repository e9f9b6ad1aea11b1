"""Links between places: changes arrive in order, at the network's pace, and survive what breaks."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from run.looping import on_loop, until

from terrella.faults import parse
from terrella.net.network import Network
from terrella.region.region import Region, WorldFacts
from terrella.region.service import Service
from terrella.run.clock import WallClock
from terrella.run.crossing import Crossing
from terrella.run.disk import Device, Disk, Options
from terrella.run.peers import Here, Links
from terrella.run.region_on_disk import RegionOnDisk

NAMES = ("us-east-1", "eu-west-1")
ONE_WAY_MS = Network().round_trip_ms(*NAMES) / 2


class State:
    def __init__(self, maps: Any) -> None:
        self.notes = maps.records("notes")


toy = Service("toy", State, replicates=lambda state, change, here: set(NAMES) - {here.name})


@toy.change
def noted(state: State, change: Any, key: bytes, value: bytes) -> None:
    state.notes.put(key, value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Gate(Device):
    """A disk whose syncs wait while it is closed."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()

    def sync(self, fd: int) -> None:
        self.open.wait(5)
        super().sync(fd)


class Place:
    """One region with its disk and links, as a place process has them."""

    def __init__(self, name: str, folder: Path, port: int, peers: tuple[str, ...] = NAMES) -> None:
        self.device = Gate()
        self.disk = Disk.open(folder, Options(device=self.device))
        facts = WorldFacts(NAMES)

        def build(journal: Any, maps: Any) -> Region:
            return Region(name, [toy], clock=WallClock(), journal=journal, maps=maps, world=facts)

        self.on_disk = RegionOnDisk(self.disk, build)
        self.crossing = Crossing(Network(rng=random.Random(1)))
        self.links = Links(
            Here(name, port, frozenset(peers) - {name}),
            self.crossing, self.disk.journal, lambda: self.on_disk.region, folder / "links.json",
        )  # fmt: skip

    def write(self, key: str, value: str = "v") -> None:
        self.on_disk.region.commit(toy, "noted", {"key": key.encode(), "value": value.encode()})

    def keys(self) -> list[str]:
        return [key.decode() for key, _ in self.on_disk.region.state["toy"].notes.scan()]

    def seen(self, source: str) -> int:
        return self.on_disk.region.seen(source)

    async def stop(self) -> None:
        self.links.close()
        await self.disk.close()


@asynccontextmanager
async def pair(tmp_path: Path):
    port = free_port()
    both = [Place(name, tmp_path / name, port) for name in NAMES]
    for place in both:
        await place.links.start()
    try:
        yield both
    finally:
        for place in both:
            await place.stop()


@on_loop
async def test_a_change_arrives_after_the_one_way_time_and_is_acknowledged(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        here.write("a")
        await until(lambda: there.keys() == ["a"])
        lag = there.links.status()["in"]["us-east-1"]["lag_p50_ms"]
        assert lag >= ONE_WAY_MS - 2
        await until(lambda: here.links.status()["out"]["eu-west-1"]["owed"] == 0)
        assert here.links.settled() == here.disk.journal.durable


@on_loop
async def test_an_unused_link_is_not_opened(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        here.write("a")
        await until(lambda: there.keys() == ["a"])
        assert there.links.status()["out"] == {}


@on_loop
async def test_a_partition_holds_changes_back_and_its_end_lets_them_through(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        cut = parse("partition", ["us-east-1", "eu-west-1"])
        for place in (here, there):
            place.crossing.strike([cut])
        for number in range(1000):
            here.write(f"{number:04}")
        await asyncio.sleep(0.3)
        assert there.keys() == []
        assert here.links.status()["out"]["eu-west-1"]["owed"] == 1000
        for place in (here, there):
            place.crossing.strike([])
        await until(lambda: len(there.keys()) == 1000)
        await until(lambda: here.links.settled() == here.disk.journal.durable)


@on_loop
async def test_loss_delays_but_loses_nothing(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        for place in (here, there):
            place.crossing.strike([parse("loss", ["eu-west-1", "15%"])])
        for number in range(20):
            here.write(f"{number:04}")
            await asyncio.sleep(0.002)
        await until(lambda: len(there.keys()) == 20, 20)


@on_loop
async def test_a_place_that_comes_back_is_sent_what_it_missed(tmp_path: Path) -> None:
    port = free_port()
    here, there = (Place(name, tmp_path / name, port) for name in NAMES)
    await here.links.start()
    await there.links.start()
    here.write("a")
    await until(lambda: there.keys() == ["a"])
    await there.stop()
    here.write("b")
    await asyncio.sleep(0.2)
    there = Place("eu-west-1", tmp_path / "eu-west-1", port)
    await there.links.start()
    here.links.nudge("eu-west-1")
    await until(lambda: there.keys() == ["a", "b"])
    await here.stop()
    await there.stop()


@on_loop
async def test_a_sender_that_restarts_knows_what_it_still_owes(tmp_path: Path) -> None:
    port = free_port()
    here = Place("us-east-1", tmp_path / "us-east-1", port)
    await here.links.start()
    here.write("a")
    await here.disk.journal.synced()
    await here.stop()
    here, there = (Place(name, tmp_path / name, port) for name in NAMES)
    await there.links.start()
    await here.links.start()
    await until(lambda: there.keys() == ["a"])
    await here.stop()
    await there.stop()


@on_loop
async def test_a_place_the_world_does_not_have_at_present_is_owed_for_later(tmp_path: Path) -> None:
    port = free_port()
    alone = Place("us-east-1", tmp_path / "us-east-1", port, peers=("us-east-1",))
    await alone.links.start()
    alone.write("a")
    await alone.disk.journal.synced()
    assert alone.links.status()["out"]["eu-west-1"]["owed"] == 1
    await alone.stop()
    here, there = (Place(name, tmp_path / name, port) for name in NAMES)
    await there.links.start()
    await here.links.start()
    await until(lambda: there.keys() == ["a"])
    await here.stop()
    await there.stop()


@on_loop
async def test_a_stream_of_changes_stays_near_the_distance(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        here.write("first")  # opens the link, which takes a round trip
        await until(lambda: there.keys() == ["first"])
        for number in range(250):
            for each in range(4):
                here.write(f"{number:04}-{each}")
            await asyncio.sleep(0.0008)
        await until(lambda: len(there.keys()) == 1001)
        lag = there.links.status()["in"]["us-east-1"]["lag_p50_ms"]
        assert ONE_WAY_MS - 2 <= lag < ONE_WAY_MS + 40  # 2 ms more on an idle machine


@on_loop
async def test_nothing_is_acknowledged_before_it_is_on_the_peers_disk(tmp_path: Path) -> None:
    async with pair(tmp_path) as (here, there):
        here.write("before")
        await until(lambda: here.links.status()["out"]["eu-west-1"]["owed"] == 0)
        there.device.open.clear()
        here.write("a")
        await until(lambda: len(there.keys()) == 2)
        await asyncio.sleep(3 * ONE_WAY_MS / 1000)
        assert here.links.status()["out"]["eu-west-1"]["owed"] == 1
        there.device.open.set()
        await until(lambda: here.links.status()["out"]["eu-west-1"]["owed"] == 0)
