"""The report of a game day: everything measured stands in it, in all three forms."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from gameday.canned import CITIES, EU, JP, verdict

from terrella.gameday import report, words
from terrella.gameday import report_charts as charts
from terrella.gameday.markup import element

NUMBERS = (
    "97.13 %", "94.31 %", "91.27 %", "34 s", "1 min 31 s", "1 min 26 s", "1873", "0.3 s", "3 write",
    "62 ms / 81 ms", "471 ms / 617 ms", "477 ms / 669 ms", "108 ms", "132 ms", "161 ms",
    "Phase by phase", "4711 & more",
)  # fmt: skip


def parsed(page: str) -> ET.Element:
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def shown(page: str) -> str:
    return " ".join(" ".join(parsed(page).itertext()).split())


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere() -> None:
    page = report.html(verdict())
    for each in parsed(page).iter():
        assert each.tag.rpartition("}")[2] not in ("script", "link", "img", "iframe", "object")
        assert not {"src", "href", "onload", "onclick"} & each.attrib.keys()
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page
    HTMLParser().feed(page)


@pytest.mark.parametrize("form", [report.text, lambda whole: shown(report.html(whole))])
def test_every_number_is_there(form) -> None:
    said = form(verdict())
    for number in NUMBERS:
        assert number in said, number
    for name in (*map(words.place, CITIES), EU, JP, "One region", "Two regions"):
        assert name.lower() in said.lower(), name
    for each in verdict()["expectations"]:
        assert each["name"] in said
        assert each["measured"] in said


@pytest.mark.parametrize("form", [report.text, lambda whole: shown(report.html(whole))])
def test_the_speed_is_said(form) -> None:
    assert "20 times as fast" in form(verdict())
    assert "times as fast" not in form(verdict(speed=1.0))
    assert "Simulated" in form(verdict(engine="simulated", speed=1.0))


def test_what_comes_from_outside_is_escaped() -> None:
    page = report.html(verdict(title="<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "A note with <angle brackets> & an ampersand." in shown(page)
    assert element("p", "<&>", title='"') == '<p title="&quot;">&lt;&amp;&gt;</p>'


def test_a_promise_that_was_not_kept_stands_on_top() -> None:
    failed = {"name": "RTO", "expected": "at most 60 s", "measured": "91.2 s", "ok": False}
    broken = verdict(ok=False, expectations=[*verdict()["expectations"][:1], failed])
    assert "1 of 2 expectations not met" in shown(report.html(broken))
    assert "NOT MET: 1 of 2" in report.text(broken).splitlines()[0]


def test_who_was_misled_by_a_resolver_is_told_if_anybody_was() -> None:
    plain, odd = ({"requests": n, "failed": 9, "misled": m, "share": m / n} for n, m in ((1000, 20), (50, 25)))
    caches = {"requests": 1050, "failed": 18, "misled": 45, "share": 45 / 1050}
    misled = verdict(caches={**caches, "by_resolver": {"plain": plain, "least-ttl": odd}})
    assert "least-ttl  50        25      50.00 %" in report.text(misled)
    assert "Failed because of what resolvers remembered" in shown(report.html(misled))
    nobody = verdict(caches={**caches, "misled": 0, "by_resolver": {}})
    assert "resolvers remembered" not in report.text(nobody) + report.html(nobody)


def test_who_never_wrote_has_no_row_of_dashes() -> None:
    found = verdict()
    for by_phase in found["latency"]["tokyo"].values():
        by_phase["writes"] = {}
    reads, _, writes = report.text(found).partition("Latency of writes")
    assert "Tokyo" in reads.partition("Latency of reads")[2]
    assert "Tokyo" not in writes.partition("\n\n")[0]


def test_a_run_without_an_outage_or_an_answer_still_has_a_report() -> None:
    nothing = verdict(
        detection_s=None, rto={"overall_s": None, "per_city": {"tokyo": dict.fromkeys(
            ("total_s", "detection_s", "dns_caching_s"))}},
        replication_lag_ms={}, timeline=[], events=[], latency={}, served_by={}, notes=[],
        availability={"overall": None, "per_city": {}, "per_phase": {}},
    )  # fmt: skip
    assert "not served again before the healing" in shown(report.html(nothing))
    assert words.UNKNOWN in report.text(nothing)


def test_the_outage_and_the_failures_are_drawn() -> None:
    tree = parsed(report.html(verdict()))
    classes = [each.get("class", "") for each in tree.iter()]
    assert classes.count("band") == 1
    # Amsterdam 11, New York 10, São Paulo 12 stretches of eight seconds
    assert classes.count("bad") == 11 + 10 + 12
    assert "bad" not in [each.get("class") for each in parsed(report.html(verdict(timeline=[]))).iter()]


def test_the_names_of_phases_do_not_overlap() -> None:
    """Also those of phases that are shorter than their names."""
    phases = [("one-region", 0.0, 180.0), ("second-region", 180.0, 190.0), ("third-region", 190.0, 200.0),
              ("two-regions", 200.0, 960.0)]  # fmt: skip
    short = verdict(phases=[{"name": name, "begin_s": begin, "end_s": end} for name, begin, end in phases])
    drawn = ET.fromstring(charts.availability_timeline(short))
    titles = {words.title(name) for name, *_ in phases}
    placed = []
    for text in (each for each in drawn.iter() if each.text in titles):
        wide, left = len(text.text or "") * charts.LETTER, float(text.attrib["x"])
        left -= wide / 2 if text.get("class") == "mid" else 0
        placed.append((text.attrib["y"], left, left + wide))
    assert len(placed) == len(phases)
    for (row, _, right), (next_row, left, _) in pairwise(sorted(placed)):
        assert row != next_row or right <= left


def test_the_tile_names_the_city_that_waited_longest() -> None:
    assert "worst: São Paulo" in shown(report.html(verdict()))
    waits = {"sydney": {"total_s": 0.0}, "tokyo": {"total_s": None}, "amsterdam": {"total_s": 9.0}}
    per_city = {city: {"detection_s": None, "dns_caching_s": None, **each} for city, each in waits.items()}
    assert "never again: Tokyo" in shown(report.html(verdict(rto={"overall_s": None, "per_city": per_city})))


def test_slow_and_quick_answers_can_both_be_read_off_the_latency_chart() -> None:
    axis = charts.Magnitudes(20.0, 2000.0, 0.0, 300.0)
    assert (axis.at(20), axis.at(200), axis.at(2000)) == pytest.approx((0, 150, 300))
    assert axis.ticks() == [30, 100, 300, 1000]
    for what in ("Reads", "Writes"):
        assert f">{what}</text>" in charts.latency_chart(verdict())


def test_colour_only_when_told() -> None:
    assert "\x1b" not in report.text(verdict())
    assert "\x1b[32m" in report.text(verdict(), coloured=True)


def test_the_json_form_has_a_version_and_everything() -> None:
    found = json.loads(report.document(verdict()))
    assert (found.pop("format"), found.pop("version")) == ("terrella-gameday", 1)
    assert found == verdict()


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1, "100 %"),
        (0.9713, "97.13 %"),
        (0.999996, "99.9996 %"),
        (0.99996, "99.996 %"),
        (None, "–"),
        (0, "0.00 %"),
    ],
)
def test_less_than_all_is_never_a_hundred_percent(share: float | None, said: str) -> None:
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.31, "0.3 s"), (58.4, "58 s"), (91.25, "1 min 31 s"), (120, "2 min"), (59.7, "1 min")],
)
def test_durations_are_said_as_people_say_them(number: float, said: str) -> None:
    assert words.seconds(number) == said


def test_the_page_says_what_was_struck_in_words() -> None:
    struck = {"kind": "latency", "fault": {"kind": "latency", "delay": 0.25}, "text": "packets arrive 250 ms late"}
    page = shown(report.html(verdict(events=[{"at_s": 1.0, "what": "struck", "detail": struck}])))
    assert "Struck: packets arrive 250 ms late" in page


def test_of_applications_beside_their_regions_nothing_is_said_that_holds_for_people_only() -> None:
    people = shown(report.html(verdict()))
    assert "Latency routing sends" in people and "every visit is a new connection" in people
    applications = shown(report.html(verdict(served_by={f"MREC {EU}": {}})))
    assert "Latency routing sends" not in applications and "every visit is a new connection" not in applications


def test_a_logarithmic_axis_of_many_powers_has_room_for_its_labels() -> None:
    assert charts.Magnitudes(20, 2000, 0, 235).ticks() == [30, 100, 300, 1000]
    assert charts.Magnitudes(0.1, 440, 0, 235).ticks() == [0.1, 1, 10, 100]
