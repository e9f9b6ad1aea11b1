"""Numbers of a report as people read them. A number that is not known is a dash, never a zero."""

from __future__ import annotations

from typing import Any

UNKNOWN = "–"


def milliseconds(value: float | None) -> str:
    """`3 ms`, `245 ms`, `2.1 s`."""
    if value is None:
        return UNKNOWN
    if value >= 1000:
        return seconds(value / 1000)
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def seconds(value: float | None) -> str:
    """`0.4 s`, `58 s`, `3 min 10 s`."""
    if value is None:
        return UNKNOWN
    if value < 59.5:
        return f"{value:.1f} s" if value < 10 and value % 1 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def percent(share: float | None) -> str:
    """A share of 1, with as many nines as it has earned: `99.84 %`. Only all is 100 %."""
    if share is None:
        return UNKNOWN
    if share >= 1:
        return "100 %"
    for digits in (2, 3, 4, 5):
        text = f"{share * 100:.{digits}f}"
        if not text.startswith("100"):
            return f"{text} %"
    return "99.99999 %"


def times(value: float | None) -> str:
    """How often one thing goes into another: `0.6 x`, `24.2 x`."""
    return UNKNOWN if value is None else f"{value:.1f} x"


def clock(at_s: float) -> str:
    """A moment of the story: `4:05`."""
    whole = max(0, round(at_s))
    return f"{whole // 60}:{whole % 60:02d}"


def count(value: int | None, one: str, many: str | None = None) -> str:
    """`1 write`, `12 writes`."""
    if value is None:
        return UNKNOWN
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def misled(verdict: dict[str, Any]) -> list[list[str]]:
    """Rows about requests that failed because a resolver remembered: resolver, requests, how many, share. None if
    there were none."""
    found = verdict.get("caches")
    if not found or not found["misled"]:
        return []
    rows = [("everybody", found), *found["by_resolver"].items()]
    return [
        [name, f"{each['requests']:,}", f"{each['misled']:,}", percent(each["share"])] for name, each in rows
    ]


def value(anything: Any) -> str:
    """Whatever a check expected or measured."""
    if anything is None:
        return UNKNOWN
    if isinstance(anything, bool):
        return "yes" if anything else "no"
    if isinstance(anything, float):
        return f"{anything:.4g}"
    return str(anything)


def title(name: str) -> str:
    """A name of ours as a heading: `two_regions` -> `Two regions`, `sao-paulo` -> `Sao paulo`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def phase(name: str) -> str:
    """A phase's name within a sentence: `bad_deploy` -> `bad deploy`."""
    return name.replace("_", " ")


def place(name: str) -> str:
    """A city's name: `new-york` -> `New York`. What has a space in it is words already."""
    if " " in name:
        return name
    return {"sao-paulo": "São Paulo"}.get(name) or name.replace("-", " ").replace("_", " ").title()
