"""How attribute values compare: equality of all types, order of strings, numbers and binary, containment."""

from __future__ import annotations

from typing import Any

from . import numbers
from .values import Value, binary, kind_of


def equal(one: Value, other: Value) -> bool:
    """Same type and same content; sets whatever their order, maps whatever theirs."""
    if one == other:
        return True  # normal forms make this the rule; sets are the exception
    kind = kind_of(one)
    if kind != kind_of(other):
        return False
    left, right = one[kind], other[kind]
    if kind in ("SS", "NS", "BS"):
        return len(left) == len(right) and set(left) == set(right)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind == "M":
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    return False


def order(one: Value, other: Value) -> int | None:
    """Negative, zero or positive; None when the two cannot be ordered.

    Strings by their UTF-8 bytes, binary by unsigned bytes, numbers by value.
    """
    kind = kind_of(one)
    if kind != kind_of(other):
        return None
    left, right = one[kind], other[kind]
    if kind == "N":
        return numbers.order(left, right)
    if kind == "S":
        return _compare(left.encode(), right.encode())  # code points and bytes sort alike, surrogates do not
    if kind == "B":
        return _compare(binary(left), binary(right))
    return None


def begins_with(value: Value, prefix: Value) -> bool:
    """Strings and binary only; anything else is no beginning of anything."""
    kind = kind_of(prefix)
    if kind_of(value) != kind:
        return False
    if kind == "S":
        return bool(value["S"].startswith(prefix["S"]))
    return kind == "B" and binary(value["B"]).startswith(binary(prefix["B"]))


def contains(value: Value, sought: Value) -> bool:
    """A part of a string or binary, a member of a set or list."""
    kind, wanted = kind_of(value), kind_of(sought)
    content = value[kind]
    if kind == "L":
        return any(equal(member, sought) for member in content)
    if kind == wanted == "S":
        return sought["S"] in content
    if kind == wanted == "B":
        return binary(sought["B"]) in binary(content)
    return kind in ("SS", "NS", "BS") and kind[0] == wanted and sought[wanted] in content


def _compare(left: Any, right: Any) -> int:
    return (left > right) - (left < right)
