"""Crossing the network live: the time it takes, what closed ways do to it, and order on a lane."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from run.looping import on_loop, until

from terrella.faults import parse
from terrella.net.network import Network
from terrella.run.crossing import Crossing
from terrella.run.lane import Lane

HERE, THERE = "us-east-1", "eu-west-1"
ONE_WAY_S = Network().one_way(HERE, THERE)
CUT = parse("partition", [HERE, THERE])


def crossing() -> Crossing:
    return Crossing(Network(rng=random.Random(1)))


@on_loop
async def test_a_message_takes_the_one_way_time() -> None:
    began = time.perf_counter()
    await crossing().cross(HERE, THERE)
    assert ONE_WAY_S * 0.9 - 0.002 <= time.perf_counter() - began < ONE_WAY_S + 0.05


@on_loop
async def test_a_closed_way_is_waited_for_and_its_opening_wakes_who_waits() -> None:
    network = crossing()
    network.strike([CUT])
    waiting = asyncio.ensure_future(network.cross(HERE, THERE))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    network.strike([])
    await asyncio.wait_for(waiting, 1.0)


@on_loop
async def test_a_lost_packet_is_sent_again_and_so_arrives_later() -> None:
    network = crossing()
    network.strike([parse("loss", [THERE, "50%"])])
    now = asyncio.get_running_loop().time()
    landings = [network.lands(HERE, THERE) for _ in range(100)]
    late = [lands for lands in landings if lands is not None and lands - now > 3 * ONE_WAY_S]
    assert None not in landings
    assert 30 < len(late) < 70


@on_loop
async def test_a_datagram_is_not_sent_again() -> None:
    network = crossing()
    network.strike([CUT])
    assert not await network.datagram(HERE, THERE)
    assert await network.datagram(HERE, HERE)


@on_loop
async def test_a_lane_keeps_order_whatever_the_jitter() -> None:
    network, landed = crossing(), []
    network.strike([parse("latency", [THERE, "1ms", "20ms"])])
    lane: Lane[int] = Lane(network, HERE, THERE, landed.append)
    for number in range(200):
        lane.put(number)
    await until(lambda: len(landed) == 200)
    assert landed == list(range(200))


@on_loop
async def test_a_lane_holds_things_while_there_is_no_way_and_drops_none() -> None:
    network, landed = crossing(), []
    lane: Lane[int] = Lane(network, HERE, THERE, landed.append)
    lane.put(0)
    network.strike([CUT])
    lane.put(1)
    lane.put(2)
    await until(lambda: landed)
    assert (landed, lane.held) == ([0], True)  # what had left already arrives
    network.strike([])
    await until(lambda: len(landed) == 3)
    assert landed == [0, 1, 2]


@on_loop
async def test_a_closed_lane_delivers_nothing_more() -> None:
    network, landed = crossing(), []
    lane: Lane[int] = Lane(network, HERE, THERE, landed.append)
    lane.put(1)
    lane.close()
    lane.put(2)
    await asyncio.sleep(ONE_WAY_S + 0.05)
    assert landed == []


@pytest.mark.parametrize("place", ["us-east-1", "tokyo", "edge"])
def test_the_operator_is_at_no_distance(place: str) -> None:
    assert Network().one_way("operator", place) == 0
