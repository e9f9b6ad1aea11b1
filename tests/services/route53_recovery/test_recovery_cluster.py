"""Routing controls in a simulated world: five regions agree, safety rules guard, the edge hears of it."""

from __future__ import annotations

from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.world.simulated import SimulatedWorld

FIVE = ("us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2")
HOME = "us-west-2"
CONFIG, CLUSTER = "route53-recovery-control-config", "route53-recovery-cluster"
AND = {"Type": "AND", "Threshold": 0, "Inverted": False}
ONE = {"Type": "ATLEAST", "Threshold": 1, "Inverted": False}


class Switches:
    """A cluster of a world with some routing controls."""

    def __init__(self, world: SimulatedWorld, names: tuple[str, ...] = ("east", "west", "gate")) -> None:
        self.world = world
        self.cluster = self.config("CreateCluster", ClusterName="c")["Cluster"]
        self.controls = {name: self.control(name) for name in names}
        self.wait(10)

    def control(self, name: str) -> str:
        made = self.config("CreateRoutingControl", ClusterArn=self.cluster["ClusterArn"], RoutingControlName=name)
        return str(made["RoutingControl"]["RoutingControlArn"])

    @property
    def panel(self) -> str:
        return self.controls["east"].partition("/routingcontrol/")[0]

    def config(self, operation: str, **input: Any) -> Any:
        return self._ask(HOME, CONFIG, operation, input)

    def turn(self, region: str, *override: str, **wanted: str) -> Any:
        """Turn some at once: east="On". {} or the code of the refusal."""
        entries = [
            {"RoutingControlArn": self.controls[name], "RoutingControlState": state} for name, state in wanted.items()
        ]
        input = {"UpdateRoutingControlStateEntries": entries, "SafetyRulesToOverride": list(override)}
        return self._ask(region, CLUSTER, "UpdateRoutingControlStates", input)

    def state(self, region: str, name: str) -> Any:
        answer = self._ask(region, CLUSTER, "GetRoutingControlState", {"RoutingControlArn": self.controls[name]})
        return answer["RoutingControlState"] if isinstance(answer, dict) else answer

    def known_at_edge(self, name: str) -> Any:
        found = self.world.places["edge"].state[CLUSTER].states.get(self.controls[name])
        return found and found["on"]

    def rule(self, **rule: Any) -> str:
        """A safety rule of the default panel, deployed."""
        kind, arn = ("GatingRule" if "TargetControls" in rule else "AssertionRule"), self.panel
        given = {"ControlPanelArn": arn, "Name": "r", "WaitPeriodMs": 0, "RuleConfig": ONE, **rule}
        made = self.config("CreateSafetyRule", **{kind: given})[kind]
        self.wait(3)
        assert self.config("DescribeSafetyRule", SafetyRuleArn=made["SafetyRuleArn"])[kind]["Status"] == "DEPLOYED"
        return str(made["SafetyRuleArn"])

    def wait(self, seconds: float) -> None:
        simulated.after(self.world, seconds)

    def strike(self, *words: str) -> None:
        self.world.run(self.world.strike(*words))

    def _ask(self, region: str, service: str, operation: str, input: dict[str, Any]) -> Any:
        async def asked() -> Any:
            try:
                return await self.world.places[region].request(service, operation, input, region=region)
            except AwsError as error:
                return error.error_code

        return self.world.run(asked())


@pytest.fixture
def switches() -> Switches:
    return Switches(simulated.world(*FIVE))


def test_a_cluster_has_an_endpoint_in_each_of_five_regions_and_is_deployed(switches: Switches) -> None:
    assert switches.cluster["Status"] == "PENDING"
    now = switches.config("DescribeCluster", ClusterArn=switches.cluster["ClusterArn"])["Cluster"]
    assert now["Status"] == "DEPLOYED"
    assert sorted(each["Region"] for each in now["ClusterEndpoints"]) == sorted(FIVE)
    for each in now["ClusterEndpoints"]:
        assert f".route53-recovery-cluster.{each['Region']}.amazonaws.com/v1" in each["Endpoint"]
    (panel,) = switches.config("ListControlPanels", ClusterArn=now["ClusterArn"])["ControlPanels"]
    assert (panel["DefaultControlPanel"], panel["RoutingControlCount"], panel["Status"]) == (True, 3, "DEPLOYED")


