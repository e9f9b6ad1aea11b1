"""The files an export leaves: data in lines, compressed as they come, and the two manifests that tell of them.

    PREFIX/AWSDynamoDB/ID/_started  manifest-files.json  manifest-summary.json, and an .md5 of each manifest
    PREFIX/AWSDynamoDB/ID/data/NAME.json.gz       of a full export
    PREFIX/AWSDynamoDB/data/NAME.json.gz          of an incremental one

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import base64
import datetime
import zlib
from hashlib import blake2b
from typing import Any

import orjson

from .. import records
from ..keys import KeySchema
from ..parameters import Expressions
from ..values import Item
from . import ion
from .snapshot import Changed

Plain = dict[str, Any]

FILE_BYTES = 16 * 1024 * 1024
"""Of lines, before they are compressed: what one data file holds, and this process in memory of it."""
EXTENSIONS = {"DYNAMODB_JSON": "json.gz", "ION": "ion.gz"}
FULL, INCREMENTAL = "FULL_EXPORT", "INCREMENTAL_EXPORT"
FULL_VERSION, INCREMENTAL_VERSION = "2020-06-30", "2023-08-01"
_GZIP = 31  # the window zlib uses, and gzip's head and tail around it


class DataFile:
    """A file of lines on its way."""

    def __init__(self) -> None:
        self._compressing = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self._pieces: list[bytes] = []
        self.count = self.size = 0

    @property
    def full(self) -> bool:
        return self.size >= FILE_BYTES

    def add(self, lines: list[bytes]) -> None:
        """Take some lines."""
        text = b"".join(lines)
        self.count, self.size = self.count + len(lines), self.size + len(text)
        self._pieces.append(self._compressing.compress(text))

    def content(self) -> bytes:
        """The whole file. Nothing can be added then."""
        return b"".join((*self._pieces, self._compressing.flush()))


def folder(asked: Plain, identity: str) -> str:
    """What the keys of an export's manifests begin with."""
    return f"{root(asked)}{identity}/"


def root(asked: Plain) -> str:
    """What the keys of all exports with this prefix begin with."""
    prefix = (asked.get("S3Prefix") or "").rstrip("/")
    return f"{prefix}/AWSDynamoDB/" if prefix else "AWSDynamoDB/"


def data_key(asked: Plain, identity: str, number: int) -> str:
    """The key of one data file: the same whenever it is written, so that what a crash left is overwritten."""
    digest = blake2b(f"{identity} {number}".encode(), digest_size=16).digest()
    name = base64.b32encode(digest).decode().rstrip("=").lower()
    within = root(asked) if asked.get("ExportType") == INCREMENTAL else folder(asked, identity)
    return f"{within}data/{name}.{EXTENSIONS[asked['ExportFormat']]}"


def item_line(record: bytes, asked: Plain, chosen: Expressions | None) -> bytes | None:
    """The line of an item; None if it was not chosen."""
    json = records.json_of(record)
    if chosen is None and asked["ExportFormat"] == "DYNAMODB_JSON":
        return b'{"Item":%b}\n' % json
    item = _chosen(orjson.loads(json), chosen)
    return None if item is None else _line({"Item": item}, asked)


def change_line(changed: Changed, schema: KeySchema, asked: Plain, chosen: Expressions | None) -> bytes | None:
    """The line of an item that was altered; None if neither what it was nor what it is was chosen."""
    before, after = records.item_of(changed.before or None), records.item_of(changed.after or None)
    keys = schema.pick(before or after or {})
    old, new = (_chosen(each, chosen) if each else None for each in (before, after))
    if old is None and new is None:
        return None
    written_at = {"N": str(int(changed.written_at * 1e6))}
    line: Plain = {"Metadata": {"WriteTimestampMicros": written_at}, "Keys": keys}
    if new is not None:
        line["NewImage"] = new
    if old is not None and asked["IncrementalExportSpecification"]["ExportViewType"] == "NEW_AND_OLD_IMAGES":
        line["OldImage"] = old
    return _line(line, asked)


def files_manifest(files: list[list[Any]]) -> bytes:
    """manifest-files.json: a line for each data file."""
    lines = [
        {"itemCount": count, "md5Checksum": md5, "etag": etag, "dataFileS3Key": key}
        for key, count, md5, etag in files
    ]
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def summary_manifest(arn: str, job: Plain, ended_at: float) -> bytes:
    """manifest-summary.json."""
    asked, progress = job["asked"], job["progress"]
    spec = asked.get("IncrementalExportSpecification")
    period = {"exportTime": _moment(asked["ExportTime"])} if spec is None else {
        "exportFromTime": _moment(spec["ExportFromTime"]), "exportToTime": _moment(spec["ExportToTime"]),
    }  # fmt: skip
    view = {} if spec is None else {"outputView": spec["ExportViewType"], "exportType": INCREMENTAL}
    return orjson.dumps({
        "version": FULL_VERSION if spec is None else INCREMENTAL_VERSION,
        "exportArn": arn,
        "startTime": _moment(job["started_at"]),
        "endTime": _moment(ended_at),
        "tableArn": arn.partition("/export/")[0],
        "tableId": job["table_id"],
        **period,
        "s3Bucket": asked["S3Bucket"],
        "s3Prefix": asked.get("S3Prefix"),
        "s3SseAlgorithm": asked["S3SseAlgorithm"],
        "s3SseKmsKeyId": asked.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": folder(asked, identity_of(arn)) + "manifest-files.json",
        "billedSizeBytes": progress["size"],
        "itemCount": progress["count"],
        "outputFormat": asked["ExportFormat"],
        **view,
    })  # fmt: skip


def identity_of(arn: str) -> str:
    """The last part of a job's ARN."""
    return arn.rpartition("/")[2]


def _line(line: Plain, asked: Plain) -> bytes:
    if asked["ExportFormat"] == "ION":
        structs = {name: {"M": value} for name, value in line.items()}
        return f"{ion.VERSION} {ion.written(structs)}\n".encode()
    return orjson.dumps(line) + b"\n"


def _chosen(item: Item, chosen: Expressions | None) -> Item | None:
    if chosen is None:
        return item
    if chosen.filter is not None and not chosen.filter.holds(item):
        return None
    return item if chosen.projection is None else chosen.projection.of(item)


def _moment(at: float) -> str:
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
