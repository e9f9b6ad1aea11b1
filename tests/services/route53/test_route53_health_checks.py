"""Health checks as configured: defaults, rules by type, versions, and verdicts asked of the edge."""

from __future__ import annotations

from typing import Any

import pytest
from boto import client
from botocore.exceptions import ClientError
from places import NOW, EdgeOfAnswers, TasksByHand, region

from terrella.region.ports import Ports
from terrella.services.cloudwatch import service as cloudwatch
from terrella.services.route53 import service

HTTP = {"Type": "HTTP", "FullyQualifiedDomainName": "www.example.com"}


def make(route53: Any, config: dict[str, Any], reference: str = "r") -> dict[str, Any]:
    made: dict[str, Any] = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)
    return made["HealthCheck"]


def test_what_is_not_said_has_awss_defaults(route53: Any) -> None:
    check = make(route53, HTTP)
    assert check["HealthCheckVersion"] == 1
    assert check["HealthCheckConfig"] == HTTP | {
        "Port": 80, "ResourcePath": "/", "RequestInterval": 30, "FailureThreshold": 3,
        "MeasureLatency": False,
        "Inverted": False, "Disabled": False, "EnableSNI": False,
    }  # fmt: skip
    secure = make(route53, HTTP | {"Type": "HTTPS"}, "s")["HealthCheckConfig"]
    assert (secure["Port"], secure["EnableSNI"]) == (443, True)


@pytest.mark.parametrize(
    "config",
    [
        {"Type": "HTTP"},
        {"Type": "TCP", "IPAddress": "192.0.2.1"},
        {"Type": "HTTP_STR_MATCH", "FullyQualifiedDomainName": "a.com"},
        HTTP | {"SearchString": "ok"},
        HTTP | {"RequestInterval": 20},
        HTTP | {"EnableSNI": True},
        HTTP | {"IPAddress": "10.0.0.1"},
        HTTP | {"HealthThreshold": 1},
        {"Type": "TCP", "IPAddress": "1.1.1.1", "Port": 80, "ResourcePath": "/"},
        {"Type": "TCP", "IPAddress": "1.1.1.1", "Port": 80, "FullyQualifiedDomainName": "a.com"},
        HTTP | {"AlarmIdentifier": {"Region": "us-east-1", "Name": "a"}},
        {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": ["nobody"]},
        {"Type": "CALCULATED", "HealthThreshold": 1},
        {"Type": "CLOUDWATCH_METRIC", "InsufficientDataHealthStatus": "Healthy"},
        {"Type": "RECOVERY_CONTROL"},
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(route53: Any, config: dict[str, Any]) -> None:
    with pytest.raises(route53.exceptions.InvalidInput):
        make(route53, config)


def test_a_reference_gives_the_same_check_again_or_none(route53: Any) -> None:
    check = make(route53, HTTP)
    assert make(route53, HTTP)["Id"] == check["Id"]
    with pytest.raises(route53.exceptions.HealthCheckAlreadyExists):
        make(route53, HTTP | {"Port": 8080})
    route53.delete_health_check(HealthCheckId=check["Id"])
    with pytest.raises(route53.exceptions.HealthCheckAlreadyExists):
        make(route53, HTTP)


def test_an_update_raises_the_version_and_may_insist_on_one(route53: Any) -> None:
    id = make(route53, HTTP)["Id"]
    newer = route53.update_health_check(
        HealthCheckId=id, FailureThreshold=1, Regions=["us-east-1", "eu-west-1", "sa-east-1"]
    )
    assert newer["HealthCheck"]["HealthCheckVersion"] == 2
    with pytest.raises(route53.exceptions.HealthCheckVersionMismatch):
        route53.update_health_check(HealthCheckId=id, HealthCheckVersion=1, FailureThreshold=2)
    reset = route53.update_health_check(HealthCheckId=id, ResetElements=["Regions"])["HealthCheck"]
    assert "Regions" not in reset["HealthCheckConfig"]
    assert reset["HealthCheckConfig"]["FailureThreshold"] == 1


def test_a_calculated_check_watches_others_that_are_not_calculated(route53: Any) -> None:
    child = make(route53, HTTP)["Id"]
    config = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child]}
    parent = make(route53, config, "p")
    with pytest.raises(route53.exceptions.InvalidInput, match="CALCULATED"):
        make(route53, config | {"ChildHealthChecks": [parent["Id"]]}, "g")


def test_a_calculated_check_may_lose_its_children(route53: Any) -> None:
    child = make(route53, HTTP)["Id"]
    id = make(route53, {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [child]}, "p")["Id"]
    reset = route53.update_health_check(HealthCheckId=id, ResetElements=["ChildHealthChecks"])["HealthCheck"]
    assert reset["HealthCheckConfig"].get("ChildHealthChecks", []) == []


@pytest.mark.parametrize("more", [{"RequestInterval": 10}, {"FailureThreshold": 1}, {"MeasureLatency": True}])
def test_a_check_of_a_routing_control_has_no_settings_of_probes(route53: Any, more: dict[str, Any]) -> None:
    config = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": "arn:aws:route53-recovery-control::123456789012:x"}
    kept = make(route53, config)["HealthCheckConfig"]
    assert kept == config | {"Inverted": False, "Disabled": False}
    with pytest.raises(route53.exceptions.InvalidInput):
        make(route53, config | more, "other")


def test_checks_are_counted_and_listed(route53: Any) -> None:
    made = {make(route53, HTTP, str(n))["Id"] for n in range(3)}
    assert route53.get_health_check_count()["HealthCheckCount"] == 3
    pages = route53.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 2})
    assert {check["Id"] for page in pages for check in page["HealthChecks"]} == made


