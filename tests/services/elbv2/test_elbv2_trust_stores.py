"""Trust stores, and what targets hear of the certificates of clients."""

from __future__ import annotations

import datetime
import random
from typing import Any
from urllib.parse import unquote

import boto
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from network import BorrowedNetwork
from services.elbv2.elbv2_parts import forward

from terrella.run import moto_dispatch
from terrella.services.elbv2 import header_settings
from terrella.services.elbv2.attributes import LISTENER, merged, of_new_listener
from terrella.services.elbv2.client_certificates import Secured, told
from terrella.services.elbv2.deciding import forwarded
from terrella.services.elbv2.errors import ValidationError
from terrella.services.elbv2.matching import Ask
from terrella.wire.http import Request, Response

SINCE = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
UNTIL = datetime.datetime(2036, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


class BorrowedStores(BorrowedNetwork):
    """EC2 and S3."""

    def offers(self, service: str) -> bool:
        return service in ("ec2", "s3")

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        ask = moto_dispatch.Ask(
            service, service, region, account, request.method, request.path, request.query, request.headers,
            request.body,
        )  # fmt: skip
        return Response(*moto_dispatch.answer(ask))


def certificate(name: str, serial: int = 0x3A5B1) -> x509.Certificate:
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mTLS"),
        x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.c"),
    ])  # fmt: skip
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(KEY.public_key())
    builder = builder.serial_number(serial).not_valid_before(SINCE).not_valid_after(UNTIL)
    return builder.sign(KEY, hashes.SHA256())


def revoking(*serials: int) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(certificate("ca").subject)
    builder = builder.last_update(SINCE).next_update(UNTIL)
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(SINCE).build()
        builder = builder.add_revoked_certificate(one)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def stored(here: Any) -> Any:
    """The region with a bucket that holds a bundle and a revocation list."""
    here.region.ports.borrowed = BorrowedStores()
    here.bucket = f"trust-{random.randrange(10**9)}"
    s3 = boto.client(here.region, "s3")
    s3.create_bucket(Bucket=here.bucket, CreateBucketConfiguration={"LocationConstraint": here.region.name})
    s3.put_object(Bucket=here.bucket, Key="ca.pem", Body=certificate("ca").public_bytes(Encoding.PEM) * 2)
    s3.put_object(Bucket=here.bucket, Key="crl.pem", Body=revoking(7, 8, 9))
    s3.put_object(Bucket=here.bucket, Key="nonsense", Body=b"nonsense")
    return here


def create(here: Any, name: str = "store", key: str = "ca.pem") -> dict[str, Any]:
    made = here.elb.create_trust_store(
        Name=name, CaCertificatesBundleS3Bucket=here.bucket, CaCertificatesBundleS3Key=key
    )
    found: dict[str, Any] = made["TrustStores"][0]
    return found


def refused(call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**input)
    code: str = error.value.response["Error"]["Code"]
    return code


def test_a_trust_store_is_made_of_a_bundle_and_revokes_what_lists_say(stored: Any) -> None:
    elb, made = stored.elb, create(stored)
    arn = made["TrustStoreArn"]
    assert (made["Status"], made["NumberOfCaCertificates"], made["TotalRevokedEntries"]) == ("ACTIVE", 2, 0)
    assert ":truststore/store/" in arn
    content = [{"S3Bucket": stored.bucket, "S3Key": "crl.pem", "RevocationType": "CRL"}]
    (added,) = elb.add_trust_store_revocations(TrustStoreArn=arn, RevocationContents=content)["TrustStoreRevocations"]
    assert (added["RevocationId"], added["NumberOfRevokedEntries"]) == (1, 3)
    assert elb.describe_trust_stores(Names=["store"])["TrustStores"][0]["TotalRevokedEntries"] == 3
    elb.remove_trust_store_revocations(TrustStoreArn=arn, RevocationIds=[1])
    assert elb.describe_trust_store_revocations(TrustStoreArn=arn)["TrustStoreRevocations"] == []
    gone = {"TrustStoreArn": arn, "RevocationIds": [1]}
    assert refused(elb.remove_trust_store_revocations, **gone) == "RevocationIdNotFound"
    elb.delete_trust_store(TrustStoreArn=arn)
    assert refused(elb.describe_trust_stores, TrustStoreArns=[arn]) == "TrustStoreNotFound"


