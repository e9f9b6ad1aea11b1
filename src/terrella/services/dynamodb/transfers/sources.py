"""What imports read: the objects of a bucket as records, one after the other, and those as items.

A record is a line; in CSV one that goes on while quotes around a field are open, in Ion while braces are. What cannot
be read is counted and reported, and the next record is another matter.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from ....core.errors import AwsError, ValidationException
from ..state import Table
from ..values import Item, Value
from . import ion

Plain = dict[str, Any]

LONGEST_RECORD = 8 * 1024 * 1024
"""In bytes: an item's 400 KB take less, however they are written."""
csv.field_size_limit(LONGEST_RECORD)
_GZIP = 31
_NOTHING = (b"", ion.VERSION.encode())
_ION_MARKS = re.compile(rb"""'''(?:[^'\\]|\\.|'(?!''))*'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{}]""", re.DOTALL)
_TO_CLOSING_QUOTE = re.compile(rb'(?:[^"]++|"")*+"')


Read = Callable[[bytes], Any]
"""Makes what it says of the text of a record, None of the line of a CSV file that names its columns. Raises
ValidationException."""
Opened = Callable[[bytes, int], int]
"""What it says of a line, and of what was open before it: whether the record goes on, 0 if not."""


@dataclass(slots=True)
class Found:
    """What stands at one place of an object: something that was read, or why nothing could be. `size` is that of its
    text."""

    index: int
    value: Any
    why: str
    size: int


async def found(
    parts: AsyncIterator[bytes], compression: str, format: str, read: Read, delimiter: str = ","
) -> AsyncIterator[Found]:
    """All of one object, counted from 0, empty lines left out."""
    index = 0
    try:
        async for text in _records(_decompressed(parts, compression), _opened_by(format, delimiter)):
            try:
                value, why = read(text), ""
            except AwsError as problem:
                value, why = None, problem.message or problem.error_code
            if value is not None or why:
                yield Found(index, value, why, len(text) + 1)
                index += 1
    except zlib.error as problem:
        yield Found(index, None, f"The object cannot be decompressed as {compression}: {problem}", 0)
    except _TooLong:
        yield Found(index, None, f"A record is longer than {LONGEST_RECORD} bytes", 0)


class _TooLong(Exception):
    """A record that has no end within sight."""


async def _records(parts: AsyncIterator[bytes], opened_by: Opened) -> AsyncIterator[bytes]:
    opened, rest = 0, b""
    pending: list[bytes] = []  # lines of a record that goes on
    async for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            pending.append(line)
            opened = opened_by(line, opened)
            if opened <= 0:
                text, opened = b"\n".join(pending), 0
                pending.clear()
                if text.strip() not in _NOTHING:
                    yield text
        if len(rest) + sum(map(len, pending)) > LONGEST_RECORD:
            raise _TooLong
    text = b"\n".join([*pending, rest])
    if text.strip() not in _NOTHING:
        yield text


def reader(input: Plain, table: Table) -> Callable[[bytes], Item | None]:
    """What reads the items of one object."""
    if input["InputFormat"] == "CSV":
        options = (input.get("InputFormatOptions") or {}).get("Csv") or {}
        return _Csv(delimiter(input), options.get("HeaderList"), table.types)
    fields_of = FIELDS[input["InputFormat"]]
    return lambda text: item_of(fields_of(text))


def delimiter(input: Plain) -> str:
    """What stands between the fields of a CSV file."""
    return str(((input.get("InputFormatOptions") or {}).get("Csv") or {}).get("Delimiter") or ",")


def _json_fields(text: bytes) -> Any:
    """What a line of JSON holds."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise ValidationException(f"The record is no JSON: {problem}") from None


def _ion_fields(text: bytes) -> Plain:
    """The fields of an Ion struct, as they would stand in DynamoDB JSON."""
    try:
        fields = ion.read(text.decode())
    except UnicodeDecodeError:
        raise ValidationException("The Ion text is no UTF-8; binary Ion is not read here") from None
    return {name: value.get("M", value) for name, value in fields.items()}


def item_of(record: Any) -> Item:
    """The `Item` of a record. ValidationException if it has none."""
    item = record.get("Item") if isinstance(record, dict) else None
    if not isinstance(item, dict):
        raise ValidationException('The record holds no item: {"Item": {...}} is expected')
    return item


FIELDS: dict[str, Callable[[bytes], Any]] = {"DYNAMODB_JSON": _json_fields, "ION": _ion_fields}
"""What a record holds beside its item. They raise ValidationException."""


class _Csv:
    """Lines of one CSV file as items: keys of the table and its indexes as they are defined, all others strings."""

    def __init__(self, delimiter: str, headers: list[str] | None, types: dict[str, str]) -> None:
        self._delimiter, self._headers, self._types = delimiter, headers, types

    def __call__(self, text: bytes) -> Item | None:
        try:
            line = text.decode("utf-8-sig").rstrip("\r")
            rows = csv.reader(io.StringIO(line, newline=""), delimiter=self._delimiter, strict=True)
            values, *others = [*rows] or [[]]
        except (csv.Error, UnicodeDecodeError) as problem:
            raise ValidationException(f"The line is no CSV: {problem}") from None
        if others:
            raise ValidationException("The line is no CSV: it has a carriage return outside of quotes")
        if self._headers is None:
            self._headers = values
            return None
        if len(values) != len(self._headers):
            raise ValidationException(
                f"The line has {len(values)} columns, while the header has {len(self._headers)}"
            )
        return {name: self._value(name, each) for name, each in zip(self._headers, values, strict=True)}

    def _value(self, name: str, text: str) -> Value:
        return {self._types.get(name, "S"): text}


async def _decompressed(parts: AsyncIterator[bytes], compression: str) -> AsyncIterator[bytes]:
    if compression == "NONE":
        async for part in parts:
            yield part
        return
    stream = zlib.decompressobj(_GZIP)
    async for part in parts:
        while part:
            if stream.eof:
                stream = zlib.decompressobj(_GZIP)  # gzip files may follow one another
            found = stream.decompress(part, 1 << 20)
            part = stream.unconsumed_tail or stream.unused_data
            if found:
                yield found
    if not stream.eof and (found := stream.flush()):
        yield found
    if not stream.eof:
        raise zlib.error("it ends too early")


def _opened_by(format: str, delimiter: str) -> Opened:
    if format == "CSV":
        opening = re.compile(rb'(?:^(?:\xef\xbb\xbf)?|%b)"' % re.escape(delimiter.encode()))
        return lambda line, opened: _quotes(line, opened, opening)
    return _braces if format == "ION" else lambda line, opened: 0


def _quotes(line: bytes, opened: int, opening: re.Pattern[bytes]) -> int:
    """Whether a field is within quotes at the end of a line. Quotes open a field where it begins, nowhere else."""
    at = 0
    while True:
        if opened:
            closing = _TO_CLOSING_QUOTE.match(line, at)
            if closing is None:
                return 1
            at = closing.end()
        begin = opening.search(line, at)
        if begin is None:
            return 0
        at, opened = begin.end(), 1


def _braces(line: bytes, opened: int) -> int:
    """How many braces are open after a line, those within quotes not counted."""
    marks = _ION_MARKS.findall(line)
    return opened + marks.count(b"{") - marks.count(b"}")
