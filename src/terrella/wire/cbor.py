"""CBOR bodies of the rpc-v2-cbor protocol (Smithy RPC v2, RFC 8949).

Raw shapes (`quirks.RAW_SHAPES`) travel modelled and are handed over in their JSON notation, both ways.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import cbor2

from ..core.errors import SerializationException
from . import json
from .compiled import compiled
from .encoded import Encoded
from .refusals import wrong_type
from .scalars import epoch, read_time
from .shape import Shape

Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]


def loads(body: bytes) -> Any:
    """One CBOR item. SerializationException if it is none."""
    try:
        return cbor2.loads(body)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, OSError, MemoryError, RecursionError):
        raise SerializationException() from None


def dumps(value: Any) -> bytes:
    return cbor2.dumps(value)


@compiled
def reader(shape: Shape) -> Reader:
    """Turns decoded CBOR into the modelled value. SerializationException for a wrong type."""
    if json.is_raw(shape):
        read, to_notation = _walker(shape), json.plain_writer(shape)
        return lambda value: to_notation(read(value))
    return _walker(shape)


def _walker(shape: Shape) -> Reader:
    build = _READERS.get(shape.kind)
    if build:
        return build(shape)
    return json.plain_reader(shape)  # strings, integers and booleans are what they are in JSON


def _structure_reader(shape: Shape) -> Reader:
    if shape.is_document:
        return lambda value: value
    members = {member.named(name): (name, reader(member)) for name, member in shape.members.items()}

    def read(value: Any) -> Any:
        if value.__class__ is not dict:
            wrong_type(value, shape)
        found = {}
        for key, inner in value.items():
            member = members.get(key)
            if member is not None and inner is not None:
                found[member[0]] = member[1](inner)
        return found

    return read


def _list_reader(shape: Shape) -> Reader:
    read_member = reader(shape.member)

    def read(value: Any) -> Any:
        if value.__class__ is not list:
            wrong_type(value, shape)
        return [None if inner is None else read_member(inner) for inner in value]

    return read


def _map_reader(shape: Shape) -> Reader:
    read_value = reader(shape.value)

    def read(value: Any) -> Any:
        if value.__class__ is not dict:
            wrong_type(value, shape)
        for key in value:
            if key.__class__ is not str:
                wrong_type(key, shape.key)
        return {key: None if inner is None else read_value(inner) for key, inner in value.items()}

    return read


def _blob_reader(shape: Shape) -> Reader:
    return lambda value: value if value.__class__ is bytes else wrong_type(value, shape)


def _float_reader(shape: Shape) -> Reader:
    return lambda value: float(value) if value.__class__ in (float, int) else wrong_type(value, shape)


def _timestamp_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        if value.__class__ not in (int, float, datetime):
            wrong_type(value, shape)
        try:
            return read_time(value)
        except ValueError:
            wrong_type(value, shape)

    return read


_READERS: dict[str, Callable[[Shape], Reader]] = {
    "structure": _structure_reader,
    "list": _list_reader,
    "map": _map_reader,
    "blob": _blob_reader,
    "float": _float_reader,
    "double": _float_reader,
    "timestamp": _timestamp_reader,
}


@compiled
def writer(shape: Shape) -> Writer:
    """Turns a modelled value into what `dumps` takes."""
    build = _WRITERS.get(shape.kind)
    write = build(shape) if build else _same
    if json.is_raw(shape):
        from_notation = json.plain_reader(shape)
        return lambda value: write(from_notation(decoded(value)))
    return write


def decoded(value: Any) -> Any:
    """The value itself, or what a ready-made one stands for, in JSON notation."""
    return value.value() if value.__class__ is Encoded else value


def _structure_writer(shape: Shape) -> Writer:
    if shape.is_document:
        return _same
    members = {name: (member.named(name), writer(member)) for name, member in shape.members.items()}

    def write(value: Any) -> Any:
        written = {}
        for key, inner in _modelled(value, shape).items():
            member = members.get(key)
            if member is not None and inner is not None:
                written[member[0]] = member[1](inner)
        return written

    return write


def _list_writer(shape: Shape) -> Writer:
    write_member = writer(shape.member)
    return lambda value: [None if inner is None else write_member(inner) for inner in _modelled(value, shape)]


def _map_writer(shape: Shape) -> Writer:
    write_value = writer(shape.value)
    return lambda value: {
        key: None if inner is None else write_value(inner) for key, inner in _modelled(value, shape).items()
    }


def _modelled(value: Any, shape: Shape) -> Any:
    return json.plain_reader(shape)(value.value()) if value.__class__ is Encoded else value


def _write_time(value: datetime | float) -> cbor2.CBORTag:
    seconds = round(epoch(value), 6)
    return cbor2.CBORTag(1, int(seconds) if seconds == math.floor(seconds) else seconds)


def _same(value: Any) -> Any:
    return value


_WRITERS: dict[str, Callable[[Shape], Writer]] = {
    "structure": _structure_writer,
    "list": _list_writer,
    "map": _map_writer,
    "blob": lambda shape: lambda value: value.encode() if isinstance(value, str) else value,
    "float": lambda shape: float,
    "double": lambda shape: float,
    "timestamp": lambda shape: _write_time,
}
