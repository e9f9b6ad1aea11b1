"""The report for a terminal: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import report_paths, words

CODES = {"red": 31, "green": 32, "yellow": 33, "grey": 90, "bold": 1}
Shade = Callable[[str, str], str]


def text(verdict: dict[str, Any], coloured: bool = False) -> str:
    """The whole report in lines of text."""
    shade: Shade = _coloured if coloured else _plain
    sections = [
        _head(verdict, shade),
        _expectations(verdict, shade),
        _paths(verdict, shade),
        *(_table(each["name"], [h.upper() for h in each["head"]], each["rows"], shade)
          for each in verdict["findings"].values()),
        _availability(verdict, shade),
        _latency(verdict, shade, "reads"),
        _latency(verdict, shade, "writes"),
        _served(verdict, shade),
        _recovery(verdict, shade),
        _caches(verdict, shade),
        _writes(verdict, shade),
        _replication(verdict, shade),
        "\n".join(f"Note: {note}" for note in verdict["notes"]),
    ]  # fmt: skip
    return "\n\n".join(section for section in sections if section) + "\n"


def speed_note(verdict: dict[str, Any]) -> str:
    """What the speed did to the numbers."""
    speed = verdict["speed"]
    if verdict["engine"] == "simulated":
        return "Simulated: nothing waited for; times are the world's own, and repeat exactly by the seed."
    if speed == 1:
        return "Live at speed 1: every duration is as it would be."
    return (
        f"Live at speed {speed:g}: durations the world owns (phases, health-check intervals, TTLs) ran "
        f"{speed:g} times as fast and are reported in seconds of the world; latencies, replication lag and RPO "
        "are real time."
    )


def _head(verdict: dict[str, Any], shade: Shade) -> str:
    failed = [each for each in verdict["expectations"] if not each["ok"]]
    if failed:
        said = shade("red", f"NOT MET: {len(failed)} of {len(verdict['expectations'])} expectations")
    else:
        said = shade("green", f"MET: all {len(verdict['expectations'])} expectations")
    name = shade("bold", verdict["title"])
    return "\n".join([
        f"{name} — {said}",
        f"{verdict['engine']}, seed {verdict['seed']}, regions {', '.join(verdict['regions'])}",
        speed_note(verdict),
    ])  # fmt: skip


def _expectations(verdict: dict[str, Any], shade: Shade) -> str:
    rows = [
        [_mark(each["ok"], shade), each["name"], words.value(each["expected"]), words.value(each["measured"])]
        for each in verdict["expectations"]
    ]
    return _table("Expectations", ["", "WHAT", "EXPECTED", "MEASURED"], rows, shade)


def _paths(verdict: dict[str, Any], shade: Shade) -> str:
    rows = report_paths.lines(verdict)
    table = _table("Side by side", ["CITY", "PATH", *(name.upper() for name in report_paths.HEAD)], rows, shade)
    return "\n".join([table, *(f"  {said}" for said in report_paths.detections(verdict))]) if rows else ""


def _availability(verdict: dict[str, Any], shade: Shade) -> str:
    found = verdict["availability"]
    rows = [["overall", words.percent(found["overall"])]]
    rows += [[words.place(city), words.percent(share)] for city, share in found["per_city"].items()]
    rows += [[f"during {words.phase(name)}", words.percent(share)] for name, share in found["per_phase"].items()]
    return _table("Availability", ["WHERE", "ANSWERED"], rows, shade)


def _latency(verdict: dict[str, Any], shade: Shade, what: str) -> str:
    phases = [phase["name"] for phase in verdict["phases"]]
    rows = []
    for city, by_phase in verdict["latency"].items():
        found = [by_phase.get(phase, {}).get(what) or {} for phase in phases]
        if any(each.get("p50_ms") is not None for each in found):  # who never wrote has no row
            rows.append([words.place(city), *(_p50_p99(each) for each in found)])
    head = ["CITY", *(words.phase(name).upper() for name in phases)]
    return _table(f"Latency of {what}, p50 / p99", head, rows, shade)


def _p50_p99(found: dict[str, Any]) -> str:
    if found.get("p50_ms") is None:
        return words.UNKNOWN
    return f"{words.milliseconds(found['p50_ms'])} / {words.milliseconds(found['p99_ms'])}"


def _served(verdict: dict[str, Any], shade: Shade) -> str:
    phases = [phase["name"] for phase in verdict["phases"]]
    rows = []
    for city, by_phase in verdict["served_by"].items():
        cells = [_regions(by_phase.get(phase, {})) for phase in phases]
        rows.append([words.place(city), *cells])
    return _table("Served by", ["CITY", *(words.phase(name).upper() for name in phases)], rows, shade)


def _regions(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(ranked) == 1:
        return ranked[0][0]
    return ", ".join(f"{region} {round(100 * n / total)} %" for region, n in ranked) or words.UNKNOWN


def _recovery(verdict: dict[str, Any], shade: Shade) -> str:
    rto = verdict["rto"]
    if not rto["per_city"]:
        return ""  # no region was lost in this story
    rows = [["overall", words.seconds(rto["overall_s"]), words.seconds(verdict["detection_s"]), ""]]
    rows += [
        [words.place(city), *(words.seconds(each.get(part)) for part in
                              ("total_s", "detection_s", "dns_caching_s"))]
        for city, each in rto["per_city"].items()
    ]  # fmt: skip
    rest = "AFTERWARDS" if "paths" in verdict else "DNS CACHING"
    return _table("Recovery after the loss", ["WHO", "RTO", "DETECTION", rest], rows, shade)


def _caches(verdict: dict[str, Any], shade: Shade) -> str:
    rows = words.misled(verdict)
    head = ["RESOLVER", "REQUESTS", "MISLED", "SHARE"]
    return _table("Failed because of what resolvers remembered", head, rows, shade)


def _writes(verdict: dict[str, Any], shade: Shade) -> str:
    writes, rpo = verdict["writes"], verdict["rpo"]
    names = ("acknowledged", "lost", "late", "overwritten")
    rows = [[f"writes {name}", words.value(writes[name])] for name in names]
    if verdict["rto"]["per_city"]:  # a region was lost
        rpo_said = f"{words.count(rpo['writes'], 'write')}, {words.seconds(rpo['seconds'])}"
        rows.append(["RPO at the moment of loss", rpo_said])
    converged = verdict["converged"]["ok"]
    rows.append(
        ["replicas byte for byte equal", shade("green" if converged else "red", words.value(converged))]
    )
    return _table("Data", ["WHAT", ""], rows, shade)


def _replication(verdict: dict[str, Any], shade: Shade) -> str:
    rows = [
        [pair, *(words.milliseconds(lag[name]) for name in ("p50", "p99", "max"))]
        for pair, lag in verdict["replication_lag_ms"].items()
    ]
    return _table("Replication lag", ["PAIR", "P50", "P99", "MAX"], rows, shade)


def _mark(ok: bool, shade: Shade) -> str:
    return shade("green", "✓") if ok else shade("red", "✗")


def _table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], shade: Shade) -> str:
    if not rows:
        return ""
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  " + "  ".join(c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join([shade("bold", name), shade("grey", lines[0]), *lines[1:]])


def _width(cell: str) -> int:
    """How wide text looks: colours take no room."""
    return len(cell) - sum(len(part.partition("m")[0]) + 2 for part in cell.split("\x1b")[1:])


def _coloured(colour: str, said: str) -> str:
    return f"\x1b[{CODES[colour]}m{said}\x1b[0m"


def _plain(colour: str, said: str) -> str:
    return said
