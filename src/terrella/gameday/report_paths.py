"""The part of a report that compares several paths to the service, side by side: as text and on the page."""

from __future__ import annotations

from typing import Any

from . import words
from .markup import Markup, element

HEAD = ("before", "meanwhile", "answered meanwhile", "served again after", "failed", "of which after it was noticed")


def lines(verdict: dict[str, Any]) -> list[list[str]]:
    """City, path, and the figures under HEAD: one line for each city's people of each path, cities together."""
    sides = verdict.get("paths") or []
    cities = sorted({city for side in sides for city in side["per_city"]})
    return [_line(side, city) for city in cities for side in sides if city in side["per_city"]]


def detections(verdict: dict[str, Any]) -> list[str]:
    """For each path what it is, and after how long the loss was noticed there."""
    return [
        f"{side['name']}: {side['title']}. The loss was noticed after {words.seconds(side['detection_s'])}, "
        f"everybody was served again after {words.seconds(side['rto']['overall_s'])}."
        for side in verdict.get("paths") or []
    ]


def tile(verdict: dict[str, Any]) -> tuple[str, str] | None:
    """The paths and their detections, briefly; None for a story of one path."""
    sides = verdict.get("paths") or []
    if not sides:
        return None
    return " / ".join(each["name"] for each in sides), " / ".join(words.seconds(each["detection_s"]) for each in sides)


def card(verdict: dict[str, Any]) -> Markup | None:
    """The comparison as a card of the page; None for a story of one path."""
    found = lines(verdict)
    if not found:
        return None
    head = ["City", "Path", *(name.capitalize() for name in HEAD)]
    numbers = [None, None, *("n" for _ in HEAD)]
    rows, last = [], ""
    for city, *rest in found:
        cells = ["" if city == last else city, *rest]
        rows.append(element("tr", [element("td", c, class_=css) for c, css in zip(cells, numbers, strict=True)],
                            class_=None if city == last else "first"))  # fmt: skip
        last = city
    top = element("tr", [element("th", name, class_=css) for name, css in zip(head, numbers, strict=True)])
    table = element("table", element("thead", top), element("tbody", rows), class_="sides")
    return element(
        "section",
        element("h2", "Side by side"),
        [element("p", said, class_="soft") for said in detections(verdict)],
        element("div", table, class_="wide"),
        element("p", _MEANING, class_="soft", style="margin-top:10px"),
        class_="card",
    )


_MEANING = (
    "Before, meanwhile: median of answered reads. What failed after the loss was noticed is what caches cost: the "
    "names were mended, and somebody still had the old answer."
)


def _line(side: dict[str, Any], city: str) -> list[str]:
    found, recovered = side["per_city"][city], side["rto"]["per_city"][city]["total_s"]
    after = "never" if recovered is None else "not cut off" if not recovered else words.seconds(recovered)
    return [
        words.place(city),
        side["name"],
        words.milliseconds(found["before_ms"]),
        words.milliseconds(found["during_ms"]),
        words.percent(found["answered"]),
        after,
        str(found["failed"]),
        words.percent(found["by_caches"]) if found["failed"] else words.UNKNOWN,
    ]
