"""Which endpoint a flow goes to: distance, dials, weights, health, affinity."""

from __future__ import annotations

from collections import Counter

import pytest

from terrella.edge.flows import Endpoint, Group, choose, common_choice, flow_key

FLOWS = [flow_key("NONE", ("127.81.2.1", 20_000 + number), ("127.55.0.1", 80)) for number in range(4000)]


def endpoint(id: str, weight: int = 128, healthy: bool = True) -> Endpoint:
    return Endpoint(id, weight, healthy)


def group(name: str, distance: float, *endpoints: Endpoint, dial: float = 100) -> Group:
    return Group(name, name, dial, distance, endpoints or (endpoint(f"of-{name}"),))


def shares(*groups: Group) -> dict[str, float]:
    """Endpoint -> its share of many flows."""
    found = Counter(chosen.endpoint.id for chosen in (choose(groups, key) for key in FLOWS) if chosen is not None)
    return {id: count / len(FLOWS) for id, count in found.items()}


def ill(name: str, distance: float, dial: float = 100) -> Group:
    return group(name, distance, endpoint(f"of-{name}", healthy=False), dial=dial)


def test_the_nearest_group_takes_everything() -> None:
    assert shares(group("far", 9), group("near", 1)) == {"of-near": 1}


def test_two_groups_at_half_keep_half_of_their_own_and_swap_the_rest() -> None:
    found = shares(group("near", 1, dial=50), group("far", 2, dial=50))
    assert found == pytest.approx({"of-near": 0.5, "of-far": 0.5}, abs=0.03)


def test_what_a_dial_holds_back_goes_to_the_next_group() -> None:
    found = shares(group("a", 1, dial=20), group("b", 2, dial=50), group("c", 3))
    assert found == pytest.approx({"of-a": 0.2, "of-b": 0.4, "of-c": 0.4}, abs=0.03)


def test_a_dial_of_zero_takes_nothing_but_in_failover() -> None:
    assert shares(group("near", 1, dial=0), group("far", 2)) == {"of-far": 1}
    assert shares(group("near", 1, dial=0), ill("far", 2)) == {"of-near": 1}
    assert choose([group("only", 1, dial=0)], FLOWS[0]) is None


def test_endpoints_share_by_weight_and_the_ill_and_the_weightless_take_nothing() -> None:
    one = group("a", 1, endpoint("x", 192), endpoint("y", 64), endpoint("z", 0), endpoint("ill", 255, False))
    assert shares(one) == pytest.approx({"x": 0.75, "y": 0.25}, abs=0.03)


def test_an_endpoint_that_leaves_moves_only_its_own_flows() -> None:
    three = [endpoint(id) for id in "xyz"]
    for key in FLOWS[:500]:
        before, after = choose([group("a", 1, *three)], key), choose([group("a", 1, *three[:2])], key)
        assert before is not None and after is not None
        assert before.endpoint == after.endpoint or before.endpoint.id == "z"


def test_failover_tries_three_groups_more_and_goes_no_farther() -> None:
    assert shares(ill("a", 1), ill("b", 2), group("c", 3, dial=0)) == {"of-c": 1}
    assert shares(ill("a", 1), ill("b", 2), ill("c", 3), group("d", 4)) == {"of-d": 1}
    assert shares(ill("a", 1), ill("b", 2), ill("c", 3), ill("d", 4), group("e", 5)) == {"of-a": 1}
    assert shares(ill("a", 1, 0), ill("b", 2, 0), ill("c", 3, 0), ill("d", 4), group("e", 5, dial=0)) == {"of-a": 1}


def test_when_all_is_ill_any_endpoint_of_the_nearest_will_do() -> None:
    nearest = group("a", 1, endpoint("x", 128, False), endpoint("y", 0, False), dial=0)
    assert set(shares(nearest, ill("b", 2))) == {"x", "y"}


def test_a_group_without_weights_is_left_as_an_ill_one() -> None:
    assert shares(group("a", 1, endpoint("x", 0)), group("b", 2)) == {"of-b": 1}


@pytest.mark.parametrize(
    "groups",
    [
        [group("a", 1), group("b", 2)],
        [group("a", 1, dial=0), group("b", 2)],
        [group("a", 1, dial=40)],  # the last that is open takes what it holds back
        [group("a", 1, endpoint("x"), endpoint("y", 0), endpoint("z", 9, False)), group("b", 2, dial=50)],
        [ill("a", 1), ill("b", 2), group("c", 3, dial=0)],
        [ill("a", 1), ill("b", 2)],
        [group("near", 1, endpoint("x", 1, False), dial=0), ill("b", 2)],
    ],
)
def test_a_common_choice_is_that_of_every_flow(groups: list[Group]) -> None:
    common = common_choice(groups)
    assert common is not None
    assert {choose(groups, key) for key in FLOWS[:200]} == {common}


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [group("a", 1, dial=0)],
        [group("a", 1, dial=50), group("b", 2)],
        [group("a", 1, endpoint("x"), endpoint("y"))],
        [group("a", 1, endpoint("x", 1, False), endpoint("y", 1, False))],
        [ill("a", 1), group("b", 2, endpoint("x"), endpoint("y"))],
    ],
)
def test_there_is_no_common_choice_where_flows_differ_or_nobody_takes_them(groups: list[Group]) -> None:
    assert common_choice(groups) is None


def test_without_any_endpoint_nobody_takes_the_flow() -> None:
    assert choose([Group("a", "a", 100, 1, ())], FLOWS[0]) is None


def test_with_affinity_a_client_stays_whatever_its_port_but_not_at_the_other_address() -> None:
    keys = {flow_key("SOURCE_IP", ("127.81.2.1", port), ("127.55.0.1", 80)) for port in range(9)}
    assert len(keys) == 1
    assert flow_key("SOURCE_IP", ("127.81.2.1", 1), ("127.56.0.1", 80)) not in keys
