"""Deployment packages: where they come from, and what makes one unacceptable."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any, NamedTuple

from ...core.errors import AwsError, NotImplementedHere
from ...region.service import Context
from .errors import InvalidParameterValueException
from .state import State

LARGEST_ZIP = 52_428_800
LARGEST_UNZIPPED = 262_144_000
BAD_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


class Package(NamedTuple):
    """An archive that is in the region's blobs."""

    digest: str  # sha256, hexadecimal
    size: int

    @property
    def sha256(self) -> str:
        """As Lambda shows it."""
        return base64.b64encode(bytes.fromhex(self.digest)).decode()


async def accept(ctx: Context[State], code: dict[str, Any]) -> Package:
    """Fetch, check and keep an archive given as ZipFile or as S3Bucket and S3Key."""
    if code.get("ImageUri"):
        raise NotImplementedHere("lambda", "container images")
    archive = code.get("ZipFile")
    if archive is None:
        archive = await _from_s3(ctx, code)
    elif len(archive) > LARGEST_ZIP:
        raise InvalidParameterValueException("Unzipped size must be smaller than 262144000 bytes")
    check(archive)
    return Package(ctx.here.ports.blobs.put(archive), len(archive))


def check(archive: bytes) -> None:
    """Refuse what is not a zip archive, or is too large unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            entries = files.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError):
        raise InvalidParameterValueException(BAD_ZIP) from None
    if not entries:
        raise InvalidParameterValueException("Uploaded file must be a non-empty zip")
    if sum(entry.file_size for entry in entries) >= LARGEST_UNZIPPED:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes")


async def _from_s3(ctx: Context[State], code: dict[str, Any]) -> bytes:
    if not code.get("S3Bucket") or not code.get("S3Key"):
        raise InvalidParameterValueException("Please provide a source for function code.")
    wanted = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if code.get("S3ObjectVersion"):
        wanted["VersionId"] = code["S3ObjectVersion"]
    try:
        body = (await ctx.request("s3", "GetObject", wanted)).get("Body", b"")
    except AwsError as error:
        if isinstance(error, NotImplementedHere):
            raise
        raise InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: {error.error_code}. "
            f"S3 Error Message: {error.message}"
        ) from None
    return body if isinstance(body, bytes) else body.read()
