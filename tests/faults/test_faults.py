"""Faults: their words, their travel as plain data, and what they do to packets and requests."""

import random
import re
from pathlib import Path

import pytest

from terrella import faults
from terrella.core.errors import ServiceUnavailable
from terrella.faults.control_plane_outage import changes_configuration
from terrella.net.network import Network

DOCS = Path(__file__).parents[2] / "docs" / "faults"


def struck(kind: str, *words: str) -> Network:
    return Network(rng=random.Random(1), faults=(faults.parse(kind, words),))


def lands(network: Network, source: str, target: str) -> bool:
    crossed = network.cross(source, target, 0.0) is not None
    assert crossed == network.reachable(source, target)
    return crossed


def test_every_kind_has_a_page() -> None:
    pages = {path.stem.replace("_", "-") for path in DOCS.glob("*.md")} - {"README"}
    assert pages == set(faults.kind_names())


def test_a_lost_region_is_black_both_ways_for_its_checkers_and_for_the_operator() -> None:
    network = struck("region-outage", "eu-west-1")
    for other in ("tokyo", "us-east-1", "operator", "edge", "eu-west-1"):
        assert not lands(network, "eu-west-1", other)
        assert not lands(network, other, "eu-west-1")
    assert not lands(network, "checker-eu-west-1", "us-east-1")
    assert lands(network, "dublin", "us-east-1")


def test_healing_is_replacing_the_faults_in_force() -> None:
    network = struck("region-outage", "eu-west-1")
    network.faults = ()
    assert lands(network, "tokyo", "eu-west-1")


def test_a_partition_cuts_between_its_sides_only() -> None:
    network = struck("partition", "us-east-1,new-york", "eu-west-1")
    assert not lands(network, "us-east-1", "eu-west-1")
    assert not lands(network, "eu-west-1", "new-york")
    assert not lands(network, "checker-us-east-1", "eu-west-1")
    assert lands(network, "us-east-1", "new-york")
    assert lands(network, "operator", "eu-west-1")
    assert lands(network, "tokyo", "eu-west-1")


def test_a_partition_from_everything_else_leaves_the_inside_alone() -> None:
    network = struck("partition", "eu-west-1,dublin")
    assert lands(network, "dublin", "eu-west-1")
    assert not lands(network, "tokyo", "dublin")
    assert lands(network, "tokyo", "us-east-1")


def test_latency_comes_on_top_of_distance() -> None:
    network = struck("latency", "eu-west-1", "250ms", "--other", "us-east-1")
    plain = Network().one_way("us-east-1", "eu-west-1")
    assert network.cross("us-east-1", "eu-west-1", 0.0) == pytest.approx(plain + 0.25, abs=0.002)
    assert network.cross("us-east-1", "us-west-2", 0.0) == pytest.approx(0.0317, abs=0.003)
    late = [struck("latency", "*", "1s", "jitter=2s").cross("tokyo", "edge", 0.0) for _ in range(3)]
    assert all(1 < at < 3.1 for at in late if at is not None)


def test_loss_takes_its_share() -> None:
    network = struck("loss", "tokyo", "20%")
    lost = sum(network.cross("tokyo", "us-east-1", 0.0) is None for _ in range(2000))
    assert 340 < lost < 460
    assert network.reachable("tokyo", "us-east-1")
    assert not lands(struck("loss", "tokyo", "1"), "tokyo", "us-east-1")


def test_faults_add_up() -> None:
    network = Network(
        rng=random.Random(1),
        faults=(faults.parse("latency", ["tokyo", "1s"]), faults.parse("latency", ["us-east-1", "1s"])),
    )
    assert (network.cross("tokyo", "us-east-1", 0.0) or 0) > 2


def test_a_dead_control_plane_refuses_changes_and_answers_questions() -> None:
    fault = faults.parse("control-plane-outage", ["route53"])
    with pytest.raises(ServiceUnavailable):
        fault.on_request("route53", "ChangeResourceRecordSets", "us-east-1")
    for service, operation in (
        ("route53", "ListHostedZones"), ("route53", "TestDNSAnswer"), ("dynamodb", "CreateTable"),
    ):  # fmt: skip
        fault.on_request(service, operation, "us-east-1")


def test_a_dead_control_plane_stays_where_it_is() -> None:
    fault = faults.parse("control-plane-outage", ["*", "us-east-1"])
    with pytest.raises(ServiceUnavailable):
        fault.on_request("dynamodb", "CreateTable", "us-east-1")
    fault.on_request("dynamodb", "CreateTable", "eu-west-1")


