"""Accelerated recovery: when us-east-1 is lost for long, zones that have it are changed in us-west-2."""

from __future__ import annotations

from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.edge import questions
from terrella.gameday import scenario, verdict
from terrella.region.region import Region
from terrella.world.simulated import SimulatedWorld

HOME, STANDBY, OTHER = "us-east-1", "us-west-2", "eu-west-1"
MINUTE = 60.0


class Story:
    """A world with two zones, one of which has accelerated recovery."""

    def __init__(self) -> None:
        self.world: SimulatedWorld = simulated.world(STANDBY, OTHER)
        self.fast, self.plain = self.zone("fast.test"), self.zone("plain.test")
        self.ask("UpdateHostedZoneFeatures", HostedZoneId=self.fast, EnableAcceleratedRecovery=True)
        self.put(self.fast, "1.1.1.1")
        self.sleep(2 * MINUTE)

    def ask(self, operation: str, at: str = HOME, **input: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.world.run(self.world.call(at, "route53", operation, input))
        return found

    def zone(self, name: str) -> str:
        made = self.ask("CreateHostedZone", Name=name, CallerReference=name)
        return str(made["HostedZone"]["Id"].removeprefix("/hostedzone/"))

    def put(self, zone: str, value: str, at: str = HOME) -> str:
        """The id of the change."""
        name = "www.fast.test" if zone == self.fast else "www.plain.test"
        record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        made = self.ask("ChangeResourceRecordSets", at, HostedZoneId=zone, ChangeBatch=batch)
        return str(made["ChangeInfo"]["Id"])

    def refused(self, operation: str, at: str = HOME, **input: Any) -> str:
        with pytest.raises(AwsError) as refusal:
            self.ask(operation, at, **input)
        return refusal.value.error_code

    def status(self, change: str, at: str = HOME) -> str:
        return str(self.ask("GetChange", at, Id=change)["ChangeInfo"]["Status"])

    def strike(self, *words: str) -> None:
        self.world.run(self.world.strike(*words))

    def heal(self) -> None:
        self.world.run(self.world.heal())

    def sleep(self, seconds: float) -> None:
        simulated.after(self.world, seconds)

    def answered(self, name: str = "www.fast.test.") -> list[str]:
        """What the edge says."""
        question = {"kind": "test_dns_answer", "zone": "", "name": name, "type": "A"}
        answers = self.world.answers
        found: list[str] = questions.answer(question, answers.server, answers.health)["records"]
        return found

    def endpoint(self) -> str:
        question = {"kind": "resolve", "name": "route53.amazonaws.com", "type": "A"}
        return str(self.world.answers.answer(question)["records"][0])

    def held(self, place: str, zone: str) -> dict[str, Any]:
        """The record sets of a zone in a place."""
        region: Region = self.world.places[place]
        return {key: group for key, group in region.state["route53"].records.items() if key.startswith(zone)}


@pytest.fixture
def story() -> Story:
    return Story()


def test_within_the_hour_a_zone_that_has_it_is_changed_in_us_west_2(story: Story) -> None:
    story.strike("control-plane-outage", "*", HOME)
    story.sleep(40 * MINUTE)
    assert story.refused("ChangeResourceRecordSets", STANDBY, **upsert(story.fast)) == "ServiceUnavailable"
    assert story.endpoint() == "127.10.1.1"
    story.sleep(10 * MINUTE)
    change = story.put(story.fast, "2.2.2.2", at=OTHER)  # any region passes it on
    story.sleep(1)
    assert story.answered() == ["2.2.2.2"] and story.endpoint() == "127.10.4.1"
    assert story.status(change, STANDBY) == "INSYNC"
    zones = story.ask("ListHostedZones", STANDBY)["HostedZones"]
    assert [(zone["Name"], zone["Features"]["AcceleratedRecoveryStatus"]) for zone in zones] == [
        ("fast.test.", "ENABLED")
    ]


def test_meanwhile_nothing_else_can_be_changed(story: Story) -> None:
    story.strike("control-plane-outage", "*", HOME)
    story.sleep(50 * MINUTE)
    other = {"HostedZoneId": story.plain}
    for operation, input in (
        ("CreateHostedZone", {"Name": "new.test", "CallerReference": "new"}), ("ListHealthChecks", {}),
        ("GetDNSSEC", {"HostedZoneId": story.fast}), ("ChangeResourceRecordSets", upsert(story.plain)),
        ("ListResourceRecordSets", other), ("GetHostedZone", {"Id": story.plain}),
    ):  # fmt: skip
        assert story.refused(operation, STANDBY, **input) == "ServiceUnavailable", operation
    for operation in ("ListReusableDelegationSets", "GetHostedZoneCount", "ListGeoLocations", "ListHostedZonesByName"):
        story.ask(operation, STANDBY)
    assert story.ask("GetHostedZone", STANDBY, Id=story.fast)["HostedZone"]["ResourceRecordSetCount"] == 3


def test_it_goes_back_without_losing_anything_and_all_places_agree(story: Story) -> None:
    story.strike("region-outage", HOME)
    story.sleep(50 * MINUTE)
    change = story.put(story.fast, "2.2.2.2", STANDBY)
    story.heal()
    story.sleep(MINUTE)
    assert story.refused("ChangeResourceRecordSets", **upsert(story.fast)) == "ServiceUnavailable"
    story.put(story.plain, "3.3.3.3")  # which never left
    last = story.put(story.fast, "2.2.2.3", STANDBY)
    story.sleep(15 * MINUTE)
    assert story.endpoint() == "127.10.1.1"
    assert story.status(change) == story.status(last) == "INSYNC"
    story.put(story.fast, "2.2.2.4", at=STANDBY)  # which passes it on again
    story.sleep(1)
    assert story.answered() == ["2.2.2.4"] and story.answered("www.plain.test.") == ["3.3.3.3"]
    assert story.held(HOME, story.fast) == story.held(STANDBY, story.fast) == story.held("edge", story.fast)


def test_what_us_west_2_never_heard_of_is_stranded_wherever_it_got(story: Story) -> None:
    story.strike("partition", HOME, STANDBY)
    reached = story.put(story.fast, "9.9.9.9")  # the edge
    story.sleep(1)
    assert story.answered() == ["9.9.9.9"]
    story.strike("partition", HOME, "edge")
    stranded = story.put(story.fast, "8.8.8.8")
    assert story.status(stranded) == "PENDING"
    story.sleep(50 * MINUTE)
    assert story.answered() == ["1.1.1.1"], "as us-west-2 has it"
    late = story.put(story.fast, "7.7.7.7")  # us-east-1 does not know yet that nobody listens
    story.put(story.fast, "2.2.2.2", STANDBY)
    story.heal()
    story.sleep(5)
    assert story.answered() == ["2.2.2.2"]
    for change in (reached, stranded, late):
        assert story.refused("GetChange", Id=change) == "NoSuchChange"
    story.sleep(15 * MINUTE)
    story.put(story.fast, "4.4.4.4")
    story.sleep(1)
    assert story.answered() == ["4.4.4.4"]
    assert story.held(HOME, story.fast) == story.held(STANDBY, story.fast) == story.held("edge", story.fast)


def test_who_is_himself_cut_off_takes_nothing_over(story: Story) -> None:
    story.strike("partition", HOME, STANDBY)
    story.sleep(120 * MINUTE)
    assert story.endpoint() == "127.10.1.1"
    change = story.put(story.fast, "5.5.5.5")
    story.sleep(1)
    assert story.answered() == ["5.5.5.5"] and story.status(change) == "INSYNC"
    story.heal()
    story.strike("region-outage", HOME)
    story.strike("partition", STANDBY, "edge")
    story.sleep(120 * MINUTE)
    assert story.world.places[STANDBY].state["route53"].control.get("now") is None


def test_an_edge_that_starts_anew_knows_who_is_in_charge(story: Story) -> None:
    story.strike("region-outage", HOME)
    story.sleep(50 * MINUTE)
    answers = story.world.answers
    answers.__init__(answers._network, story.world.chance("anew"), story.world.regions, 1.0)  # type: ignore[misc]
    answers.load(story.world.places["edge"])
    assert story.endpoint() == "127.10.4.1" and story.answered() == ["1.1.1.1"]


def test_turned_off_the_copy_is_gone(story: Story) -> None:
    story.ask("UpdateHostedZoneFeatures", HostedZoneId=story.fast, EnableAcceleratedRecovery=False)
    story.sleep(2 * MINUTE)
    found = story.ask("GetHostedZone", Id=story.fast)["HostedZone"]
    assert found["Features"]["AcceleratedRecoveryStatus"] == "DISABLED"
    assert not story.held(STANDBY, story.fast) and not len(story.world.places[STANDBY].state["route53"].zones)
    story.strike("region-outage", HOME)
    story.sleep(120 * MINUTE)
    assert story.endpoint() == "127.10.1.1"


def upsert(zone: str) -> dict[str, Any]:
    record = {"Name": "a.fast.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "6.6.6.6"}]}
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}}


@pytest.mark.long
def test_the_game_day_keeps_its_promises() -> None:
    story = scenario.load("accelerated_recovery")
    found = verdict.judge(story, simulated.tell("accelerated_recovery")).to_dict()
    assert found["ok"], found["expectations"]
    assert found["findings"]["recovery"]["values"]["without"] is None
