"""Checksums: the known values, and what becomes of wrong ones."""

from __future__ import annotations

import base64

import pytest

from terrella.core.errors import AwsError
from terrella.wire import checksums
from terrella.wire.http import Request

CHECK = b"123456789"  # the input every catalogue of CRCs gives values for


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ],
)
def test_the_known_values_come_out(name: str, digest: str) -> None:
    assert checksums.ALGORITHMS[name](CHECK).hex() == digest
    sent = base64.b64encode(bytes.fromhex(digest)).decode()
    checksums.verify(Request("PUT", "/", "", {f"x-amz-checksum-{name}": sent}, CHECK))
    with pytest.raises(checksums.BadDigest):
        checksums.verify(Request("PUT", "/", "", {f"x-amz-checksum-{name}": sent}, CHECK + b"!"))


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("content-md5", "nonsense", "InvalidDigest"),
        ("content-md5", base64.b64encode(b"x" * 16).decode(), "BadDigest"),
        ("x-amz-checksum-crc32", "====", "InvalidRequest"),
        ("x-amz-checksum-sha256", "YQ==", "InvalidRequest"),
    ],
)
def test_a_wrong_checksum_is_refused(header: str, value: str, code: str) -> None:
    with pytest.raises(AwsError) as refusal:
        checksums.verify(Request("PUT", "/", "", {header: value}, CHECK))
    assert refusal.value.error_code == code
