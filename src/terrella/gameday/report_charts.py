"""The charts of the page, drawn by hand as SVG. Each takes the verdict and returns one picture.

Every number in a picture also stands in it as text or in its tooltip; colours only repeat what position says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from . import words
from .markup import Markup, element
from .report_style import REGION_COLOURS

WIDTH, LEFT, RIGHT = 960.0, 118.0, 24.0
ROW = 30.0
LETTER = 7.0  # about as wide as a letter is


class Axis:
    """World values on a stretch of the picture."""

    def __init__(self, low: float, high: float, left: float, right: float) -> None:
        self.low, self.high, self.left, self.right = low, max(high, low + 1e-9), left, right

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def ticks(self, about: int = 6) -> list[float]:
        """Round values, 1, 2, 2.5 or 5 times a power of ten apart."""
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, int(self.high / step + 1e-9) + 1)]


class Magnitudes(Axis):
    """A logarithmic axis: 20 ms and 2 s can both be read on it."""

    def at(self, value: float) -> float:
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.left + min(share, 1.0) * (self.right - self.left)

    def ticks(self, about: int = 6) -> list[float]:
        """1 and 3 times each power of ten that is on it; of many powers, 1 times each."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = [(10.0**power, 3 * 10.0**power) for power in powers]
        ticks = [at for both in found for at in both if self.low <= at <= self.high]
        return ticks if len(ticks) <= about else [one for one, _ in found if self.low <= one <= self.high]


def availability_timeline(verdict: dict[str, Any]) -> Markup:
    """Who was answered when, by which region; the outage as a band."""
    cities = _cities(verdict)
    left_edge = _margin(cities, LEFT)
    end = max((phase["end_s"] for phase in verdict["phases"]), default=1.0)
    axis = Axis(0.0, end, left_edge, WIDTH - RIGHT)
    heads, top = _phase_heads(verdict, axis)
    bottom = top + 22 + ROW * len(cities)
    parts: list[Any] = [heads, *_outage(verdict, axis, top, bottom)]
    top += 22
    for row, city in enumerate(cities):
        y = top + row * ROW
        parts.append(_label(words.place(city), y + 18))
        parts.append(
            element("rect", class_="track", x=left_edge, y=y + 4, width=axis.right - left_edge, height=ROW - 8)
        )
        parts += [_cell(verdict, axis, city, cell, y + 4) for cell in _stretches(verdict, city, end)]
    ticks = [element("text", words.clock(at), class_="soft mid", x=axis.at(at), y=bottom + 18)
             for at in _minutes(end)]  # fmt: skip
    lines = [_upright(axis.at(phase["begin_s"]), top - 22, bottom) for phase in verdict["phases"][1:]]
    return _picture(bottom + 26, "Availability of each city over time", parts + lines + ticks)


def latency_chart(verdict: dict[str, Any]) -> Markup:
    """p50 (dot) to p99 (end of the bar) for each city and phase, coloured by the region that served most:
    reads on the left, writes on the right, on one logarithmic scale."""
    cities, phases = _cities(verdict), _phases_with_visits(verdict)
    left_edge = _margin(cities, LEFT - 18) + 18  # the phases stand to the right of the names
    known = [stats for city in cities for phase in phases for what in ("reads", "writes")
             if (stats := _stats(verdict, city, phase, what))]  # fmt: skip
    low = min((stats["p50_ms"] for stats in known), default=10.0) * 0.8
    high = max((stats["p99_ms"] for stats in known), default=1000.0) * 1.1
    top, block = 26.0, 18.0 * len(phases) + 14
    bottom = top + block * len(cities) - 6
    parts: list[Any] = []
    for panel, what in ((left_edge + 100, "reads"), (left_edge + 480, "writes")):
        axis = Magnitudes(max(low, 0.1), high, panel, panel + 235)
        parts.append(element("text", what.capitalize(), x=panel, y=14))
        for at in axis.ticks():
            parts.append(_upright(axis.at(at), top, bottom))
            said = words.milliseconds(at).replace("1.0 s", "1 s").replace("3.0 s", "3 s")
            parts.append(element("text", said, class_="soft mid", x=axis.at(at), y=bottom + 16))
        for number, city in enumerate(cities):
            for row, phase in enumerate(phases):
                parts += _range(verdict, axis, city, phase, what, top + block * number + 10 + 18 * row)
    for number, city in enumerate(cities):
        y = top + block * number + 14
        parts.append(_label(words.place(city), y))
        parts += [element("text", _phase_title(verdict, phase), class_="soft", x=left_edge - 16, y=y + 18 * row)
                  for row, phase in enumerate(phases)]  # fmt: skip
    return _picture(bottom + 24, "Latency by city and phase, of reads and of writes", parts,
                    WIDTH + left_edge - LEFT)  # fmt: skip