def test_what_one_endpoint_turns_on_all_others_show_at_once_and_the_edge_soon(switches: Switches) -> None:
    for region, wanted in zip(FIVE, ("On", "Off", "On", "Off", "On"), strict=True):
        assert switches.turn(region, east=wanted) == {}
        assert [switches.state(each, "east") for each in FIVE] == [wanted] * 5
        assert switches.state(HOME, "west") == "Off"
    switches.wait(1)
    assert (switches.known_at_edge("east"), switches.known_at_edge("west")) == (True, False)


def test_the_list_names_panels_and_controls(switches: Switches) -> None:
    switches.turn(HOME, west="On")
    input = {"ControlPanelArn": switches.panel, "MaxResults": 2}
    first = switches._ask("eu-west-1", CLUSTER, "ListRoutingControls", input)
    rest = switches._ask("eu-west-1", CLUSTER, "ListRoutingControls", {**input, "NextToken": first["NextToken"]})
    found = [*first["RoutingControls"], *rest["RoutingControls"]]
    assert {each["RoutingControlName"]: each["RoutingControlState"] for each in found} == {
        "east": "Off", "west": "On", "gate": "Off",
    }  # fmt: skip
    assert {each["ControlPanelName"] for each in found} == {"DefaultControlPanel"} and "NextToken" not in rest


@pytest.mark.parametrize("lost", [("us-east-1", "us-west-2"), ("eu-west-1", "ap-southeast-2")])
def test_two_regions_may_be_lost_and_switches_still_turn(switches: Switches, lost: tuple[str, str]) -> None:
    switches.turn("ap-northeast-1", east="On")
    switches.strike("region-outage", lost[0])
    switches.strike("region-outage", lost[1])
    switches.wait(6)
    left = [each for each in FIVE if each not in lost]
    for region in left:
        assert switches.state(region, "east") == "On"
    assert switches.turn(left[0], east="Off", west="On") == {}
    assert [switches.state(region, "west") for region in left] == ["On"] * 3
    switches.wait(1)
    assert (switches.known_at_edge("east"), switches.known_at_edge("west")) == (False, True)
    switches.world.run(switches.world.heal())
    switches.wait(8)
    assert [switches.state(region, "west") for region in lost] == ["On"] * 2


def test_with_three_lost_no_endpoint_answers_and_dns_keeps_what_it_knew(switches: Switches) -> None:
    switches.turn(HOME, east="On")
    for region in FIVE[:3]:
        switches.strike("region-outage", region)
    switches.wait(6)
    assert switches.state("ap-northeast-1", "east") == "EndpointTemporarilyUnavailableException"
    assert switches.turn("ap-southeast-2", east="Off") == "EndpointTemporarilyUnavailableException"
    assert switches.known_at_edge("east") is True


def test_an_assertion_keeps_one_cell_on_unless_it_is_overridden(switches: Switches) -> None:
    switches.turn(HOME, east="On")
    rule = switches.rule(AssertedControls=[switches.controls["east"], switches.controls["west"]])
    assert switches.turn("eu-west-1", east="Off") == "ConflictException"
    assert switches.state("eu-west-1", "east") == "On"
    assert switches.turn("eu-west-1", east="Off", west="On") == {}, "both in one go leave one on"
    assert switches.turn("eu-west-1", rule, west="Off") == {}
    assert [switches.state(HOME, each) for each in ("east", "west")] == ["Off", "Off"]


def test_a_gate_lets_its_targets_be_turned_only_while_it_is_on(switches: Switches) -> None:
    gate, target = [switches.controls["gate"]], [switches.controls["east"]]
    switches.rule(GatingControls=gate, TargetControls=target, RuleConfig=AND)
    assert switches.turn(HOME, east="On") == "ConflictException"
    assert switches.turn(HOME, west="On", gate="On") == {}
    assert switches.turn(HOME, east="On") == {}


def test_within_the_wait_period_nothing_turns_again(switches: Switches) -> None:
    controls = [switches.controls["east"], switches.controls["west"]]
    switches.rule(AssertedControls=controls, WaitPeriodMs=5000)
    assert switches.turn(HOME, east="On") == {}
    assert switches.turn(HOME, west="On") == "ConflictException"
    switches.wait(5)
    assert switches.turn(HOME, west="On") == {}


