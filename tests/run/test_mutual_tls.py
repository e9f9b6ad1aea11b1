"""Listeners that ask clients for certificates, on real sockets."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from h2 import events
from run.looping import on_loop
from run.test_http2 import NAME, REQUEST, Secure, page
from run.test_network_balancers import CLIENT

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())
ARN = "arn:aws:elasticloadbalancing:ca-west-1:123456789012:truststore/s/1"


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, issuer: str, serial: int, until: datetime.datetime, ca: bool = False) -> bytes:
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(KEY.public_key()).serial_number(serial)
    builder = builder.not_valid_before(NOW - 9 * DAY).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def revoking(serial: int) -> bytes:
    one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(name("ca")).last_update(NOW - DAY)
    builder = builder.next_update(NOW + DAY).add_revoked_certificate(one)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


class Blobs:
    """One revocation list."""

    def get(self, digest: str) -> bytes:
        return revoking(3)


def trust(found: Secure) -> None:
    """A trust store with one authority, and a list that revokes number 3."""
    found.region.ports.blobs = Blobs()  # type: ignore[assignment]
    authority = certificate("ca", "ca", 1, NOW + DAY, ca=True).decode()
    lists = [{"Id": 1, "Type": "CRL", "Count": 1, "Content": "it"}]
    value = {"Arn": ARN, "Name": "s", "Bundle": authority, "Count": 1, "Revocations": lists, "Given": 1}
    found.region.context("elbv2").commit("entry_put", table="trust_stores", key=ARN, value=value)


def written(folder: Path, shown: bytes) -> Path:
    """A certificate with its key, as a file."""
    path = folder / "client.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + shown)
    return path


async def answered(found: Secure, shown: bytes | None, folder: Path, asked: str = NAME) -> bool:
    """Does a client with this certificate get an answer, by this name? Raises SSLError, ConnectionResetError."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if shown is not None:
        context.load_cert_chain(written(folder, shown))
    reader, writer = await asyncio.open_connection(
        *found.node(), local_addr=(CLIENT, 0), ssl=context, server_hostname=asked
    )
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 200 ")
    finally:
        writer.transport.abort()


@on_loop
async def test_only_trusted_clients_get_in_and_hear_why_they_do_not(tmp_path: Path) -> None:
    client, stranger = certificate("c", "ca", 2, NOW + DAY), certificate("x", "x", 2, NOW + DAY)
    revoked, expired = certificate("c", "ca", 3, NOW + DAY), certificate("c", "ca", 4, NOW - DAY)
    async with Secure(tmp_path) as found:
        trust(found)
        mutual: dict[str, Any] = {"Mode": "verify", "TrustStoreArn": ARN}
        arn = await found.listen(page(), MutualAuthentication=mutual)
        assert await answered(found, client, tmp_path)
        for shown, why in ((None, "CERTIFICATE_REQUIRED"), (stranger, "UNKNOWN_CA"), (revoked, "CERTIFICATE_REVOKED"),
                           (expired, "CERTIFICATE_EXPIRED")):  # fmt: skip
            with pytest.raises(ssl.SSLError, match=why):
                await answered(found, shown, tmp_path)
        ignoring = {**mutual, "IgnoreClientCertificateExpiry": True}
        await found.elb("ModifyListener", ListenerArn=arn, MutualAuthentication=ignoring)
        assert await answered(found, expired, tmp_path)


@on_loop
async def test_the_same_clients_are_trusted_whichever_certificate_the_listener_shows(tmp_path: Path) -> None:
    client, stranger = certificate("c", "ca", 2, NOW + DAY), certificate("x", "x", 2, NOW + DAY)
    revoked = certificate("c", "ca", 3, NOW + DAY)
    async with Secure(tmp_path) as found:
        trust(found)
        arn = await found.listen(page(), MutualAuthentication={"Mode": "verify", "TrustStoreArn": ARN})
        another = await found.certificate("other.example.com")
        await found.elb("AddListenerCertificates", ListenerArn=arn, Certificates=another)
        assert await answered(found, client, tmp_path, "other.example.com")
        for shown, why in ((stranger, "UNKNOWN_CA"), (revoked, "CERTIFICATE_REVOKED")):
            with pytest.raises(ssl.SSLError, match=why):
                await answered(found, shown, tmp_path, "other.example.com")


@on_loop
async def test_passthrough_takes_any_certificate_or_none(tmp_path: Path) -> None:
    stranger = certificate("x", "x", 2, NOW + DAY)
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with Secure(tmp_path) as found:
        await found.before(talk, MutualAuthentication={"Mode": "passthrough"})
        line = await found.line(written(tmp_path, stranger))
        assert line.alpn == "h2"
        line.h2.send_headers(1, REQUEST, end_stream=True)
        line.send()
        await line.until(events.StreamEnded)
        line.writer.transport.abort()
        (head,) = [each for each in heard if b"POST" in each]
        assert b"X-Amzn-Mtls-Clientcert: -----BEGIN%20CERTIFICATE-----%0A" in head
        assert await answered(found, None, tmp_path)