def test_what_is_no_bundle_is_refused(stored: Any) -> None:
    create(stored)
    place = {"CaCertificatesBundleS3Bucket": stored.bucket}
    call = stored.elb.create_trust_store
    assert refused(call, Name="a", CaCertificatesBundleS3Key="none", **place) == "CaCertificatesBundleNotFound"
    assert refused(call, Name="a", CaCertificatesBundleS3Key="nonsense", **place) == "InvalidCaCertificatesBundle"
    assert refused(call, Name="store", CaCertificatesBundleS3Key="ca.pem", **place) == "DuplicateTrustStoreName"
    assert refused(call, Name="-a", CaCertificatesBundleS3Key="ca.pem", **place) == "ValidationError"


def test_listeners_are_associated_with_what_they_verify_by(stored: Any) -> None:
    elb, arn = stored.elb, create(stored)["TrustStoreArn"]
    acm = boto.client(stored.region, "acm")
    pem = certificate("web").public_bytes(Encoding.PEM)
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = [{"CertificateArn": acm.import_certificate(Certificate=pem, PrivateKey=key)["CertificateArn"]}]
    balancer, page = stored.load_balancer()["LoadBalancerArn"], forward(stored.group())
    common = {"LoadBalancerArn": balancer, "Port": 443, "DefaultActions": [page]}
    verify = {"Mode": "verify", "TrustStoreArn": arn}
    plain = common | {"Protocol": "HTTP", "MutualAuthentication": verify}
    assert refused(elb.create_listener, **plain) == "InvalidConfigurationRequest"
    secure = common | {"Protocol": "HTTPS", "Certificates": shown}
    assert refused(elb.create_listener, **secure, MutualAuthentication={"Mode": "verify"}) == "ValidationError"
    (made,) = elb.create_listener(**secure, MutualAuthentication=verify)["Listeners"]
    assert made["MutualAuthentication"] == {
        **verify, "IgnoreClientCertificateExpiry": False, "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": "off",
    }  # fmt: skip
    listener = made["ListenerArn"]
    elb.modify_listener(ListenerArn=listener, Port=444)
    found = elb.describe_trust_store_associations(TrustStoreArn=arn)["TrustStoreAssociations"]
    assert found == [{"ResourceArn": listener}]
    assert refused(elb.delete_trust_store, TrustStoreArn=arn) == "TrustStoreInUse"
    same = {"TrustStoreArn": arn, "ResourceArn": listener}
    assert refused(elb.delete_shared_trust_store_association, **same) == "DeleteAssociationSameAccount"
    elb.modify_listener(ListenerArn=listener, MutualAuthentication={"Mode": "off"})
    assert elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]["MutualAuthentication"] == {"Mode": "off"}
    elb.delete_trust_store(TrustStoreArn=arn)


def test_targets_hear_of_the_leaf_or_of_the_whole_chain() -> None:
    leaf = certificate("client").public_bytes(Encoding.DER)
    said = dict(told((leaf,), "verify"))
    assert said["X-Amzn-Mtls-Clientcert-Serial-Number"] == "03A5B1"  # as in AWS's example
    assert said["X-Amzn-Mtls-Clientcert-Subject"] == "emailAddress=a@b.c,CN=client,O=mTLS,C=US"
    assert said["X-Amzn-Mtls-Clientcert-Validity"] == "NotBefore=2026-01-02T03:04:05Z;NotAfter=2036-01-02T03:04:05Z"
    quoted = said["X-Amzn-Mtls-Clientcert-Leaf"]
    assert quoted.startswith("-----BEGIN%20CERTIFICATE-----%0AMII") and "%2F" not in quoted and "%3D" not in quoted
    assert x509.load_pem_x509_certificate(unquote(quoted).encode()).public_bytes(Encoding.DER) == leaf
    ((name, chain),) = told((leaf, leaf), "passthrough")
    assert name == "X-Amzn-Mtls-Clientcert" and chain == quoted * 2
    assert told((leaf,), "off") == ()


