"""Distances and fates."""

import random
import statistics

import pytest

from terrella.net.distance import core_ms, great_circle_km, penalty, round_trip_ms
from terrella.net.network import Fate, Network, Packet
from terrella.net.places import UnknownPlace, city_names, find, region_names

TARGETS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-northeast-1", "sa-east-1")
CORE_MS = {
    "madrid": (87, 142, 32, 173, 239, 175),
    "warsaw": (121, 176, 48, 173, 255, 213),
    "lagos": (131, 205, 91, 162, 297, 108),
    "nairobi": (179, 258, 127, 109, 228, 278),
    "dubai": (167, 215, 103, 86, 161, 366),
    "delhi": (175, 205, 116, 65, 117, 314),
    "beijing": (176, 130, 215, 77, 50, 276),
    "manila": (207, 154, 232, 36, 55, 313),
    "auckland": (194, 159, 272, 128, 125, 283),
    "santiago": (123, 168, 221, 333, 241, 47),
    "mexico-city": (56, 63, 120, 232, 159, 116),
    "denver": (46, 26, 115, 204, 132, 153),
    "honolulu": (128, 77, 180, 152, 105, 220),
}


@pytest.mark.parametrize("city", CORE_MS)
def test_a_city_reaches_regions_as_worked_out_by_hand(city: str) -> None:
    got = [core_ms(find(city), find(region)) for region in TARGETS]
    assert got == pytest.approx(CORE_MS[city], abs=1.01)


def test_regions_are_as_far_apart_as_measured() -> None:
    network = Network()
    assert network.round_trip_ms("us-east-1", "eu-west-1") == pytest.approx(70, abs=1)
    assert network.round_trip_ms("ap-northeast-1", "ap-northeast-3") == pytest.approx(10, abs=1)
    assert network.one_way("eu-west-1", "eu-west-1") == pytest.approx(0.00025)


def test_distance_is_the_same_both_ways_and_never_zero_between_places() -> None:
    names = [*region_names(), *city_names(), "edge", "edge-fra", "checker-us-east-1"]
    network = Network()
    for a in names:
        for b in names:
            assert network.one_way(a, b) == network.one_way(b, a) > 0, (a, b)


def test_no_pair_beats_light_in_glass() -> None:
    for a in [*region_names(), *city_names()]:
        for b in region_names():
            assert round_trip_ms(find(a), find(b)) * 1.05 >= great_circle_km(find(a), find(b)) / 100


def test_the_edge_is_near_everyone_and_the_operator_everywhere() -> None:
    network = Network()
    assert all(network.round_trip_ms(name, "edge") < 75 for name in city_names())
    assert network.nearest_edge("amsterdam").name == "edge-ams"
    assert network.one_way("operator", "sa-east-1") == 0
    assert network.cross("operator", "sa-east-1", 5.0) == 5.0


def test_the_edge_reaches_regions_over_the_backbone() -> None:
    assert round_trip_ms(find("edge-fra"), find("us-east-1")) == pytest.approx(93, abs=3)


def test_checkers_stand_in_their_region() -> None:
    network = Network()
    assert network.round_trip_ms("checker-us-east-1", "us-east-1") == 0.5
    far = network.round_trip_ms("us-east-1", "eu-west-1")
    assert network.round_trip_ms("checker-us-east-1", "eu-west-1") == far


def test_about_half_of_the_internet_is_slower_than_a_backbone() -> None:
    drawn = [penalty(city, region) for city in city_names() for region in region_names()]
    assert 0.40 < sum(p > 1 for p in drawn) / len(drawn) < 0.56
    assert 0.05 < sum(p < 1 for p in drawn) / len(drawn) < 0.13
    assert all(0.9 <= p <= 1.6 for p in drawn)


def test_jitter_is_small_on_the_backbone_and_a_few_percent_on_the_internet() -> None:
    network = Network(rng=random.Random(1))
    backbone = [network.cross("us-east-1", "eu-west-1", 0.0) or 0.0 for _ in range(500)]
    internet = [network.cross("tokyo", "eu-west-1", 0.0) or 0.0 for _ in range(500)]
    assert 0 < statistics.stdev(backbone) < 0.0005
    assert statistics.mean(backbone) == pytest.approx(network.one_way("us-east-1", "eu-west-1"), rel=0.01)
    assert 0.03 < statistics.stdev(internet) / statistics.mean(internet) < 0.05


def test_one_seed_is_one_future() -> None:
    def future() -> list[Fate]:
        network = Network(rng=random.Random(7))
        return [network.fate(Packet("tokyo", "us-east-1", 100, n)) for n in range(20)]

    assert future() == future()


def test_an_unknown_place_is_said_to_be_unknown() -> None:
    with pytest.raises(UnknownPlace, match="Did you mean tokyo"):
        Network().one_way("tokio", "us-east-1")


def test_a_network_travels_as_plain_data() -> None:
    here = Network()
    here.places["moon"] = find("tokyo").__class__("moon", "city", 0.0, 0.0, access="satellite")
    there = Network.from_description(here.description(), random.Random(1))
    assert there.one_way("moon", "us-east-1") == here.one_way("moon", "us-east-1") > 0.275
    assert len(here.description()["places"]) == 1
