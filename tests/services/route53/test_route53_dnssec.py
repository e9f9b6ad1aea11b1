"""DNSSEC's control plane: real keys, their life, and what the edge is given to sign with."""

from __future__ import annotations

from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from boto import client
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from places import region
from route53_batches import change, record

from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.route53 import service
from terrella.wire.http import Response

KMS = "arn:aws:kms:us-east-1:123456789012:key/"


def make(route53: Any, zone: str, name: str = "ksk1", status: str = "ACTIVE", kms: str = KMS) -> dict[str, Any]:
    made: dict[str, Any] = route53.create_key_signing_key(
        CallerReference=name, HostedZoneId=zone, KeyManagementServiceArn=f"{kms}{name.replace('_', '-')}", Name=name,
        Status=status,
    )  # fmt: skip
    return made["KeySigningKey"]


def test_a_keys_tag_and_digest_are_what_dnspython_works_out_of_its_public_key(route53: Any, zone: str) -> None:
    key = make(route53, zone)
    owner = dns.name.from_text("example.com.")
    rdata: Any = dns.rdata.from_text("IN", "DNSKEY", key["DNSKEYRecord"])
    assert (rdata.flags, rdata.protocol, int(rdata.algorithm)) == (257, 3, 13)
    assert dns.dnssec.key_id(rdata) == key["KeyTag"]
    assert dns.dnssec.make_ds(owner, rdata, "SHA256").to_text().upper() == key["DSRecord"]
    assert (key["SigningAlgorithmMnemonic"], key["DigestAlgorithmMnemonic"]) == ("ECDSAP256SHA256", "SHA-256")
    assert (key["Flag"], key["DigestAlgorithmType"], key["Status"]) == (257, 2, "ACTIVE")


def test_the_zone_has_both_keys_when_it_is_signed(home: Region, route53: Any, zone: str) -> None:
    key = make(route53, zone)
    assert route53.enable_hosted_zone_dnssec(HostedZoneId=zone)["ChangeInfo"]["Status"] == "PENDING"
    dnssec = home.state["route53"].zones.get(zone)["dnssec"]
    assert dnssec["status"] == "SIGNING"
    assert [(each["kind"], each["flags"], each["status"]) for each in dnssec["keys"]] == [
        ("KSK", 257, "ACTIVE"), ("ZSK", 256, "ACTIVE"),
    ]  # fmt: skip
    for each in dnssec["keys"]:
        private = load_pem_private_key(each["private_pem"].encode(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        rdata: Any = dns.rdata.from_text("IN", "DNSKEY", f"{each['flags']} 3 13 {each['public_key']}")
        numbers = private.public_key().public_numbers()
        assert rdata.key == numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        assert dns.dnssec.key_id(rdata) == each["key_tag"]
    found = route53.get_dnssec(HostedZoneId=zone)
    assert found["Status"]["ServeSignature"] == "SIGNING"
    assert found["KeySigningKeys"] == [key]


def test_signing_ends_and_begins_anew_with_another_zone_signing_key(home: Region, route53: Any, zone: str) -> None:
    make(route53, zone)
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone)
    first = home.state["route53"].zones.get(zone)["dnssec"]["keys"][1]
    route53.disable_hosted_zone_dnssec(HostedZoneId=zone)
    found = route53.get_dnssec(HostedZoneId=zone)
    assert (found["Status"]["ServeSignature"], len(found["KeySigningKeys"])) == ("NOT_SIGNING", 1)
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone)
    assert home.state["route53"].zones.get(zone)["dnssec"]["keys"][1]["key_tag"] != first["key_tag"]


def test_a_zone_without_an_active_key_is_not_signed(route53: Any, zone: str) -> None:
    assert route53.get_dnssec(HostedZoneId=zone)["Status"] == {"ServeSignature": "NOT_SIGNING"}
    with pytest.raises(route53.exceptions.DNSSECNotFound):
        route53.disable_hosted_zone_dnssec(HostedZoneId=zone)
    make(route53, zone, status="INACTIVE")
    with pytest.raises(route53.exceptions.KeySigningKeyWithActiveStatusNotFound, match="in ACTIVE status"):
        route53.enable_hosted_zone_dnssec(HostedZoneId=zone)
    route53.activate_key_signing_key(HostedZoneId=zone, Name="ksk1")
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone)