def test_headers_of_tls_can_be_renamed_and_not_be_forged() -> None:
    balancer = {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true"}
    listener = {
        "Attributes": {"routing.http.request.x_amzn_mtls_clientcert_subject.header_name": "X-Who"},
        "MutualAuthentication": {"Mode": "verify"},
    }
    leaf = certificate("client").public_bytes(Encoding.DER)
    secured = Secured("TLSv1.3", "TLS_AES_256_GCM_SHA384", (leaf,))
    added, hidden = header_settings.of_client(balancer, listener, secured)
    forged = [("x-who", "me"), ("X-Amzn-Mtls-Clientcert-Leaf", "mine"), ("x-amzn-tls-version", "9"), ("host", "a:9")]
    ask = Ask("GET", "a", "/", "", forged, port=443, added=added, hidden=hidden)
    heard = {name.lower(): value for name, value in forwarded({"Attributes": balancer}, ask, random.Random(1), 0.0)}
    assert heard["x-who"] == "emailAddress=a@b.c,CN=client,O=mTLS,C=US"
    assert heard["x-amzn-mtls-clientcert-leaf"] != "mine"
    assert (heard["x-amzn-tls-version"], heard["x-amzn-tls-cipher-suite"]) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert heard["host"] == "a"


@pytest.mark.parametrize(("given", "port", "preserved", "heard"), [
    ("a.example", 443, "false", "a.example"), ("a.example:8443", 443, "false", "a.example"),
    ("a.example", 8080, "false", "a.example:8080"), ("a.example:1", 8080, "false", "a.example:1"),
    ("a.example:8443", 443, "true", "a.example:8443"), ("a.example", 8080, "true", "a.example"),
])  # fmt: skip
def test_the_port_in_a_host_header(given: str, port: int, preserved: str, heard: str) -> None:
    settings = {"routing.http.preserve_host_header.enabled": preserved}
    ask = Ask("GET", given, "/", "", [("Host", given)], port=port)
    assert ("Host", heard) in forwarded({"Attributes": settings}, ask, random.Random(1), 0.0)


def test_listeners_add_headers_to_answers_and_leave_out_their_own() -> None:
    settings = {
        "routing.http.response.server.enabled": "false",
        "routing.http.response.x_frame_options.header_value": "DENY",
        "routing.http.response.access_control_max_age.header_value": "",
    }
    answered = [("Server", "awselb/2.0"), ("x-frame-options", "SAMEORIGIN"), ("X", "1")]
    assert header_settings.dressed(settings, answered) == [("X", "1"), ("X-Frame-Options", "DENY")]
    assert header_settings.dressed({}, answered) == answered
    assert header_settings.dressed(settings, [("Server", "mine")])[0] == ("Server", "mine")


@pytest.mark.parametrize(("value", "is_taken"), [
    ("default-src 'self'; img-src *; report-uri /a?b=c", True), ("", True), ("x" * 1024, True), ("x" * 1025, False),
    ("a\rSet-Cookie: b", False), ("a\n", False), ("caf\u00e9", False), ('a"b', False),
])  # fmt: skip
def test_headers_that_listeners_add_have_values_of_the_documented_characters(value: str, is_taken: bool) -> None:
    name = "routing.http.response.content_security_policy.header_value"
    given, old = [{"Key": name, "Value": value}], of_new_listener("HTTP")
    if is_taken:
        assert merged(old, given, LISTENER)[name] == value
    else:
        with pytest.raises(ValidationError):
            merged(old, given, LISTENER)


def test_a_number_that_is_none_is_refused() -> None:
    given = [{"Key": "tcp.idle_timeout.seconds", "Value": "\u00b2"}]  # a raised two
    with pytest.raises(ValidationError, match="an integer between 60 and 6000"):
        merged(of_new_listener("TCP"), given, LISTENER)


def test_headers_of_unusual_names_can_be_dropped() -> None:
    headers = [("x_a", "1"), ("X-B", "2"), ("x.c", "3")]
    assert header_settings.kept({}, headers) == headers
    assert header_settings.kept({header_settings.DROP_INVALID: "true"}, headers) == [("X-B", "2")]
