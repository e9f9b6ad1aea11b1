"""The world's certificate authority: what clients that trust it accept, and whom a region serves."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest
from run.looping import on_loop

from terrella.run.disk.errors import DiskError
from terrella.run.tls import Authority, Certificates


async def greeted(tmp_path: Path, name: str, address: str = "127.0.0.1") -> str:
    """Which name the certificate a server shows is for, as a verifying client sees it."""
    certificates = Certificates(Authority.at(tmp_path), address, lambda name: name == "chat.example.com")
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0, ssl=certificates.base)
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    try:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
        subject = writer.get_extra_info("peercert")["subjectAltName"][0][1]
        writer.close()
        return str(subject)
    finally:
        server.close()


@on_loop
async def test_aws_names_have_certificates_everywhere(tmp_path: Path) -> None:
    assert await greeted(tmp_path, "dynamodb.eu-west-1.amazonaws.com") == "dynamodb.eu-west-1.amazonaws.com"


@on_loop
async def test_the_bare_address_has_one_too(tmp_path: Path) -> None:
    assert await greeted(tmp_path, "127.0.0.1") == "127.0.0.1"


@on_loop
async def test_a_customers_name_has_one_only_where_it_was_issued(tmp_path: Path) -> None:
    assert await greeted(tmp_path, "chat.example.com") == "chat.example.com"
    with pytest.raises((ssl.SSLError, ConnectionResetError)):  # uvloop hangs up without the alert
        await greeted(tmp_path, "other.example.com")


def test_the_authority_is_kept_and_its_key_is_private(tmp_path: Path) -> None:
    Authority.at(tmp_path)
    before = (tmp_path / "ca.pem").read_bytes()
    Authority.at(tmp_path)
    assert (tmp_path / "ca.pem").read_bytes() == before
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def test_a_certificate_for_many_names_has_them_all(tmp_path: Path) -> None:
    from cryptography import x509

    issued = Authority.at(tmp_path).issue(["example.com", "*.example.com"])
    leaf = x509.load_pem_x509_certificate(issued["certificate"].encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["example.com", "*.example.com"]


def test_a_damaged_authority_is_one_sentence(tmp_path: Path) -> None:
    Authority.at(tmp_path)
    (tmp_path / "key.pem").write_text("nonsense")
    with pytest.raises(DiskError, match="holds no certificate authority that can be read"):
        Authority.at(tmp_path)