def test_ten_at_once_and_no_strangers(switches: Switches) -> None:
    entry = {"RoutingControlArn": f"{switches.panel}/routingcontrol/0123456789abcdef", "RoutingControlState": "On"}
    input = {"UpdateRoutingControlStateEntries": [entry] * 11}
    assert switches._ask(HOME, CLUSTER, "UpdateRoutingControlStates", input) == "ServiceLimitExceededException"
    assert switches._ask(HOME, CLUSTER, "UpdateRoutingControlState", entry) == "ResourceNotFoundException"


def test_what_is_used_cannot_be_deleted_and_what_is_deleted_goes_once_all_agree(switches: Switches) -> None:
    rule = switches.rule(AssertedControls=[switches.controls["east"]])
    cluster, panel = {"ClusterArn": switches.cluster["ClusterArn"]}, {"ControlPanelArn": switches.panel}
    assert switches.config("DeleteRoutingControl", RoutingControlArn=switches.controls["east"]) == "ConflictException"
    assert switches.config("DeleteCluster", **cluster) == "ConflictException"
    assert switches.config("DeleteControlPanel", **panel) == "ConflictException"
    switches.config("DeleteSafetyRule", SafetyRuleArn=rule)
    shown = switches.config("DescribeSafetyRule", SafetyRuleArn=rule)["AssertionRule"]
    assert shown["Status"] == "PENDING_DELETION"
    for arn in switches.controls.values():
        assert switches.config("DeleteRoutingControl", RoutingControlArn=arn) == {}
    switches.wait(3)
    assert switches.config("DescribeSafetyRule", SafetyRuleArn=rule) == "ResourceNotFoundException"
    assert switches.state(HOME, "east") == "ResourceNotFoundException"
    assert switches.config("DeleteCluster", **cluster) == {}
    switches.wait(10)
    assert switches.config("ListClusters")["Clusters"] == switches.config("ListControlPanels")["ControlPanels"] == []
    for region in FIVE:
        place = switches.world.places[region]
        assert place.state[CLUSTER].councils.all == {}, f"{region} still takes part"


def test_a_world_of_fewer_regions_has_clusters_of_fewer_members() -> None:
    switches = Switches(simulated.world(HOME))  # us-east-1 is in every world
    assert [each["Region"] for each in switches.cluster["ClusterEndpoints"]] == ["us-east-1", HOME]
    assert switches.turn("us-east-1", east="On") == {}
    assert switches.state(HOME, "east") == "On"


def test_the_control_plane_is_in_one_region_and_the_switches_do_without_it(switches: Switches) -> None:
    switches.strike("region-outage", HOME)
    switches.wait(5)
    assert switches.turn("eu-west-1", east="On") == {}
    assert switches.state("us-east-1", "east") == "On"


def test_a_region_that_begins_anew_has_its_part(switches: Switches) -> None:
    from services.dynamodb.strong_world import replayed

    switches.turn(HOME, east="On", west="On")
    for region in FIVE:
        place = switches.world.places[region]
        again = replayed(place)
        kept = place.state[CLUSTER]
        for name in ("clusters", "log", "states"):
            assert dict(getattr(again.state[CLUSTER], name).items()) == dict(getattr(kept, name).items())


def test_a_health_check_follows_its_routing_control(switches: Switches) -> None:
    config = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": switches.controls["east"]}
    input = {"CallerReference": "1", "HealthCheckConfig": config}
    made = switches._ask("us-east-1", "route53", "CreateHealthCheck", input)["HealthCheck"]["Id"]
    switches.wait(2)
    assert not switches.world.answers.health.healthy(made)
    switches.turn("eu-west-1", east="On")
    switches.wait(1)
    assert switches.world.answers.health.healthy(made)
    found = switches.config("ListAssociatedRoute53HealthChecks", RoutingControlArn=switches.controls["east"])
    assert found["HealthCheckIds"] == [made]
    switches.turn("us-east-1", east="Off")
    switches.wait(1)
    assert not switches.world.answers.health.healthy(made)
