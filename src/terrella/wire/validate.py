"""Constraints of the model - required, length, range, pattern, enum - and broken ones told as AWS tells them.

All violations are gathered before any is told. Names in a path begin in lower case, members of lists are
counted from one: `'keySchema.1.member.attributeName'`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError, ValidationException
from .compiled import compiled
from .encoded import Encoded
from .model import Operation
from .patterns import whole_match
from .quirks import (
    INVALID_INPUT_BY_PROTOCOL,
    INVALID_INPUT_CODE,
    MISSING_PARAMETER,
    UNCHECKED_SERVICES,
    UNCHECKED_SHAPES,
)
from .shape import SCALARS, Shape

Path = tuple[Any, ...]  # (path of what it is in, name), () at the top
Checker = Callable[[Any, Path, list["Violation"]], None]


class Violation:
    """One constraint one value does not keep."""

    __slots__ = ("constraint", "path", "shape", "value")

    def __init__(self, value: Any, path: Path, constraint: str, shape: Shape) -> None:
        self.value, self.path, self.constraint, self.shape = value, path, constraint, shape

    def __str__(self) -> str:
        shown = "null" if self.value is None else f"'{shown_value(self.value, self.shape)}'"
        return f"Value {shown} at '{shown_path(self.path)}' failed to satisfy constraint: {self.constraint}"


class InvalidInput(AwsError):
    """A broken constraint under the code its service has for that."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


NOT_NULL = "Member must not be null"
MOST_TOLD = 10
MOST_REMEMBERED, LONGEST_REMEMBERED = 64, 256


def check(operation: Operation, value: dict[str, Any]) -> None:
    """Raise ValidationException, or what the service says in its place, if a constraint is broken."""
    checker = operation.made.get("check")
    if checker is None:
        checker = operation.made["check"] = _operation_checker(operation)
    if checker is not _nothing:
        found: list[Violation] = []
        checker(value, (), found)
        if found:
            raise _refusal(operation, found[:MOST_TOLD])


def constraint_violations(shape: Shape, value: Any) -> list[str]:
    """Every broken constraint of a value of that shape, each in AWS's words."""
    found: list[Violation] = []
    _checker(shape)(value, (), found)
    return [str(each) for each in found]


def message(violations: list[str]) -> str:
    """Violations as one message: `2 validation errors detected: ...; ...`."""
    many = "s" if len(violations) > 1 else ""
    return f"{len(violations)} validation error{many} detected: {'; '.join(violations)}"


def _operation_checker(operation: Operation) -> Checker:
    if operation.input is None or operation.service.name in UNCHECKED_SERVICES:
        return _nothing
    return _checker(operation.input)


def _refusal(operation: Operation, found: list[Violation]) -> AwsError:
    service = operation.service
    if service.name in MISSING_PARAMETER:
        missing = next((each for each in found if each.value is None), None)
        if missing:
            name = shown_path(missing.path, capital=True)
            return InvalidInput("MissingParameter", f"The request must contain the parameter {name}")
    code = INVALID_INPUT_CODE.get(service.name) or next(
        (INVALID_INPUT_BY_PROTOCOL[name] for name in service.protocols if name in INVALID_INPUT_BY_PROTOCOL),
        "ValidationException",
    )
    text = message([str(each) for each in found])
    return ValidationException(text) if code == "ValidationException" else InvalidInput(code, text)


# Checkers, one per shape.


def _nothing(value: Any, path: Path, found: list[Violation]) -> None:
    """What is free needs no look."""


@compiled
def _checker(shape: Shape) -> Checker:
    if shape.name in UNCHECKED_SHAPES.get(shape.service, ()):
        return _nothing
    if shape.kind in SCALARS:
        return _scalar_checker(shape)
    return {"structure": _structure_checker, "list": _list_checker, "map": _map_checker}[shape.kind](shape)


