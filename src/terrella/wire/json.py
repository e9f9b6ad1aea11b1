"""JSON bodies: of the json and rest-json protocols, and the notation ready-made values are kept in.

Values of raw shapes (`quirks.RAW_SHAPES`) pass both ways as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson

from ..core.errors import SerializationException
from .compiled import compiled
from .encoded import Encoded
from .quirks import RAW_SHAPES
from .refusals import bad_base64, wrong_type
from .scalars import read_blob, read_time, time_writer, write_blob
from .shape import Shape

Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]


def loads(body: bytes) -> Any:
    """A JSON document. SerializationException if it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SerializationException() from None


def dumps(value: Any) -> bytes:
    """JSON bytes; `Encoded` values already turned to fragments by the writer."""
    return orjson.dumps(value)


def is_raw(shape: Shape) -> bool:
    return shape.name in RAW_SHAPES.get(shape.service, ())


@compiled
def reader(shape: Shape) -> Reader:
    """Turns parsed JSON into the modelled value. SerializationException for a wrong type."""
    if is_raw(shape):
        return _raw_reader(shape)
    return _READERS[shape.kind](shape)


def _raw_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        return value if value.__class__ is dict else wrong_type(value, shape)

    return read


@compiled
def plain_reader(shape: Shape) -> Reader:
    """Like `reader`, for a shape that is raw elsewhere: its own members are walked."""
    return _READERS[shape.kind](shape)


def _structure_reader(shape: Shape) -> Reader:
    if shape.is_document:
        return _same
    members = {member.named(name): (name, reader(member)) for name, member in shape.members.items()}
    known = members.get

    def read(value: Any) -> Any:
        if value.__class__ is not dict:
            wrong_type(value, shape)
        found = {}
        for key, inner in value.items():
            if inner is not None:
                member = known(key)
                if member is not None:
                    found[member[0]] = member[1](inner)
        return found

    return read


def _inner_reader(shape: Shape) -> Reader:
    """Of a member of a list or map: a structure that is none is told of in other words there."""
    read = reader(shape)
    if shape.kind != "structure" or shape.is_document or is_raw(shape):
        return read

    def read_inner(value: Any) -> Any:
        if value.__class__ is not dict:
            _wrong_raw_value(value, shape)
        return read(value)

    return read_inner


def _list_reader(shape: Shape) -> Reader:
    read_member = _inner_reader(shape.member)

    def read(value: Any) -> Any:
        if value.__class__ is not list:
            wrong_type(value, shape)
        return [None if inner is None else read_member(inner) for inner in value]

    return read


def _map_reader(shape: Shape) -> Reader:
    if is_raw(shape.value):
        return _raw_map_reader(shape)
    read_value = _inner_reader(shape.value)

    def read(value: Any) -> Any:
        if value.__class__ is not dict:
            wrong_type(value, shape)
        return {key: None if inner is None else read_value(inner) for key, inner in value.items()}

    return read


def _raw_map_reader(shape: Shape) -> Reader:
    """The hot one: an item. Its values are objects; what is in them is the service's to judge."""
    value_shape = shape.value

    def read(value: Any) -> Any:
        if value.__class__ is not dict:
            wrong_type(value, shape)
        for inner in value.values():
            if inner.__class__ is not dict and inner is not None:
                _wrong_raw_value(inner, value_shape)
        return value

    return read


def _wrong_raw_value(value: Any, shape: Shape) -> None:
    if isinstance(value, list):
        wrong_type(value, shape)
    raise SerializationException("Unexpected value type in payload")


def _string_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        return value if value.__class__ is str else wrong_type(value, shape)

    return read


def _integer_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        if value.__class__ is int:
            return value
        if value.__class__ is float and math.isfinite(value):
            return int(value)
        return wrong_type(value, shape)

    return read


def _float_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        if value.__class__ in (float, int):
            return float(value)
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        return wrong_type(value, shape)

    return read


def _boolean_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        return value if value.__class__ is bool else wrong_type(value, shape)

    return read


def _blob_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        if value.__class__ is not str:
            wrong_type(value, shape)
        try:
            return read_blob(value)
        except ValueError:
            bad_base64(value)

    return read


def _timestamp_reader(shape: Shape) -> Reader:
    def read(value: Any) -> Any:
        if value.__class__ not in (int, float, str):
            wrong_type(value, shape)
        try:
            return read_time(value)
        except ValueError:
            wrong_type(value, shape)

    return read


def _same(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Shape], Reader]] = {
    "structure": _structure_reader,
    "list": _list_reader,
    "map": _map_reader,
    "string": _string_reader,
    "character": _string_reader,
    "integer": _integer_reader,
    "long": _integer_reader,
    "float": _float_reader,
    "double": _float_reader,
    "boolean": _boolean_reader,
    "blob": _blob_reader,
    "timestamp": _timestamp_reader,
}


@compiled
def writer(shape: Shape) -> Writer:
    """Turns a modelled value into what `dumps` takes. Members the shape does not have are left out."""
    if is_raw(shape):
        return _raw_writer
    return plain_writer(shape)


@compiled
def plain_writer(shape: Shape) -> Writer:
    """Like `writer`, for a shape that is raw elsewhere."""
    build = _WRITERS.get(shape.kind)
    return build(shape) if build else _same


def _raw_writer(value: Any) -> Any:
    return orjson.Fragment(value.json) if value.__class__ is Encoded else value


def _structure_writer(shape: Shape) -> Writer:
    if shape.is_document:
        return _same
    members = {name: (member.named(name), writer(member)) for name, member in shape.members.items()}
    known = members.get

    def write(value: Any) -> Any:
        if value.__class__ is Encoded:
            return orjson.Fragment(value.json)
        written = {}
        for key, inner in value.items():
            if inner is not None:
                member = known(key)
                if member is not None:
                    written[member[0]] = member[1](inner)
        return written

    return write


def _list_writer(shape: Shape) -> Writer:
    write_member = writer(shape.member)

    def write(value: Any) -> Any:
        if value.__class__ is Encoded:
            return orjson.Fragment(value.json)
        made = orjson.Fragment
        return [
            made(inner.json) if inner.__class__ is Encoded else None if inner is None else write_member(inner)
            for inner in value
        ]

    return write


def _map_writer(shape: Shape) -> Writer:
    write_value = writer(shape.value)

    def write(value: Any) -> Any:
        if value.__class__ is Encoded:
            return orjson.Fragment(value.json)
        return {key: None if inner is None else write_value(inner) for key, inner in value.items()}

    return write


def _write_float(value: Any) -> Any:
    if math.isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


_WRITERS: dict[str, Callable[[Shape], Writer]] = {
    "structure": _structure_writer,
    "list": _list_writer,
    "map": _map_writer,
    "float": lambda shape: _write_float,
    "double": lambda shape: _write_float,
    "blob": lambda shape: write_blob,
    "timestamp": lambda shape: time_writer(shape, "unixtimestamp"),
}