def served_by_chart(verdict: dict[str, Any]) -> Markup:
    """Which region answered each city's people, in each phase."""
    cities, phases = _cities(verdict), _phases_with_visits(verdict)
    gap, left_edge = 14.0, _margin(cities, LEFT)
    wide = (WIDTH - left_edge - RIGHT - gap * (len(phases) - 1)) / max(len(phases), 1)
    parts: list[Any] = []
    for column, phase in enumerate(phases):
        left = left_edge + column * (wide + gap)
        parts.append(element("text", _phase_title(verdict, phase), class_="soft", x=left, y=14))
        for row, city in enumerate(cities):
            parts += _shares(verdict, city, phase, left, 24 + row * ROW, wide)
    parts += [_label(words.place(city), 24 + row * ROW + 16) for row, city in enumerate(cities)]
    return _picture(24 + ROW * len(cities) + 4, "Which region served whom", parts)


def recovery_chart(verdict: dict[str, Any]) -> Markup:
    """RTO of each city: detection, then DNS caching."""
    found = verdict["rto"]["per_city"]
    known = [each["total_s"] for each in found.values() if each["total_s"] is not None]
    axis = Axis(0.0, max([*known, 1.0]), _margin(found, 90.0), 380)
    parts: list[Any] = []
    bottom = ROW * len(found) + 6
    for at in axis.ticks(4):
        parts.append(_upright(axis.at(at), 2, bottom))
        parts.append(element("text", words.seconds(at), class_="soft mid", x=axis.at(at), y=bottom + 16))
    for row, (city, each) in enumerate(sorted(found.items())):
        parts += _recovery_bar(axis, city, each, 4 + row * ROW)
    return _picture(bottom + 24, "RTO by city", parts, width=460)


def replication_chart(verdict: dict[str, Any]) -> Markup:
    """Lag of each pair of regions: a dot at p50, a bar to p99, a tick at the worst."""
    pairs = verdict["replication_lag_ms"]
    axis = Axis(0.0, max([*(lag["max"] or 0 for lag in pairs.values()), 1.0]) * 1.05, 18, 430)
    parts: list[Any] = []
    bottom = 48.0 * len(pairs) + 4
    for at in axis.ticks(4):
        parts.append(_upright(axis.at(at), 2, bottom))
        parts.append(element("text", f"{at:g} ms", class_="soft mid", x=axis.at(at), y=bottom + 16))
    for row, (pair, lag) in enumerate(sorted(pairs.items())):
        parts += _lag(verdict, axis, pair, lag, 48.0 * row)
    return _picture(bottom + 24, "Replication lag", parts, width=460)


def legend(verdict: dict[str, Any], failed: bool = False) -> Markup:
    """Which colour is which region."""
    entries: list[tuple[str, str]] = [(f"r{colour(verdict, region)}", region) for region in regions(verdict)
                                      if region in _serving(verdict)]  # fmt: skip
    if failed:
        entries.append(("fail", "not answered"))
    return keys(entries)


def keys(entries: Iterable[tuple[str, str]]) -> Markup:
    """(class, meaning) as a row of coloured squares."""
    return element("div", [element("span", element("i", class_=css, aria_hidden="true"), said)
                           for css, said in entries], class_="legend")  # fmt: skip


def regions(verdict: dict[str, Any]) -> list[str]:
    """Every region that is mentioned, those of the story first."""
    return [*verdict["regions"], *sorted(_serving(verdict) - set(verdict["regions"]))]


def colour(verdict: dict[str, Any], region: str | None) -> int:
    """The number of a region's colour; 0 is none of ours."""
    known = regions(verdict)
    return known.index(region) % REGION_COLOURS + 1 if region in known else 0


# Pieces.


def _serving(verdict: dict[str, Any]) -> set[str]:
    return {region for by_phase in verdict["served_by"].values() for n in by_phase.values() for region in n}


def _picture(height: float, name: str, parts: list[Any], width: float = WIDTH) -> Markup:
    drawn = element("svg", element("title", name), parts, xmlns="http://www.w3.org/2000/svg",
                    viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=name)  # fmt: skip
    small = None if width == WIDTH else f"max-width:{1.2 * width:g}px"
    return element("div", drawn, class_="wide", style=small)