def _structure_checker(shape: Shape) -> Checker:
    members = [
        (name, _lowered(name), name in shape.required, checker, member, _remembered(member, checker))
        for name, member in shape.members.items()
        if ((checker := _checker(member)) is not _nothing or name in shape.required) and not member.is_stream
    ]
    if not members or shape.is_document:
        return _nothing
    concerned: dict[tuple[str, ...], list[Any]] = {}  # by the members a value has: callers send the same few

    def of_interest(given: tuple[str, ...]) -> list[Any]:
        found = [each for each in members if each[2] or each[0] in given]
        if len(concerned) < 64:
            concerned[given] = found
        return found

    def check_members(value: Any, path: Path, found: list[Violation]) -> None:
        if value.__class__ is Encoded:
            return
        given = tuple(value)
        for name, lowered, required, checker, member, good in concerned.get(given) or of_interest(given):
            inner = value.get(name)
            if inner is None:
                if required:
                    found.append(Violation(None, (path, lowered), NOT_NULL, member))
            elif good is None:
                checker(inner, (path, lowered), found)
            elif inner not in good:
                _judge(checker, inner, (path, lowered), found, good)

    return check_members


def _remembered(shape: Shape, checker: Checker) -> set[str] | None:
    """What holds texts that were found good: names of tables and the like come again and again."""
    return set() if shape.kind == "string" and checker is not _nothing else None


def _judge(checker: Checker, value: str, path: Path, found: list[Violation], good: set[str]) -> None:
    before = len(found)
    checker(value, path, found)
    if len(found) == before and len(good) < MOST_REMEMBERED and len(value) < LONGEST_REMEMBERED:
        good.add(value)


def _list_checker(shape: Shape) -> Checker:
    check_member = _checker(shape.member)
    check_length = _length_checker(shape)
    sparse = bool(shape.traits.get("sparse"))
    told_here = shape.member.kind in SCALARS and check_member is not _nothing
    together = f"Member must satisfy constraint: [{_all_constraints(shape.member)}]" if told_here else ""

    def check_list(value: Any, path: Path, found: list[Violation]) -> None:
        check_length(value, path, found)
        if not sparse and None in value:
            at = f"{value.index(None) + 1}.member"
            found.append(Violation(None, (path, at), NOT_NULL, shape.member))
        elif together:
            if _any_broken(check_member, value):
                found.append(Violation(value, path, together, shape))
        elif check_member is not _nothing:
            for number, inner in enumerate(value, 1):
                if inner is not None:
                    check_member(inner, (path, f"{number}.member"), found)

    return check_list


def _map_checker(shape: Shape) -> Checker:
    check_key, check_value, check_length = _checker(shape.key), _checker(shape.value), _length_checker(shape)
    told_here = shape.value.kind in SCALARS and check_value is not _nothing
    keys = f"Map keys must satisfy constraint: [{_all_constraints(shape.key)}]"
    values = f"Map value must satisfy constraint: [{_all_constraints(shape.value)}]" if told_here else ""
    sparse = bool(shape.traits.get("sparse"))
    each_is_checked = not told_here and check_value is not _nothing
    only_longest = not {"min", "pattern", "enum"} & shape.key.traits.keys()
    has_length, has_keys = check_length is not _nothing, check_key is not _nothing
    surely_fits = shape.key.traits.get("max", -1) if only_longest else -1  # together, so each of them too

    def check_map(value: Any, path: Path, found: list[Violation]) -> None:
        if value.__class__ is Encoded:
            return
        if has_length:
            check_length(value, path, found)
        if has_keys and len("".join(value)) > surely_fits and _any_broken(check_key, value):
            found.append(Violation(value, path, keys, shape))
        if each_is_checked or (not all(value.values()) and None in value.values()):
            for key, inner in value.items():
                if inner is None:
                    if not sparse:
                        found.append(Violation(None, (path, f"{key}.member"), NOT_NULL, shape.value))
                elif each_is_checked:
                    check_value(inner, (path, f"{key}.member"), found)
        if values and _any_broken(check_value, [inner for inner in value.values() if inner is not None]):
            found.append(Violation(value, path, values, shape))

    return check_map


def _any_broken(checker: Checker, values: Any) -> bool:
    found: list[Violation] = []
    for value in values:
        if value is not None:
            checker(value, (), found)
    return bool(found)


