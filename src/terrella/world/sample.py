"""A sample service as a simulated world deploys it: code and what it stands on, as values."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A function behind an HTTP API with a domain of its own in every region, its data in a global table.

    `key` is the table's hash key and, if there is one, its range key, both strings. Health checks ask each
    region's own API for `health_path` every `interval_s` seconds.
    """

    name: str
    archive: bytes
    domain: str = "chat.example.com"
    fast_domain: str = "fast.chat.example.com"  # of its other fronts
    zone: str = "example.com"
    handler: str = "app.handler"
    table: str | None = "messages"  # None for a service that keeps nothing
    key: tuple[str, ...] = ("room", "sent")
    environment: Mapping[str, str] = field(default_factory=dict)
    health_path: str = "/health/deep"
    interval_s: int = 10
    threshold: int = 3


def archive_of(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of some files, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return buffer.getvalue()


def table_of(sample: Sample) -> dict[str, Any]:
    """CreateTable's input for a sample's table."""
    kinds = ("HASH", "RANGE")
    return {
        "TableName": sample.table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in sample.key],
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(sample.key, kinds, strict=False)
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