def test_the_last_key_in_use_stays_and_an_active_one_is_not_deleted(route53: Any, zone: str) -> None:
    make(route53, zone)
    route53.enable_hosted_zone_dnssec(HostedZoneId=zone)
    with pytest.raises(route53.exceptions.KeySigningKeyInUse):
        route53.deactivate_key_signing_key(HostedZoneId=zone, Name="ksk1")
    make(route53, zone, "ksk2")
    with pytest.raises(route53.exceptions.InvalidKeySigningKeyStatus):
        route53.delete_key_signing_key(HostedZoneId=zone, Name="ksk1")
    route53.deactivate_key_signing_key(HostedZoneId=zone, Name="ksk1")
    route53.delete_key_signing_key(HostedZoneId=zone, Name="ksk1")
    assert [key["Name"] for key in route53.get_dnssec(HostedZoneId=zone)["KeySigningKeys"]] == ["ksk2"]
    with pytest.raises(route53.exceptions.NoSuchKeySigningKey):
        route53.activate_key_signing_key(HostedZoneId=zone, Name="ksk1")


def test_a_zone_has_two_keys_of_different_names_and_kms_keys(route53: Any, zone: str) -> None:
    make(route53, zone, "one")
    with pytest.raises(route53.exceptions.KeySigningKeyAlreadyExists, match="name one"):
        make(route53, zone, "one", kms=f"{KMS}other")
    make(route53, zone, "two")
    with pytest.raises(route53.exceptions.TooManyKeySigningKeys):
        make(route53, zone, "three")


def test_names_kms_keys_and_statuses_that_are_none_are_refused(route53: Any, zone: str) -> None:
    for name, status, kms, error in (
        ("with-dash", "ACTIVE", KMS, "InvalidKeySigningKeyName"),
        ("fine", "SLEEPING", KMS, "InvalidKeySigningKeyStatus"),
        ("fine", "ACTIVE", KMS.replace("us-east-1", "eu-west-1"), "InvalidKMSArn"),
        ("fine", "ACTIVE", "alias/", "InvalidKMSArn"),
    ):
        with pytest.raises(route53.exceptions.ClientError) as refused:
            make(route53, zone, name, status, kms)
        assert refused.value.response["Error"]["Code"] == error


def test_a_key_that_a_parents_ds_record_names_is_held_fast(route53: Any, zone: str) -> None:
    below = route53.create_hosted_zone(Name="sub.example.com", CallerReference="sub")["HostedZone"]["Id"][12:]
    key = make(route53, below)
    route53.enable_hosted_zone_dnssec(HostedZoneId=below)
    change(route53, zone, ("CREATE", record("sub.example.com", "ns-1.example.net", type="NS")))
    ds = record("sub.example.com", key["DSRecord"], type="DS")
    change(route53, zone, ("CREATE", ds))
    with pytest.raises(route53.exceptions.KeySigningKeyInParentDSRecord):
        route53.disable_hosted_zone_dnssec(HostedZoneId=below)
    change(route53, zone, ("DELETE", ds))
    route53.disable_hosted_zone_dnssec(HostedZoneId=below)


def test_private_zones_are_not_signed_and_keys_hold_a_zone(route53: Any, zone: str) -> None:
    vpc = {"VPCRegion": "us-east-1", "VPCId": "vpc-12345678"}
    private = route53.create_hosted_zone(Name="inner.test", CallerReference="p", VPC=vpc)["HostedZone"]["Id"]
    with pytest.raises(route53.exceptions.InvalidArgument, match="Operation is unsupported for private"):
        route53.get_dnssec(HostedZoneId=private)
    make(route53, zone)
    with pytest.raises(route53.exceptions.HostedZoneNotEmpty, match="Key Signing Keys"):
        route53.delete_hosted_zone(Id=zone)


class Kms:
    """KMS as far as a zone's keys ask it: borrowed, and knowing no key."""

    def offers(self, service: str) -> bool:
        return service == "kms"

    async def handle(self, service: str, region: str, account: str, request: Any) -> Any:
        body = b'{"__type":"NotFoundException","message":"Invalid keyId"}'
        return Response(400, [("Content-Type", "application/x-amz-json-1.1")], body)


def test_where_there_is_kms_the_key_must_be_in_it() -> None:
    route53 = client(region("us-east-1", service, ports=Ports(borrowed=Kms())), "route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"][12:]
    with pytest.raises(route53.exceptions.InvalidKMSArn, match="Invalid keyId"):
        make(route53, zone)