@pytest.mark.parametrize(
    ("service", "operation", "changes"),
    [
        ("dynamodb", "PutItem", False),
        ("dynamodb", "BatchWriteItem", False),
        ("dynamodb", "UpdateTable", True),
        ("dynamodb", "TransactWriteItems", False),
        ("s3", "PutObject", False),
        ("s3", "PutBucketPolicy", True),
        ("s3", "CompleteMultipartUpload", False),
        ("s3", "UploadPart", False),
        ("lambda", "Invoke", False),
        ("lambda", "PublishVersion", True),
        ("sqs", "SendMessage", False),
        ("iam", "AttachRolePolicy", True),
        ("cloudformation", "ExecuteChangeSet", True),
        ("rds", "FailoverGlobalCluster", True),
        ("elbv2", "SetRulePriorities", True),
        ("route53", "GetChange", False),
        ("lambda", "AddPermission", True),
    ],
)
def test_the_control_plane_is_what_changes_configuration(service: str, operation: str, changes: bool) -> None:
    assert changes_configuration(service, operation) is changes


def test_process_faults_say_what_is_to_be_done() -> None:
    assert faults.parse("process-kill", ["eu-west-1"]).on_process() == faults.ProcessHarm("eu-west-1", "kill")
    assert faults.parse("pause", ["edge"]).on_process() == faults.ProcessHarm("edge", "pause")


EXAMPLES = [
    ("region-outage", ["eu-west-1"]),
    ("zone-outage", ["eu-west-1a"]),
    ("partition", ["us-east-1,tokyo", "eu-west-1"]),
    ("partition", ["tokyo"]),
    ("latency", ["tokyo", "100ms", "10ms"]),
    ("loss", ["*", "0.5"]),
    ("process-kill", ["us-east-1"]),
    ("pause", ["edge"]),
    ("control-plane-outage", []),
    ("control_plane_outage", ["iam", "--region=us-east-1"]),
]


@pytest.mark.parametrize(("kind", "words"), EXAMPLES)
def test_a_fault_travels_as_plain_data_and_speaks_for_itself(kind: str, words: list[str]) -> None:
    fault = faults.parse(kind, words)
    assert faults.from_dict(faults.to_dict(fault)) == fault
    assert len(faults.describe(fault)) > 10


def test_there_is_an_example_of_every_kind() -> None:
    assert {kind.replace("_", "-") for kind, _ in EXAMPLES} == set(faults.kind_names())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("region-outag eu-west-1", "Did you mean region-outage"),
        ("region-outage", "region-outage needs region. Usage: region-outage REGION"),
        ("region-outage eu-west1", "Did you mean eu-west-1"),
        ("region-outage tokyo", "no region called 'tokyo'"),
        ("region-outage eu-west-1 now", "does not know what to do with 'now'"),
        ("region-outage eu-west-1 --for 5m", "has no 'for'"),
        ("region-outage --region", "--region needs a value"),
        ("region-outage eu-west-1 region=us-east-1", "region twice"),
        ("latency tokyo soon", "'soon' is no duration"),
        ("loss tokyo 150%", "'150%' is no share"),
        ("loss tokyo minus", "'minus' is no share"),
        ("partition tokyo tokyo", "tokyo cannot be on both sides"),
        ("partition , tokyo", "no place in an empty list"),
        ("control-plane-outage Route53!", "no service called 'Route53!'. Did you mean route53"),
        ("control-plane-outage us-east-1", "'*' us-east-1 is all of them there"),
        ("pause tokyo", "no region called 'tokyo'"),
    ],
)
def test_wrong_words_get_a_clear_sentence(words: str, said: str) -> None:
    kind, *rest = words.split()
    with pytest.raises(faults.FaultError, match=re.escape(said)):
        faults.parse(kind, rest)


@pytest.mark.parametrize(
    "data", [{}, {"kind": "loss"}, {"kind": "loss", "place": "tokyo", "probability": 1, "x": 1}, {"kind": 3}]
)
def test_wrong_data_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(faults.FaultError):
        faults.from_dict(data)


def test_a_lost_zone_takes_its_own_addresses_only() -> None:
    network = struck("zone-outage", "euw1-az3")
    for other in ("tokyo", "operator", "eu-west-1b", "checker-us-east-1"):
        assert not lands(network, "eu-west-1a", other)
        assert not lands(network, other, "eu-west-1a")
    assert lands(network, "tokyo", "eu-west-1b")
    assert lands(network, "tokyo", "eu-west-1")


def test_harm_to_a_region_is_harm_to_its_zones() -> None:
    for kind, *words in (["region-outage", "eu-west-1"], ["partition", "eu-west-1"], ["loss", "eu-west-1", "100%"]):
        assert not lands(struck(kind, *words), "tokyo", "eu-west-1a")
    late = struck("latency", "eu-west-1", "1s")
    assert (late.cross("tokyo", "eu-west-1a", 0.0) or 0) > 1.0
