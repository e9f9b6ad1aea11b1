"""Faults by name: from the words of a command line, from plain data, and back."""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

from ..core.kinds import kinds
from ._fault import Fault
from ._words import FaultError

__all__ = ["FaultError", "describe", "from_dict", "kind_names", "meaning", "parse", "to_dict", "usage"]


def parse(kind: str, words: Sequence[str] = ()) -> Fault:
    """The fault that words describe: values in the order of the fields, or `field=value`, or `--field value`.

    Raises FaultError with a sentence for the user.
    """
    cls = _class(kind)
    given = _pair(cls, list(words))
    missing = [f.name for f in _fields(cls) if f.name not in given and _required(f)]
    if missing:
        raise FaultError(f"{cls.kind()} needs {' and '.join(missing)}. Usage: {usage(cls.kind())}")
    return _build(cls, {name: _reader(cls, name)(word) for name, word in given.items()})


def from_dict(data: dict[str, Any]) -> Fault:
    """The fault `to_dict` made plain. Raises FaultError."""
    values = dict(data)
    cls = _class(str(values.pop("kind", "")))
    names = {f.name for f in _fields(cls)}
    if set(values) - names or any(f.name not in values and _required(f) for f in _fields(cls)):
        raise FaultError(f"{cls.kind()} has the fields {', '.join(sorted(names))}, not {sorted(values)}")
    return _build(cls, {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def to_dict(fault: Fault) -> dict[str, Any]:
    """Plain data; `from_dict` reads it back."""
    return fault.to_dict()


def describe(fault: Fault) -> str:
    """One sentence for people."""
    return fault.describe()


def kind_names() -> list[str]:
    """Every kind of fault, as people type it."""
    return sorted(_classes())


def usage(kind: str) -> str:
    """`loss PLACE PROBABILITY [other]`: the words a kind takes."""
    cls = _class(kind)
    words = [f.name.upper() if _required(f) else f"[{f.name}={_shown(f.default)}]" for f in _fields(cls)]
    return " ".join([cls.kind(), *words])


def meaning(kind: str) -> str:
    """What a kind does, in one sentence: the first of its file."""
    sentence = (sys.modules[_class(kind).__module__].__doc__ or "").partition("\n")[0].partition(": ")[2]
    return sentence[:1].upper() + sentence[1:]


@functools.cache
def _classes() -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for name, module in kinds(__package__).items():
        cls = getattr(module, "".join(part.capitalize() for part in name.split("_")))
        found[cls.kind()] = cls
    return found


def _class(kind: str) -> type[Fault]:
    wanted = kind.strip().lower().replace("_", "-")
    if wanted in _classes():
        return _classes()[wanted]
    near = difflib.get_close_matches(wanted, kind_names(), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise FaultError(f"There is no fault called {kind!r}.{hint} There are: {', '.join(kind_names())}.")


def _pair(cls: type[Fault], words: list[str]) -> dict[str, str]:
    """Which word is for which field."""
    names = [f.name for f in _fields(cls)]
    given: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals:
                if not words:
                    raise FaultError(f"{word} needs a value. Usage: {usage(cls.kind())}")
                value = words.pop(0)
        elif "=" in word:
            name, _, value = word.partition("=")
        else:
            name, value = _next_free(cls, names, given, word), word
        name = name.replace("-", "_")
        if name not in names:
            raise FaultError(f"{cls.kind()} has no {name!r}. Usage: {usage(cls.kind())}")
        if name in given:
            raise FaultError(f"{cls.kind()} was given {name} twice")
        given[name] = value
    return given


def _next_free(cls: type[Fault], names: Iterable[str], given: dict[str, str], word: str) -> str:
    for name in names:
        if name not in given:
            return name
    raise FaultError(f"{cls.kind()} does not know what to do with {word!r}. Usage: {usage(cls.kind())}")


def _build(cls: type[Fault], values: dict[str, Any]) -> Fault:
    try:
        return cls(**values)
    except (TypeError, ValueError) as wrong:
        raise FaultError(f"{cls.kind()}: {wrong}") from wrong


def _fields(cls: type[Fault]) -> tuple[Field[Any], ...]:
    return fields(cls)  # type: ignore[arg-type]


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _reader(cls: type[Fault], name: str) -> Any:
    return next(f for f in _fields(cls) if f.name == name).metadata["read"]


def _shown(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