def _cities(verdict: dict[str, Any]) -> list[str]:
    return list(verdict["availability"]["per_city"])


def _phase_title(verdict: dict[str, Any], name: str) -> str:
    return words.title(name)


def _phases_with_visits(verdict: dict[str, Any]) -> list[str]:
    """A step between two phases may have been too short for anybody to come."""
    visited = {phase for by_phase in verdict["served_by"].values() for phase, n in by_phase.items() if n}
    return [phase["name"] for phase in verdict["phases"] if phase["name"] in visited]


def _margin(cities: Iterable[str], least: float) -> float:
    """How much room the names at the left need; they are longer where paths are told apart."""
    return max([least, *(LETTER * len(words.place(city)) + 8 for city in cities)])


def _label(said: str, y: float) -> Markup:
    return element("text", said, x=0, y=y)


def _upright(x: float, top: float, bottom: float) -> Markup:
    return element("line", class_="grid", x1=x, y1=top, x2=x, y2=bottom)


def _phase_heads(verdict: dict[str, Any], axis: Axis) -> tuple[list[Markup], float]:
    """The names of the phases, and where the chart below them begins. A phase too short for its name has it
    in a line above the others, with a stroke that leads there."""
    named = []
    for phase in verdict["phases"]:
        left, right = axis.at(phase["begin_s"]), axis.at(phase["end_s"])
        name = _phase_title(verdict, phase["name"])
        named.append((name, left, right, len(name) * LETTER + 4 < right - left))
    raised = 0.0 if all(fits for *_, fits in named) else 18.0
    heads, taken = [], 0.0
    for name, left, right, fits in named:
        if fits:
            heads.append(element("text", name, x=left + 4, y=14 + raised))
            continue
        middle, half = (left + right) / 2, len(name) * LETTER / 2
        above = min(max(middle, taken + half), WIDTH - half)
        taken = above + half + 8
        heads.append(element("text", name, class_="mid", x=above, y=12))
        heads.append(element("line", class_="lead", x1=middle, y1=17, x2=middle, y2=20 + raised))
    return heads, 22.0 + raised


def _outage(verdict: dict[str, Any], axis: Axis, top: float, bottom: float) -> list[Markup]:
    """From each strike to the healing after it."""
    parts, begun = [], None
    end = max((phase["end_s"] for phase in verdict["phases"]), default=0.0)
    marks = [
        (each["at_s"], each["what"]) for each in verdict["events"] if each["what"] in ("struck", "healed")
    ]
    for at, what in [*marks, (end, "healed")]:
        if what == "struck":
            begun = at if begun is None else begun
        elif begun is not None:
            left, right = axis.at(begun), axis.at(at)
            parts.append(
                element("rect", class_="band", x=left, y=top, width=right - left, height=bottom - top)
            )
            parts += [element("line", class_="edge", x1=x, y1=top, x2=x, y2=bottom) for x in (left, right)]
            said = f"fault {words.clock(begun)} to {words.clock(at)}"
            parts.append(element("text", said, class_="soft", x=left + 4, y=top + 12))
            begun = None
    return parts


def _stretches(verdict: dict[str, Any], city: str, end: float) -> list[dict[str, Any]]:
    """A city's part of the timeline, with where each stretch ends and who served most of it."""
    rows = verdict["timeline"]
    ends = [row["t_s"] for row in rows[1:]] + [end]
    return [
        {**found, "t_s": row["t_s"], "end_s": until}
        for row, until in zip(rows, ends, strict=False)
        if (found := row["cities"].get(city))
    ]


def _cell(verdict: dict[str, Any], axis: Axis, city: str, cell: dict[str, Any], y: float) -> Markup:
    """Failures fill from below, by their share."""
    ok, failed = cell["ok"], cell["failed"]
    left, right = axis.at(cell["t_s"]), axis.at(cell["end_s"])
    share, tall = failed / max(ok + failed, 1), ROW - 8
    said = f"{words.clock(cell['t_s'])} {words.place(city)}: {ok} answered, {failed} not"
    css = f"r{colour(verdict, cell.get('region'))}"
    shape = {"x": left, "width": max(right - left - 0.6, 0.6)}
    parts = [element("title", said)]
    if share < 1 and ok:
        parts.append(element("rect", class_=css, y=y, height=tall * (1 - share), **shape))
    if failed:
        parts.append(element("rect", class_="bad", y=y + tall * (1 - share), height=tall * share, **shape))
    return element("g", parts)