def test_a_page_of_checks_holds_a_hundred_or_as_many_as_are_asked_for_up_to_a_thousand(route53: Any) -> None:
    for number in range(101):
        make(route53, HTTP, str(number))
    first = route53.list_health_checks()
    assert len(first["HealthChecks"]) == 100 and first["IsTruncated"] and first["MaxItems"] == "100"
    assert len(route53.list_health_checks(MaxItems="2000")["HealthChecks"]) == 101


def test_a_check_that_follows_an_alarm_keeps_its_last_status_unless_told_otherwise(route53: Any) -> None:
    config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "a"}}
    assert make(route53, config)["HealthCheckConfig"]["InsufficientDataHealthStatus"] == "LastKnownStatus"


def test_verdicts_are_what_the_edge_observed(route53: Any, edge: EdgeOfAnswers) -> None:
    id = make(route53, HTTP)["Id"]
    seen = {"region": "eu-west-1", "ip": "198.19.201.1", "status": "Success: HTTP Status Code 200, OK"}
    edge.answers["health_status"] = {"observations": [seen | {"time": NOW}]}
    (observed,) = route53.get_health_check_status(HealthCheckId=id)["HealthCheckObservations"]
    assert (observed["Region"], observed["StatusReport"]["Status"]) == (seen["region"], seen["status"])
    assert observed["StatusReport"]["CheckedTime"].timestamp() == NOW
    assert edge.asked == [{"kind": "health_status", "id": id}]
    edge.answers["health_last_failure"] = {"observations": []}
    assert route53.get_health_check_last_failure_reason(HealthCheckId=id)["HealthCheckObservations"] == []


def test_a_check_nobody_probes_has_no_observations(route53: Any) -> None:
    config = {"Type": "CLOUDWATCH_METRIC", "InsufficientDataHealthStatus": "Healthy",
              "AlarmIdentifier": {"Region": "us-east-1", "Name": "a"}}  # fmt: skip
    id = make(route53, config)["Id"]
    with pytest.raises(route53.exceptions.InvalidInput):
        route53.get_health_check_status(HealthCheckId=id)


def test_a_check_that_is_not_there_is_the_error_boto3_knows(route53: Any) -> None:
    with pytest.raises(route53.exceptions.NoSuchHealthCheck, match="does not exist"):
        route53.get_health_check_status(HealthCheckId="nobody")


def test_a_dns_answer_is_tried_at_the_edge(route53: Any, edge: EdgeOfAnswers, zone: str) -> None:
    answer = {"nameserver": "ns-1.awsdns-00.com", "rcode": "NOERROR", "records": ["192.0.2.1"]}
    edge.answers["www.example.com."] = answer
    tried = route53.test_dns_answer(
        HostedZoneId=zone, RecordName="www.example.com", RecordType="A", EDNS0ClientSubnetIP="198.18.3.7"
    )
    assert (tried["RecordData"], tried["ResponseCode"]) == (["192.0.2.1"], "NOERROR")
    assert edge.asked[0] == {
        "kind": "test_dns_answer", "zone": zone, "name": "www.example.com.", "type": "A", "resolver": None,
        "subnet": "198.18.3.7", "mask": 24,
    }  # fmt: skip
    with pytest.raises(ClientError, match="is not in the hosted zone"):
        route53.test_dns_answer(HostedZoneId=zone, RecordName="www.example.org", RecordType="A")


def test_checkers_have_addresses_in_eight_regions(route53: Any) -> None:
    assert len(route53.get_checker_ip_ranges()["CheckerIpRanges"]) == 8


def test_a_check_that_follows_an_alarm_repeats_its_settings_where_it_can_be_asked(route53: Any) -> None:
    both = region("us-east-1", service, cloudwatch, ports=Ports(tasks=TasksByHand()))
    alarm: dict[str, Any] = {
        "EvaluationPeriods": 2, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold", "Period": 60,
        "MetricName": "Errors", "Namespace": "Shop", "Statistic": "Sum", "Dimensions": [{"Name": "A", "Value": "b"}],
    }  # fmt: skip
    client(both, "cloudwatch").put_metric_alarm(AlarmName="many", **alarm)
    config = {
        "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "many"},
        "InsufficientDataHealthStatus": "Healthy",
    }  # fmt: skip
    for asked, shown in ((client(both, "route53"), alarm), (route53, None)):
        made = asked.create_health_check(CallerReference="alarm", HealthCheckConfig=config)["HealthCheck"]
        found = asked.get_health_check(HealthCheckId=made["Id"])["HealthCheck"]
        assert found.get("CloudWatchAlarmConfiguration") == shown
