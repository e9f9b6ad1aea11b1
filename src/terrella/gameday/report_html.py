"""The report as one HTML page that needs nothing else: no network, no script, light and dark."""

from __future__ import annotations

import datetime
import json
from typing import Any

from . import report_charts as charts
from . import report_paths, words
from .markup import Markup, element
from .report_style import STYLE
from .report_text import speed_note


def html(verdict: dict[str, Any]) -> str:
    """The whole page as text."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{verdict['title']} — game day report"),
        element("style", Markup(STYLE)),
    )
    body = element("body", element("main", _top(verdict), _tiles(verdict), _cards(verdict), _foot(verdict)))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _cards(verdict: dict[str, Any]) -> list[Markup | None]:
    """The verdict, what people met with, how it was mended, what became of the data; then the details."""
    return [
        _card("What was expected", None, _expectations(verdict)),
        report_paths.card(verdict),
        *(_card(each["name"], each["about"], _table(each["head"], each["rows"]))
          for each in verdict["findings"].values()),
        _card("Who was answered, and by whom",
              "Each cell is a stretch of time; red is the share of requests that got no good answer.",
              charts.legend(verdict, failed=True), charts.availability_timeline(verdict)),
        _card("Availability", "The share of requests that were answered well; red were not.",
              _availability(verdict)),
        element("div", _recovery(verdict), _replication(verdict), class_="pair"),
        _caches(verdict),
        _card("What became of the writes", None, _data(verdict)),
        _card("Who served each city",
              None if verdict.get("paths") or not _people(verdict) else
              "Latency routing sends each city to the region nearest by latency among the healthy ones.",
              charts.legend(verdict), charts.served_by_chart(verdict)),
        _card("Latency", _LATENCY + (_EVERY_VISIT if _people(verdict) else ""),
              charts.legend(verdict), charts.latency_chart(verdict)),
        _card("What happened", None, _events(verdict)),
    ]  # fmt: skip


_LATENCY = (
    "The dot is p50, the bar reaches to p99, on a logarithmic scale; the colour is the region that answered "
    "most. Of answered requests."
)
_EVERY_VISIT = " With name lookup, TCP and TLS handshake: every visit is a new connection."


def _people(verdict: dict[str, Any]) -> bool:
    """Do people in cities visit, led by the DNS? In some stories applications ask the region beside them."""
    return not any(region in visitor.split() for visitor in verdict["served_by"] for region in verdict["regions"])


def _top(verdict: dict[str, Any]) -> list[Markup]:
    failed = sum(not each["ok"] for each in verdict["expectations"])
    total = len(verdict["expectations"])
    said = f"{failed} of {total} expectations not met" if failed else f"All {total} expectations met"
    began = datetime.datetime.fromtimestamp(verdict["began"], datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = [("engine", verdict["engine"]), ("regions", ", ".join(verdict["regions"])),
             ("seed", verdict["seed"]), ("speed", f"{verdict['speed']:g}")]  # fmt: skip
    if verdict["engine"] == "live":
        facts.append(("began", began))
    return [
        element("h1", verdict["title"]),
        element("div", "✗ " if failed else "✓ ", said, class_=f"verdict {'failed' if failed else 'met'}"),
        element(
            "div", [element("span", f"{name} ", element("b", str(is_))) for name, is_ in facts], class_="over"
        ),
        element("p", speed_note(verdict), class_="soft"),
    ]


def _tiles(verdict: dict[str, Any]) -> Markup:
    rto, rpo, writes = verdict["rto"], verdict["rpo"], verdict["writes"]
    alone = f"{words.count(rpo['writes'], 'write')} only in the lost region"
    equal, lost = verdict["converged"]["ok"], bool(rto["per_city"])
    detected = report_paths.tile(verdict) or ("until the health check turned", words.seconds(verdict["detection_s"]))
    of_a_loss = [
        ("Detection", detected[1], detected[0]),
        ("RTO", words.seconds(rto["overall_s"]), _worst(rto["per_city"])),
        ("RPO", words.seconds(rpo["seconds"]), alone),
    ]
    tiles = [
        ("Availability", words.percent(verdict["availability"]["overall"]), "of all requests, all phases"),
        *(of_a_loss if lost else []),
        ("Writes lost", words.value(writes["lost"]), f"of {writes['acknowledged']:,} acknowledged"),
        ("Replicas", "equal" if equal else "differ", "byte for byte, at the end"),
    ]  # fmt: skip
    return element("div", [
        element("div", element("div", name, class_="name"), element("div", number, class_="number"),
                element("div", more, class_="more"), class_="tile")
        for name, number, more in tiles
    ], class_="tiles")  # fmt: skip


def _worst(per_city: dict[str, Any]) -> str:
    """Which city waited longest."""
    waits = {city: each["total_s"] for city, each in per_city.items() if each["total_s"] != 0}
    if not waits:
        return "nobody was cut off"
    never = [city for city, total_s in waits.items() if total_s is None]
    if never:
        return f"never again: {words.place(never[0])}"
    return f"worst: {words.place(max(waits, key=lambda city: waits[city]))}"


def _expectations(verdict: dict[str, Any]) -> Markup:
    rows = [
        [_mark(each["ok"]), each["name"], words.value(each["expected"]), words.value(each["measured"])]
        for each in verdict["expectations"]
    ]
    return _table(["", "Expectation", "Expected", "Measured"], rows)


def _recovery(verdict: dict[str, Any]) -> Markup | None:
    if not verdict["rto"]["per_city"]:
        return None  # no region was lost in this story
    return _card(
        "Recovery by city",
        "From the loss until a city's people were answered again: first the health checks have to notice, "
        "then the city's resolver to forget.",
        charts.keys([("detection", "detection"), ("caching", "afterwards" if verdict.get("paths") else "DNS caching")]),
        charts.recovery_chart(verdict),
    )


def _caches(verdict: dict[str, Any]) -> Markup | None:
    rows = words.misled(verdict)
    if not rows:
        return None
    return _card(
        "Failed because of what resolvers remembered",
        "Requests that failed after a health check had turned, their resolver still saying what it had heard before.",
        _table(["Resolver", "Requests", "Misled", "Share"], rows, numbers=(1, 2, 3)),
    )


def _replication(verdict: dict[str, Any]) -> Markup:
    if not verdict["replication_lag_ms"]:
        return _card("Replication lag", "Nothing was replicated.")
    return _card(
        "Replication lag",
        "From the commit in one region to the commit in the other: dot p50, bar to p99, tick at the worst. "
        "What waited for a healed region is counted as late, not as lag.",
        charts.replication_chart(verdict),
    )


def _data(verdict: dict[str, Any]) -> list[Markup]:
    writes, rpo = verdict["writes"], verdict["rpo"]
    meanings = [
        ("acknowledged", "Acknowledged"),
        ("late", "Late: elsewhere only after the healing"),
        ("overwritten", "Overwritten by a later writer"),
        ("lost", "Lost: missing from a region at the end"),
    ]
    fates = [[said, words.value(writes[name])] for name, said in meanings]
    rest = [
        ["RPO: acknowledged, but only in the lost region", words.value(rpo["writes"])],
        ["RPO: age of the oldest of them", words.seconds(rpo["seconds"])],
    ] if verdict["rto"]["per_city"] else []  # fmt: skip
    digests = verdict["converged"]["digests"]
    rest += [[f"Digest of the table in {region}", element("code", digest[:12])]
             for region, digest in digests.items()]  # fmt: skip
    lost = writes.get("tags_lost") or []
    more = [element("p", f"Lost: {', '.join(lost)}", class_="failed")] if lost else []
    tables = [_table([name, ""], rows, numbers=(1,))
              for name, rows in (("Writes", fates), ("At the loss, and at the end", rest))]  # fmt: skip
    return [element("div", tables, class_="halves"), *more]


def _availability(verdict: dict[str, Any]) -> Markup:
    found = verdict["availability"]
    cities = [["Everybody", found["overall"]]]
    cities += [[words.place(city), share] for city, share in found["per_city"].items()]
    phases = [[words.title(name), share] for name, share in found["per_phase"].items()]
    tables = [
        _table([name, "", "Answered well"], [[who, _meter(share), words.percent(share)] for who, share in rows],
               numbers=(2,))
        for name, rows in (("City", cities), ("Phase", phases))
    ]  # fmt: skip
    return element("div", tables, class_="halves")


def _meter(share: float | None) -> Markup | None:
    """A share as a bar: what is missing is red."""
    if share is None:
        return None
    return element("div", element("i", style=f"width:{share * 100:.2f}%"), class_="meter", aria_hidden="true")


def _events(verdict: dict[str, Any]) -> Markup:
    rows = [[words.clock(each["at_s"]), told(each)] for each in verdict["events"]]
    return _table(["World time", "Event"], rows)


def told(event: dict[str, Any]) -> str:
    """An event in words."""
    what, detail = event["what"], event["detail"]
    if what == "phase":
        return f"Phase: {detail.get('title') or words.title(detail['name'])}"
    if what == "verdict":
        about = detail.get("region") or detail.get("name") or detail.get("id", "")
        return f"Health check {about} turned {'healthy' if detail.get('healthy') else 'unhealthy'}"
    if what == "node":
        return f"Load balancer's node in {detail['zone']} {'is up' if detail['up'] else 'went down'}"
    if what == "endpoint":
        return f"Accelerator's endpoint in {detail['region']} turned {'healthy' if detail['healthy'] else 'unhealthy'}"
    if what == "operator":
        return f"The operator: {detail['words']}: {detail['outcome']}"
    fault = detail.get("words") or detail.get("text") or detail.get("fault") or detail
    if isinstance(fault, dict):
        fault = " ".join(str(value) for value in fault.values() if isinstance(value, str | int | float))
    said = fault if isinstance(fault, str) else json.dumps(fault, ensure_ascii=False)
    return f"{words.title(what)}: {said}" if said else words.title(what)


def _foot(verdict: dict[str, Any]) -> list[Markup]:
    notes = [element("p", note, class_="soft") for note in verdict["notes"]]
    return [
        element("section", element("h2", "Notes"), notes, class_="card") if notes else Markup(""),
        element("p", "Every number here was computed afterwards from what was recorded. Durations of the "
                "story are seconds of the world; latency, replication lag and RPO are real seconds.",
                class_="soft", style="margin-top:20px"),
    ]  # fmt: skip


def _card(name: str, about: str | None, *content: Any) -> Markup:
    said = element("p", about, class_="soft") if about else None
    return element("section", element("h2", name), said, content, class_="card")


def _table(head: list[str], rows: list[list[Any]], numbers: tuple[int, ...] = ()) -> Markup:
    css = ["n" if column in numbers else None for column in range(len(head))]
    top = element("tr", [element("th", name, class_=c) for name, c in zip(head, css, strict=True)])
    body = [
        element("tr", [element("td", cell, class_=c) for cell, c in zip(row, css, strict=True)])
        for row in rows
    ]
    whole = element("table", element("thead", top), element("tbody", body))
    return element("div", whole, class_="wide")


def _mark(ok: bool) -> Markup:
    return element("span", "✓ met" if ok else "✗ not met", class_="met" if ok else "failed")
