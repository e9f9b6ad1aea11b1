"""Places, and which address belongs to which."""

import pytest

from terrella.net import addresses, places


def test_the_34_commercial_regions_are_there_and_no_other() -> None:
    assert len(places.region_names()) == 34
    assert not {"us-gov-west-1", "cn-north-1", "eusc-de-east-1"} & set(places.all_places())


def test_every_continent_route_53_knows_has_a_city_save_antarctica() -> None:
    continents = {places.city(name).continent for name in places.city_names()}
    assert continents == {"AF", "AS", "EU", "NA", "OC", "SA"}


def test_a_bad_region_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(places.UnknownPlace, match=r"no region called 'eu-west1'\. Did you mean eu-west-1"):
        places.region("eu-west1")


def test_a_city_is_no_region() -> None:
    with pytest.raises(places.UnknownPlace):
        places.region("tokyo")


def test_names_forgive_capitals_blanks_and_accents() -> None:
    assert places.city("São Paulo").name == "sao-paulo"
    assert places.city("New York").subdivision == "NY"


def test_a_region_is_lost_with_its_zones_and_checkers() -> None:
    assert places.inside("us-east-1") == {"us-east-1", "checker-us-east-1", *places.zone_ids("us-east-1")}
    assert places.inside("eu-north-1") == {"eu-north-1", *(f"eu-north-1{zone}" for zone in "abc")}


def test_no_two_places_share_an_address_or_a_subnet() -> None:
    everywhere = list(places.all_places().values())
    assert len({addresses.address_of(p) for p in everywhere}) == len(everywhere)
    subnets = [s for p in everywhere if (s := addresses.subnet_of(p))]
    assert len(set(subnets)) == len(subnets)


def test_every_address_and_subnet_leads_back_to_its_place() -> None:
    for place in places.all_places().values():
        assert addresses.place_of(addresses.address_of(place)) == place
        if subnet := addresses.subnet_of(place):
            assert addresses.place_of(subnet.replace(".0/24", ".77")) == place


def test_a_stranger_asks_from_us_east_1() -> None:
    assert addresses.place_of("8.8.8.8") is None
    assert addresses.place_of("not an address") is None
    assert addresses.asker_of("8.8.8.8").name == "us-east-1"
    assert addresses.asker_of("127.0.0.1").name == "us-east-1"
    assert addresses.asker_of("2001:db8::1").name == "us-east-1"
    assert addresses.asker_of("::ffff:127.81.2.1").name == "tokyo"


def test_numbers_are_for_ever() -> None:
    assert addresses.address_of("us-east-1") == "127.10.1.1"
    assert addresses.address_of("eu-west-1") == "127.10.9.1"
    assert addresses.address_of("ap-northeast-3") == "127.10.34.1"
    assert addresses.address_of("tokyo") == "127.81.2.1"
    assert addresses.subnet_of("reykjavik") == "198.18.39.0/24"


def test_ports_map_there_and_back() -> None:
    assert [addresses.machine_port(p) for p in (53, 80, 443, 5432)] == [5353, 8080, 8443, 5432]
    assert addresses.machine_port(443, privileged=True) == 443
    assert all(addresses.world_port(addresses.machine_port(p)) == p for p in (53, 80, 443, 5432))
