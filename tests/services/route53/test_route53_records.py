"""Record sets: batches all or nothing, refusals in Route 53's words, listed in its order."""

from __future__ import annotations

from typing import Any

import pytest
from route53_batches import alias, change, names, record

from terrella.region.region import Region
from terrella.services.route53.state import State

WWW = record("www.example.com", "192.0.2.1")


def refused(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> str:
    with pytest.raises(route53.exceptions.InvalidChangeBatch) as refusal:
        change(route53, zone, *changes)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    message: str = refusal.value.response["Error"]["Message"]
    assert message[0] == "[" and message[-1] == "]"
    return message[1:-1]


def weighted(name: str, id: str, weight: int = 1, **more: Any) -> dict[str, Any]:
    return record(name, "192.0.2.1", SetIdentifier=id, Weight=weight, **more)


def test_a_record_set_comes_back_as_it_was_put(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", record("WWW.Example.com", "192.0.2.1", "192.0.2.2", ttl=0)))
    found = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www.example.com")
    assert found["ResourceRecordSets"] == [record("www.example.com.", "192.0.2.1", "192.0.2.2", ttl=0)]


def test_a_batch_is_all_or_nothing(route53: Any, zone: str) -> None:
    before = names(route53, zone)
    refused(route53, zone, ("CREATE", WWW), ("DELETE", record("absent.example.com", "192.0.2.1")))
    assert names(route53, zone) == before


def test_every_reason_is_in_the_refusal(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    reasons = refused(
        route53, zone, ("CREATE", WWW), ("DELETE", record("gone.example.com", "192.0.2.1")),
        ("CREATE", record("a.example.org", "192.0.2.1")),
    )  # fmt: skip
    assert reasons == (
        "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists, "
        "Tried to delete resource record set [name='gone.example.com.', type='A'] but it was not found, "
        "RRSet with DNS name a.example.org. is not permitted in zone example.com."
    )


def test_deleting_needs_the_very_values(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", record("m.example.com", "192.0.2.1", "192.0.2.2")))
    assert "the values provided do not match the current values" in refused(
        route53, zone, ("DELETE", record("m.example.com", "192.0.2.1"))
    )
    change(route53, zone, ("DELETE", record("m.example.com", "192.0.2.2", "192.0.2.1")))


def test_a_zone_keeps_its_own_records(route53: Any, zone: str) -> None:
    own = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert refused(route53, zone, ("DELETE", own[0]), ("DELETE", own[1])) == (
        "A HostedZone must contain at least one NS record for the zone itself., "
        "A HostedZone must contain exactly one SOA record."
    )


def test_a_cname_stands_alone(route53: Any, zone: str) -> None:
    cname = record("www.example.com", "elsewhere.net", type="CNAME")
    change(route53, zone, ("CREATE", WWW))
    assert refused(route53, zone, ("CREATE", cname)) == (
        "RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other "
        "records with the same DNS name in zone example.com."
    )
    change(route53, zone, ("DELETE", WWW), ("CREATE", cname))
    assert refused(route53, zone, ("CREATE", WWW)) == (
        "RRSet of type A with DNS name www.example.com. is not permitted because a conflicting RRSet of "
        "type  CNAME with the same DNS name already exists in zone example.com."
    )
    apex = record("example.com", "elsewhere.net", type="CNAME")
    assert "is not permitted at apex in zone example.com." in refused(route53, zone, ("CREATE", apex))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "none"),
        ({"TTL": 60}, "none"),
        (record("a.example.com", "192.0.2.1") | alias("a.example.com", "Z1", "b"), "more than one"),
        ({"TTL": 60} | alias("a.example.com", "Z1", "b"), "more than one"),
    ],
)
def test_a_record_set_is_values_or_an_alias(
    route53: Any, zone: str, given: dict[str, Any], found: str
) -> None:
    with pytest.raises(route53.exceptions.InvalidInput) as refusal:
        change(route53, zone, ("CREATE", {"Name": "a.example.com", "Type": "A"} | given))
    assert refusal.value.response["Error"]["Message"] == (
        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
        f"TrafficPolicyInstanceId], but found {found} in Change with [Action=CREATE, Name=a.example.com, "
        "Type=A, SetIdentifier=null]"
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Weight": 1}, "Missing field 'SetIdentifier'"),
        ({"SetIdentifier": "x"}, "but found none in Change"),
        ({"SetIdentifier": "x", "Weight": 1, "Region": "eu-west-1"}, "but found more than one in Change"),
    ],
)
def test_an_identifier_goes_with_exactly_one_policy(
    route53: Any, zone: str, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(route53.exceptions.InvalidInput, match=message):
        change(route53, zone, ("CREATE", record("a.example.com", "192.0.2.1", **more)))


def test_a_group_follows_one_policy(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    assert refused(route53, zone, ("CREATE", weighted("www.example.com", "blue"))) == (
        "RRSet with DNS name www.example.com., type A, SetIdentifier blue cannot be created as a "
        "non-weighted set exists with the same name and type."
    )
    change(route53, zone, ("DELETE", WWW), ("CREATE", weighted("www.example.com", "blue")))
    assert refused(route53, zone, ("UPSERT", WWW)) == (
        "RRSet with DNS name www.example.com., type A cannot be created as other RRSets exist with the same "
        "name and type."
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Region": "eu-west-1"}, {"Region": "us-east-1"}),
        ({"Failover": "PRIMARY"}, {"Failover": "SECONDARY"}),
        ({"GeoLocation": {"ContinentCode": "EU"}}, {"GeoLocation": {"CountryCode": "*"}}),
    ],
)
def test_members_of_a_group_differ_in_what_tells_them_apart(
    route53: Any, zone: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    change(route53, zone, ("CREATE", record("to.example.com", "192.0.2.1")))

    def member(id: str, policy: dict[str, Any]) -> dict[str, Any]:
        return alias("www.example.com", zone, "to.example.com", SetIdentifier=id, **policy)

    change(route53, zone, ("CREATE", member("a", one)), ("CREATE", member("b", other)))
    assert "cannot be created" in refused(route53, zone, ("CREATE", member("c", one)))
    change(route53, zone, ("UPSERT", member("a", one)))


def test_two_latency_records_of_one_region_are_refused_in_route_53s_words(route53: Any, zone: str) -> None:
    here = {"Region": "eu-west-1"}
    change(route53, zone, ("CREATE", record("l.example.com", "192.0.2.1", SetIdentifier="a", **here)))
    assert refused(
        route53, zone, ("CREATE", record("l.example.com", "192.0.2.1", SetIdentifier="b", **here))
    ) == (
        "RRSet with DNS name l.example.com., type A, SetIdentifier b, and Region Name=eu-west-1 cannot be "
        "created because a latency RRSet with the same name, type and region already exists."
    )


def test_a_primary_that_is_no_alias_needs_a_health_check(route53: Any, zone: str) -> None:
    primary = record("f.example.com", "192.0.2.1", SetIdentifier="a", Failover="PRIMARY")
    assert refused(route53, zone, ("CREATE", primary)) == (
        "A non-alias primary ResourceRecordSet must have an associated health check."
    )


@pytest.mark.parametrize(
    "location",
    [
        {"ContinentCode": "EU", "CountryCode": "DE"},
        {"CountryCode": "BV"},
        {"CountryCode": "US", "SubdivisionCode": "ZZ"},
        {"CountryCode": "DE", "SubdivisionCode": "BY"},
    ],
)
def test_a_geolocation_is_a_place_of_the_table(route53: Any, zone: str, location: dict[str, str]) -> None:
    given = record("www.example.com", "192.0.2.1", SetIdentifier="a", GeoLocation=location)
    assert "GeoLocation" in refused(route53, zone, ("CREATE", given))


def test_multivalue_answers_are_no_aliases(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", WWW))
    given = alias("m.example.com", zone, "www.example.com", SetIdentifier="a", MultiValueAnswer=True)
    assert "multivalue" in refused(route53, zone, ("CREATE", given))


def test_a_health_check_must_be_there(route53: Any, zone: str) -> None:
    with pytest.raises(route53.exceptions.NoSuchHealthCheck):
        change(route53, zone, ("CREATE", weighted("www.example.com", "a", HealthCheckId="nobody")))


@pytest.mark.parametrize(
    ("type", "value", "code"),
    [
        ("A", "192.0.2.256", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"),
        ("A", "192.0.2.1, 192.0.2.2", "ARRDATANotSingleField (Value contains spaces)"),
        ("AAAA", "192.0.2.1", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"),
        ("TXT", "bare", "InvalidCharacterString (Value should be enclosed in quotation marks)"),
        ("TXT", '"' + "x" * 256 + '"', "CharacterStringTooLong (Value is too long)"),
        ("MX", "mail.example.com", "MXRRDATANotTwoFields"),
        ("SRV", "1 10 5269", "SRVRRDATANotFourFields"),
        ("CAA", "0 issue ca.example.net", "CAARRDATAIllegalField"),
    ],
)
def test_values_are_checked_by_type(route53: Any, zone: str, type: str, value: str, code: str) -> None:
    reason = refused(route53, zone, ("CREATE", record("v.example.com", value, type=type)))
    assert reason.startswith(f"Invalid Resource Record: 'FATAL problem: {code}"), reason
    assert reason.endswith(f"encountered with '{value}''")


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("AAAA", "2001:db8::1"),
        ("CAA", '0 issue "ca.example.net"'),
        ("DS", "123 4 5 1234567890ABCDEF1234567890ABCDEF12345678"),
        ("HTTPS", "1 . alpn=h2"),
        ("MX", "10 mail.example.com"),
        ("NAPTR", '10 100 "u" "" "!^.*$!sip:info@example.com!" .'),
        ("NS", "ns.elsewhere.net"),
        ("PTR", "host.example.com"),
        ("SPF", '"v=spf1 -all"'),
        ("SRV", "1 10 5269 xmpp.example.com"),
        ("SSHFP", "2 1 123456789abcdef67890123456789abcdef67890"),
        ("SVCB", "16 foo.example.org port=53"),
        ("TLSA", "3 0 1 0123456789abcdef"),
        ("TXT", r'"one \"two\" \303\244" "three"'),
    ],
)
def test_records_of_every_type_can_be_kept(route53: Any, zone: str, type: str, value: str) -> None:
    change(route53, zone, ("CREATE", record("v.example.com", value, type=type)))
    assert ("v.example.com.", type) in names(route53, zone)


def test_an_alias_leads_to_a_record_of_its_zone_and_type(route53: Any, zone: str) -> None:
    assert refused(route53, zone, ("CREATE", alias("example.com", zone, "www.example.com"))) == (
        f"Tried to create an alias that targets www.example.com., type A in zone {zone}, but that target was "
        "not found"
    )
    change(route53, zone, ("CREATE", WWW), ("CREATE", alias("example.com", zone, "www.example.com")))
    assert "does not lie within the target zone" in refused(
        route53, zone, ("CREATE", alias("b.example.com", zone, "www.example.org"))
    )


def test_an_alias_leads_to_what_aws_named(route53: Any, zone: str) -> None:
    target = "d-abc123.execute-api.eu-west-1.amazonaws.com"
    change(route53, zone, ("CREATE", alias("api.example.com", "ZLY8HYME6SFDD", target, health=True)))
    (found,) = route53.list_resource_record_sets(
        HostedZoneId=zone, StartRecordName="api.example.com", MaxItems="1"
    )["ResourceRecordSets"]
    assert found["AliasTarget"]["DNSName"] == f"{target}."


@pytest.mark.parametrize(
    ("to", "type", "zone_id"),
    [("x.us-east-1.elb.amazonaws.com", "TXT", "Z35SXDOTRQ7X7K"), ("x.us-east-1.elb.amazonaws.com", "A", "the other"),
     ("d1.cloudfront.net", "A", "Z35SXDOTRQ7X7K"), ("a1.awsglobalaccelerator.com", "A", "Z2FDTNDATAQYW2")],
)  # fmt: skip
def test_an_alias_to_aws_names_the_zone_and_a_type_its_target_is_in(
    route53: Any, zone: str, to: str, type: str, zone_id: str
) -> None:
    if zone_id == "the other":
        made = route53.create_hosted_zone(Name="example.org", CallerReference="2")["HostedZone"]
        zone_id = made["Id"].removeprefix("/hostedzone/")
    trying = f"Tried to create an alias that targets {to}., type {type} in zone {zone_id}, but"
    assert refused(route53, zone, ("CREATE", alias("a.example.com", zone_id, to, type=type))) == (
        f"{trying} the alias target name does not lie within the target zone, {trying} that target was not found"
    )


def test_the_health_of_a_cloudfront_distribution_cannot_be_evaluated(route53: Any, zone: str) -> None:
    to = ("Z2FDTNDATAQYW2", "d1.cloudfront.net")
    assert "EvaluateTargetHealth" in refused(route53, zone, ("CREATE", alias("a.example.com", *to, health=True)))
    change(route53, zone, ("CREATE", alias("a.example.com", *to)), ("CREATE", alias("a.example.com", *to, type="AAAA")))


def test_one_request_has_its_limits(route53: Any, zone: str) -> None:
    many = [("CREATE", record(f"h{n}.example.com", "192.0.2.1")) for n in range(1001)]
    assert refused(route53, zone, *many) == "Number of records limit of 1000 exceeded."
    assert refused(route53, zone, *[("UPSERT", each) for _, each in many[:501]]) == (
        "Number of records limit of 1000 exceeded."
    )
    long = [
        ("CREATE", record(f"t{n}.example.com", f'"{"x" * 250}" ' * 15 + f'"{n}"', type="TXT"))
        for n in range(9)
    ]
    assert refused(route53, zone, *long) == "Number of characters limit of 32000 exceeded."


def test_a_record_set_is_named_once_in_a_batch(route53: Any, zone: str) -> None:
    assert "The request contains an invalid set of changes for a resource record set" in refused(
        route53, zone, ("UPSERT", WWW), ("UPSERT", WWW | {"TTL": 5})
    )


def test_records_are_listed_by_reversed_names_then_types_then_identifiers(route53: Any, zone: str) -> None:
    change(
        route53, zone,
        ("CREATE", weighted("b.example.com", "two")), ("CREATE", weighted("b.example.com", "one")),
        ("CREATE", record("a.b.example.com", "192.0.2.1")),
        ("CREATE", record("a-b.example.com", "192.0.2.1")), ("CREATE", record("*.example.com", "192.0.2.1")),
        ("CREATE", record("a.example.com", '"t"', type="TXT")),
        ("CREATE", record("a.example.com", "192.0.2.1")),
    )  # fmt: skip
    assert names(route53, zone) == [
        ("example.com.", "NS"),
        ("example.com.", "SOA"),
        ("\\052.example.com.", "A"),
        ("a-b.example.com.", "A"),
        ("a.example.com.", "A"),
        ("a.example.com.", "TXT"),
        ("b.example.com.", "A", "one"),
        ("b.example.com.", "A", "two"),
        ("a.b.example.com.", "A"),
    ]


def test_a_list_can_begin_in_the_middle_and_go_on(route53: Any, zone: str) -> None:
    change(route53, zone, *[("CREATE", weighted("w.example.com", str(n))) for n in range(6)])
    begun = route53.list_resource_record_sets(
        HostedZoneId=zone, StartRecordName="w.example.com", StartRecordType="A", StartRecordIdentifier="3",
        MaxItems="2",
    )  # fmt: skip
    assert [each["SetIdentifier"] for each in begun["ResourceRecordSets"]] == ["3", "4"]
    assert (begun["NextRecordName"], begun["NextRecordIdentifier"]) == ("w.example.com.", "5")
    pages = route53.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["ResourceRecordSets"]) for page in pages] == [3, 3, 2]
    with pytest.raises(route53.exceptions.InvalidInput):
        route53.list_resource_record_sets(HostedZoneId=zone, StartRecordType="A")


def test_a_change_of_one_among_thousands_costs_one(route53: Any, home: Region, zone: str) -> None:
    for first in range(0, 5000, 1000):
        batch = [("CREATE", record(f"h{n}.example.com", "192.0.2.1")) for n in range(first, first + 1000)]
        change(route53, zone, *batch)
    change(route53, zone, ("UPSERT", record("h77.example.com", "192.0.2.7")))
    (newest,) = home.journal.read(home.journal.last - 1, 1)
    assert len(newest.body["changes"]) == 1
    assert home.state["route53"].count(zone) == 5002


def test_the_order_is_the_same_after_a_restart(route53: Any, home: Region, zone: str) -> None:
    change(route53, zone, ("CREATE", weighted("w.example.com", "a")), ("CREATE", WWW))
    again = State(home.maps)
    assert again.count(zone) == home.state["route53"].count(zone) == 4
    assert list(again.groups(zone)) == list(home.state["route53"].groups(zone))


def test_the_zone_is_looked_for_before_the_batch_is_read(route53: Any) -> None:
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        change(route53, "Z0", ("CREATE", {"Name": "a.example.com", "Type": "A"}))


def test_what_one_change_lacks_is_told_before_what_the_zone_holds(route53: Any, zone: str) -> None:
    with pytest.raises(route53.exceptions.InvalidInput):
        change(
            route53, zone, ("DELETE", record("absent.example.com", "192.0.2.1")),
            ("CREATE", {"Name": "a.example.com", "Type": "A"}),
        )  # fmt: skip