def _stats(verdict: dict[str, Any], city: str, phase: str, what: str) -> dict[str, Any] | None:
    found = verdict["latency"].get(city, {}).get(phase, {}).get(what) or {}
    return found if found.get("p50_ms") is not None else None


def _range(verdict: dict[str, Any], axis: Axis, city: str, phase: str, what: str, y: float) -> list[Markup]:
    found = _stats(verdict, city, phase, what)
    if found is None:
        return [element("text", words.UNKNOWN, class_="soft end", x=axis.right + 115, y=y + 4)]
    counts = verdict["served_by"].get(city, {}).get(phase, {})
    most = max(counts, key=lambda region: counts[region]) if counts else None
    css = f"r{colour(verdict, most)}"
    left, right = axis.at(found["p50_ms"]), axis.at(found["p99_ms"])
    said = f"{words.milliseconds(found['p50_ms'])} / {words.milliseconds(found['p99_ms'])}"
    return [
        element("line", class_=f"{css} range", x1=left, y1=y, x2=right, y2=y),
        element("circle", element("title", f"{found['count']} {what}, mostly from {most}"),
                class_=css, cx=left, cy=y, r=4.5),
        element("text", said, class_="soft end", x=axis.right + 115, y=y + 4),
    ]  # fmt: skip


def _shares(
    verdict: dict[str, Any], city: str, phase: str, left: float, y: float, wide: float
) -> list[Markup]:
    counts = verdict["served_by"].get(city, {}).get(phase, {})
    total = sum(counts.values())
    parts = [element("rect", class_="track", x=left, y=y, width=wide, height=ROW - 8, rx=3)]
    for region in regions(verdict):
        n = counts.get(region, 0)
        if not n:
            continue
        part = wide * n / total
        said = f"{region} {100 * n / total:.0f} %" if part > 130 else f"{100 * n / total:.0f} %"
        css = f"r{colour(verdict, region)}"
        tip = element("title", f"{region}: {n} of {total}")
        parts.append(element("rect", tip, class_=css, x=left, y=y, width=part, height=ROW - 8, rx=3))
        if part > 34:
            parts.append(element("text", said, class_="inside mid", x=left + part / 2, y=y + 15))
        left += part
    return parts


def _recovery_bar(axis: Axis, city: str, each: dict[str, Any], y: float) -> list[Markup]:
    parts = [_label(words.place(city), y + 16)]
    if each["total_s"] is None:
        return [*parts, element("text", "not served again before the healing", x=axis.left + 4, y=y + 16)]
    detected = min(each.get("detection_s") or 0.0, each["total_s"])
    split, end = axis.at(detected), axis.at(each["total_s"])
    for css, left, right, name, lasts in (
        ("detection", axis.left, split, "detection", each.get("detection_s")),
        ("caching", split, end, "DNS caching", each.get("dns_caching_s")),
    ):
        tip = element("title", f"{name} {words.seconds(lasts)}")
        parts.append(element("rect", tip, class_=css, x=left, y=y, width=right - left, height=ROW - 8))
    parts.append(element("text", words.seconds(each["total_s"]), x=end + 6, y=y + 16))
    return parts


def _lag(verdict: dict[str, Any], axis: Axis, pair: str, lag: dict[str, Any], y: float) -> list[Markup]:
    parts = [element("text", pair.replace("->", "→"), x=10, y=y + 18)]
    if lag["p50"] is None:
        return [*parts, element("text", "nothing was replicated", class_="soft", x=10, y=y + 36)]
    low, high, worst = axis.at(lag["p50"]), axis.at(lag["p99"]), axis.at(lag["max"])
    said = " / ".join(words.milliseconds(lag[name]) for name in ("p50", "p99", "max"))
    middle = y + 33
    return [
        *parts,
        element("text", said, class_="soft end", x=450, y=y + 18),
        element("line", class_="r1 range", x1=low, y1=middle, x2=high, y2=middle),
        element("circle", class_="r1", cx=low, cy=middle, r=4.5),
        element("line", class_="r1", x1=worst, y1=middle - 6, x2=worst, y2=middle + 6, stroke_width=2),
    ]


def _minutes(end: float) -> list[float]:
    step = next((s for s in (10, 30, 60, 120, 300, 600, 1800) if end / s <= 12), 3600)
    return [float(at) for at in range(0, int(end) + 1, step)]


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * 0.999)
