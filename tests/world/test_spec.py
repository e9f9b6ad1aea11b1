"""What a world.toml may say, and what it is told when it may not."""

from __future__ import annotations

import pytest

from terrella.world.spec import SpecError, WorldSpec, from_dict, parse


def test_a_world_of_which_nothing_is_said_is_the_whole_planet() -> None:
    assert len(parse("").regions) == 34


def test_us_east_1_is_part_of_every_world() -> None:
    assert parse('regions = ["eu-west-1"]').regions == ("us-east-1", "eu-west-1")


def test_plain_data_says_the_same_world_again() -> None:
    text = 'regions = ["eu-west-1"]\nspeed = 10\nseed = 7\n[credentials]\nAKIA = "secret"\n[resolvers]\nstale = 0.5'
    world = parse(text)
    assert (world.resolvers.stale, world.resolvers.least_ttl) == (0.5, 0.0874)
    assert from_dict(world.to_dict()) == world


def test_flags_override_and_what_is_not_given_stays() -> None:
    world = WorldSpec(speed=3.0).changed(regions="ap-northeast-1", speed=None)
    assert (world.regions, world.speed) == (("us-east-1", "ap-northeast-1"), 3.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('regions = ["eu-wst-1"]', "no region called 'eu-wst-1'. Did you mean eu-west-1"),
        ('region = ["eu-west-1"]', "no setting 'region'. Did you mean regions"),
        ("speed = 0", "speed is a number"),
        ("speed = true", "speed is a number"),
        ("seed = 1.5", "seed is a whole number"),
        ("port_offset = 70000", "port_offset is a whole number"),
        ('limits = ["dynamodb"]', "limits is a list of services whose rates are kept. There are: route53"),
        ('pass_through = "yes"', "pass_through is true or false"),
        ("[credentials]\nAKIA = 1", "credentials is a table"),
        ("[resolvers]\nstale = 2", "stale of resolvers is a number from 0 to 1"),
        ("[resolvers]\nodd = 0.1", "resolvers is a table of least_ttl,"),
        ("[resolvers]\nstale = 0.6\nfar = 0.6", "come to more than 1"),
        ("regions = [", "not TOML"),
    ],
)
def test_what_makes_no_world_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        parse(text)


def test_ports_of_the_world_become_ports_of_the_machine() -> None:
    ports = WorldSpec(port_offset=1000).ports
    assert [ports.of(port) for port in (443, 80, 53, 9000)] == [9443, 9080, 6353, 9000]


def test_a_node_of_a_load_balancer_listens_on_any_port() -> None:
    ports, node = WorldSpec(port_offset=1000).ports, "127.20.9.1"
    assert [ports.at(node, port) for port in (443, 80, 81, 9000)] == [9443, 9080, 9081, 10_000]
    assert ports.at("127.20.9.128", 9000) == ports.at("127.10.9.1", 9000) == 9000