def _scalar_checker(shape: Shape) -> Checker:
    if shape.kind in ("integer", "long", "float", "double"):
        return _range_checker(shape)
    checkers = [
        checker
        for checker in (_length_checker(shape), _pattern_checker(shape), _enum_checker(shape))
        if checker is not _nothing
    ]
    if len(checkers) < 2:
        return checkers[0] if checkers else _nothing

    def check_all(value: Any, path: Path, found: list[Violation]) -> None:
        for checker in checkers:
            checker(value, path, found)

    return check_all


def _length_checker(shape: Shape) -> Checker:
    least, most = shape.traits.get("min"), shape.traits.get("max")
    if (least or 0) <= 0 and most is None:
        return _nothing
    least, most = least or 0, float("inf") if most is None else most
    too_short, too_long = _bounds("length", shape)

    def check_length(value: Any, path: Path, found: list[Violation]) -> None:
        if len(value) < least:
            found.append(Violation(value, path, too_short, shape))
        elif len(value) > most:
            found.append(Violation(value, path, too_long, shape))

    return check_length


def _range_checker(shape: Shape) -> Checker:
    least, most = shape.traits.get("min"), shape.traits.get("max")
    if least is None and most is None:
        return _nothing
    too_small, too_great = _bounds("value", shape)

    def check_range(value: Any, path: Path, found: list[Violation]) -> None:
        if least is not None and value < least:
            found.append(Violation(value, path, too_small, shape))
        elif most is not None and value > most:
            found.append(Violation(value, path, too_great, shape))

    return check_range


def _bounds(what: str, shape: Shape) -> tuple[str, str]:
    return (
        f"Member must have {what} greater than or equal to {shape.traits.get('min')}",
        f"Member must have {what} less than or equal to {shape.traits.get('max')}",
    )


def _pattern_checker(shape: Shape) -> Checker:
    pattern = shape.traits.get("pattern")
    matches = whole_match(pattern) if pattern and shape.kind == "string" else None
    if matches is None:
        return _nothing
    broken = f"Member must satisfy regular expression pattern: {pattern}"

    def check_pattern(value: Any, path: Path, found: list[Violation]) -> None:
        if not matches(value):
            found.append(Violation(value, path, broken, shape))

    return check_pattern


def _enum_checker(shape: Shape) -> Checker:
    if not shape.enum:
        return _nothing
    allowed = frozenset(shape.enum)
    broken = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"

    def check_enum(value: Any, path: Path, found: list[Violation]) -> None:
        if value not in allowed:
            found.append(Violation(value, path, broken, shape))

    return check_enum


def _all_constraints(shape: Shape) -> str:
    """Every constraint of a scalar, in the order AWS lists them where it tells them together."""
    traits = shape.traits
    what = "value" if shape.kind in ("integer", "long", "float", "double") else "length"
    smallest, greatest = _bounds(what, shape)
    said = [greatest] if "max" in traits else []
    said += [smallest] if "min" in traits else []
    said += (
        [f"Member must satisfy regular expression pattern: {traits['pattern']}"]
        if "pattern" in traits
        else []
    )
    said += [f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"] if shape.enum else []
    return ", ".join(said)


# Showing.


def shown_path(path: Path, capital: bool = False) -> str:
    """A path as AWS shows it; with capitals as parameters of forms are named."""
    parts = []
    while path:
        path, name = path
        parts.append(name)
    names = list(reversed(parts))
    return ".".join(name[0].upper() + name[1:] for name in names) if capital else ".".join(names)


def shown_value(value: Any, shape: Shape) -> str:
    """A value as Java shows it; what the model calls sensitive is not shown."""
    if shape.traits.get("sensitive"):
        return "*** Sensitive Data Redacted ***"
    if value is None:
        return "null"
    if shape.kind == "list":
        return f"[{', '.join(shown_value(each, shape.member) for each in value)}]"
    if shape.kind == "map":
        return f"{{{', '.join(f'{key}={shown_value(each, shape.value)}' for key, each in value.items())}}}"
    if shape.kind == "structure" and not shape.is_document:
        inner = [f"{_lowered(n)}={shown_value(value.get(n), member)}" for n, member in shape.members.items()]
        return f"{shape.name}({', '.join(inner)})"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@functools.cache
def _lowered(name: str) -> str:
    """`KMSKeyArn` becomes `kMSKeyArn`, as Java beans have it."""
    return re.sub(r"^[A-Z]", lambda found: found[0].lower(), name)
