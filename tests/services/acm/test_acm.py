"""Certificates: pending until the world's DNS proves their names, then good for TLS in their region."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest
from boto import client
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from places import NOW, EdgeOfAnswers, HandClock, TasksByHand, region

from terrella.core.errors import ServiceUnavailable
from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.acm import service
from terrella.services.acm.state import State


class World:
    """One region with ACM, the world's DNS as a table, and tasks run by hand."""

    def __init__(self) -> None:
        self.tasks, self.dns = TasksByHand(), Dns()
        self.here: Region = region("eu-west-1", service, ports=Ports(edge=self.dns, tasks=self.tasks))
        self.acm = client(self.here, "acm")

    @property
    def clock(self) -> HandClock:
        clock = self.here.clock
        assert isinstance(clock, HandClock)
        return clock

    @property
    def state(self) -> State:
        state: State = self.here.state["acm"]
        return state

    def request(self, name: str, *others: str, **more: Any) -> str:
        names = {"SubjectAlternativeNames": list(others)} if others else {}
        return str(self.acm.request_certificate(DomainName=name, **names, **more)["CertificateArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        detail: dict[str, Any] = self.acm.describe_certificate(CertificateArn=arn)["Certificate"]
        return detail

    def publish(self, arn: str, *only: str) -> None:
        for domain in self.describe(arn)["DomainValidationOptions"]:
            if not only or domain["DomainName"] in only:
                self.dns.records[domain["ResourceRecord"]["Name"]] = domain["ResourceRecord"]["Value"]


class Dns(EdgeOfAnswers):
    """The edge's answers about CNAMEs; out of reach while `cut`."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, str] = {}
        self.cut = False

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.cut:
            raise ServiceUnavailable("the edge is out of reach")
        assert (question["kind"], question["type"]) == ("resolve", "CNAME")
        found = self.records.get(question["name"])
        return {"records": [found] if found else []}


@pytest.fixture
def world() -> Any:
    made = World()
    yield made
    made.tasks.drop()


def test_a_requested_certificate_waits_for_its_cname(world: World) -> None:
    detail = world.describe(world.request("Api.Example.com"))
    (domain,) = detail["DomainValidationOptions"]
    assert (detail["Status"], domain["ValidationStatus"]) == ("PENDING_VALIDATION", "PENDING_VALIDATION")
    assert domain["ResourceRecord"]["Name"].endswith(".api.example.com.")
    assert domain["ResourceRecord"]["Value"].endswith(".acm-validations.aws.")
    assert world.state.issued_for("api.example.com") is None


def test_it_is_issued_when_every_name_is_proven(world: World) -> None:
    arn = world.request("example.com", "example.org")
    world.publish(arn, "example.com")
    assert world.describe(arn)["Status"] == "PENDING_VALIDATION"
    world.publish(arn)
    detail = world.describe(arn)
    assert detail["Status"] == "ISSUED"
    assert [each["ValidationStatus"] for each in detail["DomainValidationOptions"]] == ["SUCCESS"] * 2
    assert (detail["NotAfter"] - detail["NotBefore"]).days == 198
    assert world.state.issued_for("example.org")


def test_it_is_issued_though_nobody_asks(world: World) -> None:
    arn = world.request("example.com")
    world.publish(arn)
    asyncio.run(world.tasks.waiting.pop())
    assert world.state.issued_for("example.com")


def test_watching_goes_on_after_a_restart(world: World) -> None:
    arn = world.request("example.com")
    world.tasks.drop()
    world.here.start()
    world.publish(arn)
    asyncio.run(world.tasks.waiting.pop())
    assert world.state.issued_for("example.com")


def test_an_edge_out_of_reach_proves_nothing(world: World) -> None:
    arn = world.request("example.com")
    world.publish(arn)
    world.tasks.drop()
    arn = world.request("example.net")
    world.dns.cut = True
    assert world.describe(arn)["Status"] == "PENDING_VALIDATION"


def test_validation_is_given_up_after_three_days(world: World) -> None:
    arn = world.request("example.com")
    asyncio.run(world.tasks.waiting.pop())
    assert world.clock.time >= NOW + 72 * 3600
    detail = world.describe(arn)
    assert detail["Status"] == "VALIDATION_TIMED_OUT"
    assert detail["DomainValidationOptions"][0]["ValidationStatus"] == "FAILED"


def test_a_wildcard_covers_one_label_and_shares_its_names_cname(world: World) -> None:
    arn = world.request("example.com", "*.example.com")
    first, second = world.describe(arn)["DomainValidationOptions"]
    assert first["ResourceRecord"] == second["ResourceRecord"]
    world.publish(arn)
    world.describe(arn)
    covered = ["example.com", "a.example.com", "A.EXAMPLE.COM.", "a.b.example.com", "example.org"]
    assert [world.state.issued_for(host) is not None for host in covered] == [True, True, True, False, False]


def test_an_expired_certificate_covers_nothing(world: World) -> None:
    arn = world.request("example.com")
    world.publish(arn)
    world.describe(arn)
    later = NOW + 199 * 86_400
    assert world.state.issued_for("example.com", NOW) and not world.state.issued_for("example.com", later)
    world.clock.time = later
    assert world.describe(arn)["Status"] == "EXPIRED"


def test_the_same_cname_proves_a_name_in_every_region(world: World) -> None:
    other = World()
    one, two = (each.describe(each.request("example.com")) for each in (world, other))
    other.tasks.drop()
    assert (
        one["DomainValidationOptions"][0]["ResourceRecord"]
        == two["DomainValidationOptions"][0]["ResourceRecord"]
    )
    assert one["CertificateArn"].startswith("arn:aws:acm:eu-west-1:123456789012:certificate/")


def test_a_token_asks_for_one_certificate_within_an_hour(world: World) -> None:
    first = world.request("example.com", IdempotencyToken="t")
    assert world.request("example.com", IdempotencyToken="t") == first
    assert world.request("example.net", IdempotencyToken="t") != first
    world.clock.time += 3600
    assert world.request("example.com", IdempotencyToken="t") != first


def test_certificates_are_listed_by_status_and_key(world: World) -> None:
    pending, curve = world.request("a.com"), world.request("b.com", KeyAlgorithm="EC_prime256v1")
    issued = world.request("c.com")
    world.publish(issued)
    world.describe(issued)
    listed = world.acm.list_certificates()["CertificateSummaryList"]
    assert {each["CertificateArn"] for each in listed} == {pending, issued}
    only = world.acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    assert [each["CertificateArn"] for each in only] == [issued]
    keys = {"keyTypes": ["EC_prime256v1"]}
    assert [
        each["CertificateArn"]
        for each in world.acm.list_certificates(Includes=keys)["CertificateSummaryList"]
    ] == [curve]
    page = world.acm.list_certificates(MaxItems=1)
    rest = world.acm.list_certificates(MaxItems=1, NextToken=page["NextToken"])
    assert len(rest["CertificateSummaryList"]) == 1 and "NextToken" not in rest


def test_a_certificate_that_is_not_there_is_the_error_boto3_knows(world: World) -> None:
    gone = world.request("example.com")
    world.acm.delete_certificate(CertificateArn=gone)
    for ask in (world.acm.describe_certificate, world.acm.get_certificate, world.acm.delete_certificate):
        with pytest.raises(world.acm.exceptions.ResourceNotFoundException):
            ask(CertificateArn=gone)


def test_more_than_ten_names_are_refused(world: World) -> None:
    with pytest.raises(world.acm.exceptions.LimitExceededException):
        world.request("example.com", *[f"n{number}.example.com" for number in range(10)])


def test_mail_is_not_of_this_world(world: World) -> None:
    arn = world.request("example.com", ValidationMethod="EMAIL")
    assert not world.tasks.waiting
    assert world.describe(arn)["DomainValidationOptions"][0]["ValidationMethod"] == "EMAIL"
    with pytest.raises(ClientError, match="not in this world"):
        world.acm.resend_validation_email(
            CertificateArn=arn, Domain="example.com", ValidationDomain="example.com"
        )


def test_tags_and_options_can_be_changed(world: World) -> None:
    arn = world.request("example.com", Tags=[{"Key": "a", "Value": "1"}])
    world.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "b"}, {"Key": "c", "Value": "3"}])
    world.acm.remove_tags_from_certificate(
        CertificateArn=arn, Tags=[{"Key": "a"}, {"Key": "c", "Value": "4"}]
    )
    tags = world.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"b": "", "c": "3"}
    with pytest.raises(world.acm.exceptions.InvalidTagException):
        world.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "aws:x"}])
    world.acm.tag_resource(ResourceArn=arn, Tags=[{"Key": "d", "Value": "4"}])
    world.acm.untag_resource(ResourceArn=arn, TagKeys=["b", "c"])
    assert world.acm.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "d", "Value": "4"}]
    options = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    world.acm.update_certificate_options(CertificateArn=arn, Options=options)
    assert world.describe(arn)["Options"]["CertificateTransparencyLoggingPreference"] == "DISABLED"


def test_an_issued_certificate_is_signed_once_by_the_worlds_authority(world: World) -> None:
    arn = world.request("example.com")
    with pytest.raises(world.acm.exceptions.RequestInProgressException):
        world.acm.get_certificate(CertificateArn=arn)
    world.publish(arn)
    world.describe(arn)
    world.here.ports.certificates = authority = Authority()
    first = world.acm.get_certificate(CertificateArn=arn)
    assert first["CertificateChain"] == "the authority"
    assert world.acm.get_certificate(CertificateArn=arn)["Certificate"] == first["Certificate"]
    assert authority.asked == [["example.com"]]


class Authority:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def issue(self, names: list[str]) -> dict[str, str]:
        self.asked.append(names)
        return {"certificate": f"certificate {len(self.asked)}", "chain": "the authority"}


def test_an_imported_certificate_is_kept_as_it_is(world: World) -> None:
    certificate, key = self_signed("shop.example.com")
    arn = world.acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    detail = world.describe(arn)
    assert (detail["Type"], detail["Status"], detail["KeyAlgorithm"]) == (
        "IMPORTED",
        "ISSUED",
        "EC_prime256v1",
    )
    assert detail["SubjectAlternativeNames"] == ["shop.example.com"]
    assert world.acm.get_certificate(CertificateArn=arn)["Certificate"] == certificate.decode()
    held = world.state.issued_for("shop.example.com")
    assert held is not None and held["PrivateKey"] == key.decode()
    other, other_key = self_signed("new.example.com")
    world.acm.import_certificate(CertificateArn=arn, Certificate=other, PrivateKey=other_key)
    assert world.state.issued_for("new.example.com") and not world.state.issued_for("shop.example.com")


def test_what_is_no_certificate_is_not_imported(world: World) -> None:
    certificate, key = self_signed("a.example.com")
    _, other_key = self_signed("b.example.com")
    for pem, private in ((b"x", key), (certificate, b"x"), (certificate, other_key), (certificate * 2, key)):
        with pytest.raises(ClientError) as refusal:
            world.acm.import_certificate(Certificate=pem, PrivateKey=private)
        assert refusal.value.response["Error"]["Code"] == "ValidationException"


def self_signed(name: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(*form)
