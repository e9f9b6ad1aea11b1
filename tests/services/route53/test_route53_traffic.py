"""Traffic policies, their versions and documents; instances, and the answers they give."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from route53_batches import alias, change, names, record
from route53_edge import Edge, health_check

from terrella.region.region import Region
from terrella.services.route53 import traffic_document, traffic_tree
from terrella.services.route53.errors import InvalidTrafficPolicyDocument

ENDPOINTS = {f"e{n}": {"Type": "value", "Value": f"192.0.2.{n}"} for n in range(1, 5)}


def document(
    start: str = "top", type: str = "A", endpoints: Any = None, version: str = "2015-10-01", **rules: Any
) -> str:
    kind = "StartRule" if rules else "StartEndpoint"
    return json.dumps({
        "AWSPolicyFormatVersion": version, "RecordType": type, kind: start, "Rules": rules,
        "Endpoints": ENDPOINTS if endpoints is None else endpoints,
    })  # fmt: skip


def to(endpoint: str, **more: Any) -> dict[str, Any]:
    return {"EndpointReference": endpoint, **more}


def failover(primary: Any, secondary: Any) -> dict[str, Any]:
    return {"RuleType": "failover", "Primary": primary, "Secondary": secondary}


def geoproximity(*places: Any) -> dict[str, Any]:
    return {"RuleType": "geoproximity", "GeoproximityLocations": list(places)}


def make(route53: Any, text: str, name: str = "policy") -> str:
    return str(route53.create_traffic_policy(Name=name, Document=text)["TrafficPolicy"]["Id"])


def begin(route53: Any, zone: str, policy: str, name: str = "www.example.com", version: int = 1) -> dict[str, Any]:
    made: dict[str, Any] = route53.create_traffic_policy_instance(
        HostedZoneId=zone, Name=name, TTL=30, TrafficPolicyId=policy, TrafficPolicyVersion=version
    )
    return made["TrafficPolicyInstance"]


ONE = document("e1")


def test_versions_are_numbered_and_documents_stay_what_they_were(route53: Any) -> None:
    id = make(route53, ONE)
    second = route53.create_traffic_policy_version(Id=id, Document=document("e2"), Comment="two")["TrafficPolicy"]
    assert (second["Version"], second["Name"], second["Type"], second["Comment"]) == (2, "policy", "A", "two")
    assert route53.get_traffic_policy(Id=id, Version=1)["TrafficPolicy"]["Document"] == ONE
    (summary,) = route53.list_traffic_policies()["TrafficPolicySummaries"]
    assert (summary["LatestVersion"], summary["TrafficPolicyCount"]) == (2, 2)
    renamed = route53.update_traffic_policy_comment(Id=id, Version=1, Comment="one")["TrafficPolicy"]
    assert (renamed["Comment"], renamed["Document"]) == ("one", ONE)
    first = route53.list_traffic_policy_versions(Id=id, MaxItems="1")
    rest = route53.list_traffic_policy_versions(Id=id, TrafficPolicyVersionMarker=first["TrafficPolicyVersionMarker"])
    assert [each["Version"] for each in first["TrafficPolicies"] + rest["TrafficPolicies"]] == [1, 2]


def test_a_deleted_version_is_read_but_no_longer_listed_or_used(route53: Any, zone: str) -> None:
    id = make(route53, ONE)
    route53.delete_traffic_policy(Id=id, Version=1)
    assert route53.get_traffic_policy(Id=id, Version=1)["TrafficPolicy"]["Document"] == ONE
    assert route53.list_traffic_policies()["TrafficPolicySummaries"] == []
    for use in (
        lambda: route53.delete_traffic_policy(Id=id, Version=1),
        lambda: route53.list_traffic_policy_versions(Id=id),
        lambda: route53.create_traffic_policy_version(Id=id, Document=ONE),
        lambda: begin(route53, zone, id),
        lambda: route53.get_traffic_policy(Id="nobody", Version=1),
    ):
        with pytest.raises(route53.exceptions.NoSuchTrafficPolicy):
            use()
    make(route53, ONE)  # its name is free again


def test_the_number_of_a_deleted_version_is_not_given_again(route53: Any) -> None:
    id = make(route53, ONE)
    route53.create_traffic_policy_version(Id=id, Document=document("e2"))
    route53.delete_traffic_policy(Id=id, Version=2)
    assert route53.create_traffic_policy_version(Id=id, Document=ONE)["TrafficPolicy"]["Version"] == 3
    assert route53.get_traffic_policy(Id=id, Version=2)["TrafficPolicy"]["Document"] == document("e2")


def test_policies_are_listed_as_they_were_created_and_bear_different_names(route53: Any) -> None:
    made = [make(route53, ONE, f"p{n}") for n in range(3)]
    with pytest.raises(route53.exceptions.TrafficPolicyAlreadyExists):
        make(route53, ONE, "p1")
    first = route53.list_traffic_policies(MaxItems="2")
    assert first["IsTruncated"] and first["TrafficPolicyIdMarker"] == made[2]
    rest = route53.list_traffic_policies(TrafficPolicyIdMarker=made[2])
    assert [each["Id"] for each in first["TrafficPolicySummaries"] + rest["TrafficPolicySummaries"]] == made
    assert route53.get_account_limit(Type="MAX_TRAFFIC_POLICIES_BY_OWNER")["Count"] == 3


WEIGHTED = {"RuleType": "weighted", "Items": [to("e1", Weight="1")]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        (ONE.replace("2015-10-01", "2015-10-02"), "AWSPolicyFormatVersion"),
        (ONE.replace('"A"', '"NS"'), "RecordType"),
        (document("e9"), "refers to the endpoint e9"),
        (document("gone", top=WEIGHTED), "refers to the rule gone"),
        (document("e1").replace("StartEndpoint", "Start"), "unknown element Start"),
        (document("e1", endpoints={"e1": {"Type": "value", "Value": "nobody"}}), "IllegalIPv4Address"),
        (document("e1", endpoints={"e1": {"Type": "bicycle", "Value": "x"}}), "Type bicycle"),
        (document("e1", endpoints={"e1": {"Type": "cloudfront", "Value": "www.example.org"}}), "type cloudfront"),
        (document("e1", endpoints={"e1": {"Type": "s3-website", "Value": "x"}}), "Region must be"),
        (document(top={"RuleType": "roulette"}), "RuleType must be one of"),
        (document(top={"RuleType": "weighted", "Items": []}), "at least one"),
        (document(top={"RuleType": "weighted", "Items": [to("e1", Weight=256)]}), "between 0 and 255"),
        (document(top={"RuleType": "weighted", "Items": [to("e1")]}), "Weight must be a whole number"),
        (document(top={"RuleType": "weighted", "Items": [{"Weight": 1}]}), "exactly one of EndpointReference"),
        (document(top={"RuleType": "failover", "Primary": to("e1")}), "Secondary must be"),
        (document(top={"RuleType": "latency", "Regions": [to("e1", Region="moon-1")]}), "Region moon-1"),
        (document(top={"RuleType": "latency", "Regions": [to("e1", Region="eu-west-1")] * 2}), "more than once"),
        (document(top={"RuleType": "geo", "Locations": [to("e1", Continent="EU", Country="FR")]}), "not supported"),
        (document(top={"RuleType": "geo", "Locations": [to("e1")]}), "without a place"),
        (document(top={"RuleType": "geo", "Locations": [to("e1", IsDefault="perhaps")]}), "true or false"),
        (document(top={"RuleType": "multivalue", "Items": [{"RuleReference": "top"}]}), "cannot refer to other rules"),
        (document(top=geoproximity(to("e1", Latitude="1.234", Longitude="0"))), "at most two decimals"),
        (document(top=geoproximity(to("e1", Region="eu-west-1", Bias=100))), "between -99 and 99"),
        (document(top=geoproximity(to("e1", Region="eu-west-1", Latitude="1", Longitude="1"))), "either a region or"),
        (
            document(
                top={"RuleType": "weighted", "Items": [{"RuleReference": "low", "Weight": 1}]},
                low={"RuleType": "weighted", "Items": [{"RuleReference": "top", "Weight": 1}]},
            ),
            "in a circle",
        ),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_the_reason(route53: Any, text: str, why: str) -> None:
    with pytest.raises(route53.exceptions.InvalidTrafficPolicyDocument, match=why):
        make(route53, text)


def test_whatever_stands_in_a_document_it_is_read_or_refused() -> None:
    """Every value of documents that are right, replaced by others, twice at a time."""
    rng, read, odd = random.Random(1), 0, (None, True, 7, -1.5, "", "x", "eu-west-1", [], [1], {}, {"Region": []}, [{}])
    nested = {"RuleReference": "b", "Region": "eu-west-1", "EvaluateTargetHealth": "true"}
    whole = json.loads(document(
        top={"RuleType": "latency", "Regions": [nested, to("e1", Region="us-east-1")]},
        b={"RuleType": "geo", "Locations": [to("e2", Country="FR"), {"RuleReference": "c", "IsDefault": True}]},
        c=failover({"RuleReference": "d"}, to("e2", HealthCheck="h")),
        d=geoproximity(to("e1", Region="aws:route53:eu-west-1", Bias=3), to("e2", Latitude="1", Longitude="2")),
        e={"RuleType": "weighted", "Items": [to("e1", Weight=3)]}, f={"RuleType": "multivalue", "Items": [to("e1")]},
    ))  # fmt: skip
    for _ in range(800):
        changed = json.loads(json.dumps(whole))
        for _ in range(rng.randrange(3)):
            places = list(slots(changed))
            where, key = rng.choice(places)
            where[key] = copy.deepcopy(rng.choice(odd))
        try:
            found = traffic_document.read(json.dumps(changed))
        except InvalidTrafficPolicyDocument:
            continue
        tree = traffic_tree.grown(found, "id", "www.example.com.", 60)
        led = [each["TrafficPolicyNode"] for group in tree.values() for each in group if "TrafficPolicyNode" in each]
        assert {"id", *led} - {f"id/{found.start.id}"} <= tree.keys()
        read += 1
    assert 200 < read < 780


def slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document at which a value stands."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from slots(value[key])


def test_an_instance_is_created_then_applied_when_the_edge_has_it(home: Region, route53: Any, zone: str) -> None:
    edge = Edge(home)
    edge.acknowledge()
    policy = make(route53, ONE)
    made = begin(route53, zone, policy)
    assert (made["State"], made["Message"], made["Name"]) == ("Creating", "", "www.example.com.")
    edge.acknowledge()
    applied = route53.get_traffic_policy_instance(Id=made["Id"])["TrafficPolicyInstance"]
    assert applied == made | {"State": "Applied"}
    assert edge.ask("www.example.com") == ["192.0.2.1"] == edge.ask_anew("www.example.com")
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"][-1]
    assert found == {"Name": "www.example.com.", "Type": "A", "TrafficPolicyInstanceId": made["Id"]}
    assert route53.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"] == 1


def test_an_update_passes_to_the_new_version_and_a_deletion_leaves_nothing(
    home: Region, route53: Any, zone: str
) -> None:
    edge, policy = Edge(home), make(route53, ONE)
    edge.acknowledge()
    id = begin(route53, zone, policy)["Id"]
    route53.create_traffic_policy_version(Id=policy, Document=document("e2"))
    newer = route53.update_traffic_policy_instance(Id=id, TTL=5, TrafficPolicyId=policy, TrafficPolicyVersion=2)
    newer = newer["TrafficPolicyInstance"]
    assert (newer["State"], newer["TTL"], newer["TrafficPolicyVersion"]) == ("Updating", 5, 2)
    assert edge.ask("www.example.com") == ["192.0.2.2"]
    with pytest.raises(route53.exceptions.TrafficPolicyInUse):
        route53.delete_traffic_policy(Id=policy, Version=2)
    route53.delete_traffic_policy(Id=policy, Version=1)
    route53.delete_traffic_policy_instance(Id=id)
    assert edge.ask("www.example.com") == [] and ("www.example.com.", "A") not in names(route53, zone)
    with pytest.raises(route53.exceptions.NoSuchTrafficPolicyInstance):
        route53.delete_traffic_policy_instance(Id=id)
    route53.delete_hosted_zone(Id=zone)


def test_an_instance_keeps_its_type_and_its_name_and_type_are_taken(route53: Any, zone: str) -> None:
    policy, six = make(route53, ONE), make(route53, document("s", "AAAA", {"s": {"Value": "2001:db8::1"}}), "six")
    id = begin(route53, zone, policy)["Id"]
    with pytest.raises(route53.exceptions.ConflictingTypes):
        route53.update_traffic_policy_instance(Id=id, TTL=5, TrafficPolicyId=six, TrafficPolicyVersion=1)
    with pytest.raises(route53.exceptions.TrafficPolicyInstanceAlreadyExists):
        begin(route53, zone, policy)
    begin(route53, zone, six)
    with pytest.raises(route53.exceptions.InvalidInput):
        begin(route53, zone, policy, "www.example.org")
    for name in "abc":
        begin(route53, zone, policy, f"{name}.example.com")
    with pytest.raises(route53.exceptions.TooManyTrafficPolicyInstances):
        begin(route53, zone, policy, "sixth.example.com")


def test_an_instances_record_is_changed_with_the_instance_only(home: Region, route53: Any, zone: str) -> None:
    edge, id = Edge(home), begin(route53, zone, make(route53, ONE))["Id"]
    own = {"Name": "www.example.com", "Type": "A", "TrafficPolicyInstanceId": id}
    for action, given in (("UPSERT", record("www.example.com", "192.0.2.9")), ("UPSERT", own), ("CREATE", own)):
        with pytest.raises(route53.exceptions.InvalidChangeBatch, match="traffic policy instance"):
            change(route53, zone, (action, given))
    assert edge.ask("www.example.com") == ["192.0.2.1"]
    change(route53, zone, ("DELETE", own))  # which AWS allows, and the instance stays
    assert edge.ask("www.example.com") == []
    assert route53.get_traffic_policy_instance(Id=id)["TrafficPolicyInstance"]["Id"] == id
    route53.delete_traffic_policy_instance(Id=id)


def test_what_cannot_be_applied_is_failed_and_says_why(home: Region, route53: Any, zone: str) -> None:
    edge, policy = Edge(home), make(route53, ONE)
    change(route53, zone, ("CREATE", record("www.example.com", "192.0.2.77")))
    failed = begin(route53, zone, policy)
    assert failed["State"] == "Failed" and "already exists" in failed["Message"]
    assert edge.ask("www.example.com") == ["192.0.2.77"]
    change(route53, zone, ("DELETE", record("www.example.com", "192.0.2.77")))
    again = {"Id": failed["Id"], "TTL": 30, "TrafficPolicyId": policy}
    route53.update_traffic_policy_instance(**again, TrafficPolicyVersion=1)
    assert edge.ask("www.example.com") == ["192.0.2.1"]
    unknown = document(top=failover(to("e2", HealthCheck="nobody"), to("e3")))
    route53.create_traffic_policy_version(Id=policy, Document=unknown)
    route53.update_traffic_policy_instance(**again, TrafficPolicyVersion=2)
    found = route53.get_traffic_policy_instance(Id=failed["Id"])["TrafficPolicyInstance"]
    assert (found["State"], "nobody does not exist" in found["Message"]) == ("Failed", True)
    assert edge.ask("www.example.com") == ["192.0.2.1"]


def near(edge: Edge) -> list[list[str]]:
    return [edge.ask("www.example.com", place) for place in ("us-east-1", "eu-west-1", "ap-northeast-1")]


def test_latency_leads_to_failover_and_backs_out_of_what_is_down(home: Region, route53: Any, zone: str) -> None:
    edge = Edge(home)
    one, two = health_check(route53, "127.10.1.1"), health_check(route53, "127.10.1.2")
    text = document(
        top={"RuleType": "latency", "Regions": [
            {"RuleReference": "west", "Region": "us-east-1", "EvaluateTargetHealth": "true"},
            to("e3", Region="eu-west-1"),
        ]},
        west=failover(to("e1", HealthCheck=one), to("e2", HealthCheck=two)),
    )  # fmt: skip
    begin(route53, zone, make(route53, text))
    assert near(edge)[:2] == [["192.0.2.1"], ["192.0.2.3"]]
    edge.answers.health.tell(one, False)
    assert edge.ask("www.example.com") == ["192.0.2.2"]
    edge.answers.health.tell(two, False)
    assert edge.ask("www.example.com") == ["192.0.2.3"]  # nothing of the branch is healthy: the next region


def test_a_branch_that_does_not_evaluate_health_is_not_backed_out_of(home: Region, route53: Any, zone: str) -> None:
    edge, check = Edge(home), health_check(route53, "127.10.1.1")
    text = document(
        top=failover({"RuleReference": "low"}, to("e2")),
        low={"RuleType": "weighted", "Items": [to("e1", Weight=1, HealthCheck=check)]},
    )
    begin(route53, zone, make(route53, text))
    edge.follow()
    edge.answers.health.tell(check, False)
    assert edge.ask("www.example.com") == ["192.0.2.1"]


PLACES: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("geo", lambda: {"RuleType": "geo", "Locations": [
        to("e1", IsDefault="true"), to("e2", Continent="EU"), to("e3", Country="JP"),
    ]}),
    ("geoproximity", lambda: geoproximity(
        to("e1", Region="aws:route53:us-east-1"), to("e2", Latitude="53.3", Longitude="-6.2"),
        to("e3", Region="ap-northeast-1", Bias="5"),
    )),
    ("latency", lambda: {"RuleType": "latency", "Regions": [
        to("e1", Region="us-east-1"), to("e2", Region="eu-west-1"), to("e3", Region="ap-northeast-1"),
    ]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rule"), PLACES, ids=[kind for kind, _ in PLACES])
def test_rules_that_look_at_the_asker(home: Region, route53: Any, zone: str, kind: str, rule: Any) -> None:
    begin(route53, zone, make(route53, document(top=rule())))
    assert near(Edge(home)) == [["192.0.2.1"], ["192.0.2.2"], ["192.0.2.3"]]


def test_weights_and_several_values(home: Region, route53: Any, zone: str) -> None:
    edge = Edge(home)
    many = {"RuleType": "multivalue", "Items": [to("e1"), to("e2"), to("e3")]}
    begin(route53, zone, make(route53, document(top=many)))
    assert edge.ask("www.example.com") == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    uneven = {"RuleType": "weighted", "Items": [to("e1", Weight="0"), to("e4", Weight="255")]}
    begin(route53, zone, make(route53, document(top=uneven), "uneven"), "w.example.com")
    assert {tuple(edge.ask("w.example.com")) for _ in range(20)} == {("192.0.2.4",)}


def test_locations_of_the_newer_format(home: Region, route53: Any, zone: str) -> None:
    places = [
        to("e1", Location={"Type": "Region", "LocationName": "aws:route53:us-east-1"}),
        to("e2", Location={"Type": "Coordinate", "Latitude": "53.3", "Longitude": "-6.2"}),
        to("e3", Location={"Type": "LocalZone", "LocationName": "aws:route53:ap-northeast-1-tpe-1"}),
    ]
    begin(route53, zone, make(route53, document(version="2023-05-09", top=geoproximity(*places))))
    assert near(Edge(home)) == [["192.0.2.1"], ["192.0.2.2"], ["192.0.2.3"]]


def test_endpoints_of_aws_and_of_other_types(home: Region, route53: Any, zone: str) -> None:
    edge = Edge(home)
    for kind, value in (
        ("application-load-balancer", "app.eu-west-1.elb.amazonaws.com"),
        ("elastic-load-balancer", "old.eu-west-1.elb.amazonaws.com"),
        ("network-load-balancer", "net.elb.eu-west-1.amazonaws.com"),
        ("cloudfront", "d111111abcdef8.cloudfront.net"),
        ("elastic-beanstalk", "app.eu-west-1.elasticbeanstalk.com"),
    ):
        make(route53, document("e", endpoints={"e": {"Type": kind, "Value": value}}), kind)
    site = {"e": {"Type": "s3-website", "Region": "eu-west-1", "Value": "www.example.com"}}
    begin(route53, zone, make(route53, document("e", endpoints=site), "site"))
    assert edge.ask("www.example.com") == [edge.ask("s3-website-eu-west-1.amazonaws.com")[0]]
    name = {"e": {"Type": "value", "Value": "elsewhere.example.org"}}
    begin(route53, zone, make(route53, document("e", "CNAME", name), "name"), "c.example.com")
    assert edge.ask("c.example.com", type="CNAME") == ["elsewhere.example.org."]


def test_an_alias_may_lead_to_a_policy_record_and_sees_its_health(home: Region, route53: Any, zone: str) -> None:
    edge, check = Edge(home), health_check(route53, "127.10.1.1")
    top = failover(to("e1", HealthCheck=check), to("e2", HealthCheck=check))
    begin(route53, zone, make(route53, document(top=top)))
    change(
        route53, zone,
        ("CREATE", alias("a.example.com", zone, "www.example.com", health=True, SetIdentifier="1", Failover="PRIMARY")),
        ("CREATE", record("a.example.com", "192.0.2.50", SetIdentifier="2", Failover="SECONDARY")),
    )  # fmt: skip
    assert edge.ask("a.example.com") == ["192.0.2.1"]
    edge.answers.health.tell(check, False)
    assert edge.ask("a.example.com") == ["192.0.2.50"]
    assert edge.ask("www.example.com") == ["192.0.2.1"]  # by itself it answers as though all were healthy


def test_instances_are_listed_by_zone_policy_and_page(route53: Any, zone: str) -> None:
    other = route53.create_hosted_zone(Name="example.net", CallerReference="2")["HostedZone"]["Id"][12:]
    policy, second = make(route53, ONE), make(route53, ONE, "second")
    made = [begin(route53, zone, policy, f"{name}.example.com") for name in "ab"]
    made.append(begin(route53, other, second, "a.example.net"))
    first = route53.list_traffic_policy_instances(MaxItems="1")
    rest = route53.list_traffic_policy_instances(
        **{f"{key}Marker": first[f"{key}Marker"] for key in (
            "HostedZoneId", "TrafficPolicyInstanceName", "TrafficPolicyInstanceType"
        )}
    )  # fmt: skip
    found = first["TrafficPolicyInstances"] + rest["TrafficPolicyInstances"]
    assert first["IsTruncated"] and sorted(each["Id"] for each in found) == sorted(each["Id"] for each in made)
    here = route53.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=zone, MaxItems="1")
    after = route53.list_traffic_policy_instances_by_hosted_zone(
        HostedZoneId=zone, TrafficPolicyInstanceNameMarker=here["TrafficPolicyInstanceNameMarker"],
        TrafficPolicyInstanceTypeMarker=here["TrafficPolicyInstanceTypeMarker"],
    )  # fmt: skip
    assert [each["Name"] for each in here["TrafficPolicyInstances"] + after["TrafficPolicyInstances"]] == [
        "a.example.com.", "b.example.com.",
    ]  # fmt: skip
    by = route53.list_traffic_policy_instances_by_policy(TrafficPolicyId=second, TrafficPolicyVersion=1)
    assert [each["Id"] for each in by["TrafficPolicyInstances"]] == [made[2]["Id"]]
