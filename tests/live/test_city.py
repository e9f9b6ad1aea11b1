"""People in cities, unmodified clients: DNS by place, TLS by the world's authority, failover seen there."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

import boto3
import dns.edns
import dns.message
import dns.query
import pytest
from botocore.config import Config
from live.worlds import World, world

pytestmark = pytest.mark.live
REGIONS = {"eu-west-1": "127.10.9.1", "ap-northeast-1": "127.10.32.1"}
NAME = "chat.example.com"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    """Two regions behind one latency-routed name, probed fast, with certificates."""
    with world(tmp_path_factory.mktemp("city"), *REGIONS, speed=20) as found:
        prepare(found)
        yield found


def prepare(world: World) -> None:
    route53 = client(world, "route53", "us-east-1")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    records = []
    for region, address in REGIONS.items():
        check = {
            "Type": "TCP",
            "IPAddress": address,
            "Port": 80,
            "RequestInterval": 10,
            "FailureThreshold": 1,
        }
        made = route53.create_health_check(CallerReference=region, HealthCheckConfig=check)
        record = {"Name": NAME, "Type": "A", "TTL": 20, "ResourceRecords": [{"Value": address}]}
        route = {"SetIdentifier": region, "Region": region, "HealthCheckId": made["HealthCheck"]["Id"]}
        records.append(record | route)
    proofs = [proof_of(world, region) for region in REGIONS]
    assert proofs[0] == proofs[1]  # ACM asks for the same record in every region of an account
    records.append(proofs[0])
    batch = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in records]
    change = route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})
    wait(lambda: route53.get_change(Id=change["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC")


def proof_of(world: World, region: str) -> dict[str, Any]:
    """Ask for a certificate; the record that proves the name is ours."""
    acm = client(world, "acm", region)
    arn = acm.request_certificate(DomainName=NAME, ValidationMethod="DNS")["CertificateArn"]
    options = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    proof = options[0]["ResourceRecord"]
    value = [{"Value": proof["Value"]}]
    return {"Name": proof["Name"], "Type": proof["Type"], "TTL": 60, "ResourceRecords": value}


def client(world: World, service: str, region: str) -> Any:
    return boto3.client(
        service,
        region,
        endpoint_url=f"http://127.0.0.1:{world.port(4566)}",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )


def test_the_dns_answers_by_place_over_udp_and_tcp(running: World) -> None:
    for ask in (dns.query.udp, dns.query.tcp):
        assert resolved(running, ask, "198.18.1.0") == REGIONS["eu-west-1"]
        assert resolved(running, ask, "198.18.2.0") == REGIONS["ap-northeast-1"]


def test_a_traffic_policy_answers_by_place_once_it_is_applied(running: World) -> None:
    route53, name = client(running, "route53", "us-east-1"), "policy.example.com"
    document = {
        "AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "near", "Rules": {"near": {
            "RuleType": "latency",
            "Regions": [{"Region": region, "EndpointReference": region} for region in REGIONS],
        }},
        "Endpoints": {region: {"Type": "value", "Value": address} for region, address in REGIONS.items()},
    }  # fmt: skip
    policy = route53.create_traffic_policy(Name="near", Document=json.dumps(document))["TrafficPolicy"]["Id"]
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    made = route53.create_traffic_policy_instance(
        HostedZoneId=zone["Id"], Name=name, TTL=5, TrafficPolicyId=policy, TrafficPolicyVersion=1
    )["TrafficPolicyInstance"]
    wait(lambda: instance(route53, made["Id"])["State"] == "Applied")
    assert resolved(running, dns.query.udp, "198.18.1.0", name) == REGIONS["eu-west-1"]
    assert resolved(running, dns.query.udp, "198.18.2.0", name) == REGIONS["ap-northeast-1"]


def test_a_name_with_a_certificate_is_served_and_another_is_not(running: World) -> None:
    wait(lambda: seen_from(running, "amsterdam") in range(400, 600), 10)
    with pytest.raises((urllib.error.URLError, OSError)):
        seen_from(running, "amsterdam", "other.example.com")


def test_an_sdk_in_a_city_uses_awss_own_names(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in json.loads(running.cli("at", "tokyo", "--json")).items():
        monkeypatch.setenv(name, value)
    route53 = boto3.client("route53", aws_access_key_id="a", aws_secret_access_key="b")
    began = time.perf_counter()
    zones = route53.list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["example.com."]
    assert time.perf_counter() - began > 0.3  # lookup, TCP, TLS, request: four times under the Pacific
    # boto3 looks for credentials in the environment, where `at` has put some
    assert (
        boto3.client("sts", "ap-northeast-1").meta.endpoint_url == "https://sts.ap-northeast-1.amazonaws.com"
    )


def test_losing_a_region_moves_its_cities_and_healing_brings_them_back(running: World) -> None:
    running.cli("strike", "region-outage", "eu-west-1")
    wait(lambda: resolved(running, dns.query.udp, "198.18.1.0") == REGIONS["ap-northeast-1"], 15)
    wait(lambda: seen_from(running, "amsterdam") in range(400, 600), 5)  # its resolver forgets after a TTL
    running.cli("heal")
    wait(lambda: resolved(running, dns.query.udp, "198.18.1.0") == REGIONS["eu-west-1"], 15)
    wait(lambda: verdicts(running) == [False, True])  # the history is written after the answer has changed


def test_losing_us_east_1_stops_changes_but_not_answers_nor_failover(running: World) -> None:
    running.cli("strike", "process-kill", "us-east-1")
    try:
        with pytest.raises(Exception, match="refuses connections"):
            client(running, "route53", "us-east-1").list_hosted_zones()
        running.cli("strike", "region-outage", "ap-northeast-1")
        wait(lambda: resolved(running, dns.query.udp, "198.18.2.0") == REGIONS["eu-west-1"], 15)
    finally:
        running.cli("heal")
    zones = client(running, "route53", "us-east-1").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["example.com."]  # what it had acknowledged it still has


def seen_from(world: World, city: str, name: str = NAME) -> int:
    """The status somebody in a city gets for https://NAME/, through the city's own port."""
    port = next(each["port"] for each in json.loads(world.cli("cities", "--json")) if each["name"] == city)
    trusting = ssl.create_default_context(cafile=world.data / "ca" / "ca.pem")
    line = http.client.HTTPSConnection("127.0.0.1", int(port), context=trusting, timeout=3)
    line.set_tunnel(name, 443)
    try:
        line.request("GET", "/")
        return line.getresponse().status
    finally:
        line.close()


def instance(route53: Any, id: str) -> dict[str, Any]:
    found: dict[str, Any] = route53.get_traffic_policy_instance(Id=id)["TrafficPolicyInstance"]
    return found


def resolved(world: World, ask: Any, subnet: str, name: str = NAME) -> str:
    """The address of a name for clients of a network."""
    question = dns.message.make_query(name, "A", use_edns=0, options=[dns.edns.ECSOption(subnet, 24)])
    answer = ask(question, "127.0.0.1", port=world.port(5353), timeout=2)
    return str(answer.answer[0][0])


def verdicts(world: World) -> list[bool]:
    return [event["healthy"] for event in world.history() if event["what"] == "verdict"]


def wait(true: Any, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not _true(true):
        assert time.monotonic() < until
        time.sleep(0.05)


def _true(true: Any) -> bool:
    try:
        return bool(true())
    except OSError:
        return False
