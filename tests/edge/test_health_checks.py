"""Health checks: from probes to verdicts."""

import gzip
import zlib

import pytest

from terrella.edge.health import Checker, HealthCheck, HealthTable
from terrella.edge.probe import SEARCHED_BYTES, Finding, Outcome, content, covers, judge, plan
from terrella.net.places import CHECKER_REGIONS

OK, BAD = Finding(True, "Success: HTTP Status Code 200, OK"), Finding(False, "Failure: Connection timed out.")
HTTP = {"Type": "HTTP", "FullyQualifiedDomainName": "www.example.com", "ResourcePath": "/health"}


def check(**config: object) -> HealthCheck:
    return HealthCheck("hc-1", {**HTTP, **config})


def rounds(
    hc: HealthCheck, finding: Finding, times: int = 1, start: float = 0.0, only: int | None = None
) -> float:
    """Every checker (or the first `only`) reports so many times; the time after."""
    for n in range(times):
        for checker in hc.checkers()[:only]:
            hc.learn(checker, finding, start + n * hc.interval)
    return start + times * hc.interval


def test_sixteen_checkers_in_eight_regions_probe_an_endpoint() -> None:
    checkers = check().checkers()
    assert len(checkers) == 16 and {c.region for c in checkers} == set(CHECKER_REGIONS)
    assert len({c.address for c in checkers}) == 16
    assert len(check(Regions=["us-east-1", "eu-west-1", "sa-east-1"]).checkers()) == 6


def test_a_new_check_is_healthy_until_enough_is_known() -> None:
    hc = check()
    assert hc.healthy()
    rounds(hc, BAD, times=2)
    assert hc.healthy()
    rounds(hc, BAD, start=60)
    assert not hc.healthy()


def test_the_first_checkers_to_report_do_not_speak_for_those_who_had_no_time_yet() -> None:
    hc = check(FailureThreshold=1)
    rounds(hc, BAD, only=13)
    assert hc.healthy(), "3 of 16 may yet say healthy"
    rounds(hc, BAD, only=14)
    assert not hc.healthy()
    late = check(FailureThreshold=1)
    rounds(late, BAD, times=3, only=2)
    assert not late.healthy(), "who has not reported for so long does not count"


def test_how_long_the_parts_of_a_probe_took_is_kept_by_region() -> None:
    hc = check()
    here, there, *_ = (checker for checker in hc.checkers() if checker.number == 0)
    hc.learn(here, judge(HTTP, Outcome(status=200, connect_ms=20.0, first_byte_ms=30.0)), 1.0)
    hc.learn(there, judge(HTTP, Outcome(failed="response", connect_ms=40.0)), 1.0)
    assert hc.latencies(2.0) == [
        (here.region, "ConnectionTime", 20.0), (here.region, "TimeToFirstByte", 30.0),
        (there.region, "ConnectionTime", 40.0),
    ]  # fmt: skip
    assert hc.latencies(1000.0) == []


def test_a_success_between_breaks_the_streak() -> None:
    hc = check()
    now = rounds(hc, BAD, times=2)
    now = rounds(hc, OK, start=now)
    rounds(hc, BAD, times=2, start=now)
    assert hc.healthy()


def test_recovery_takes_as_many_successes_in_a_row_of_a_few_checkers() -> None:
    hc = check()
    now = rounds(hc, BAD, times=3)
    now = rounds(hc, OK, times=2, start=now)
    assert not hc.healthy()
    for number, checker in enumerate(hc.checkers(), 1):
        hc.learn(checker, OK, now)
        assert hc.healthy() == (number >= 3)


@pytest.mark.parametrize(("sound", "verdict"), [(0, False), (2, False), (3, True), (16, True)])
def test_more_than_eighteen_percent_must_say_healthy(sound: int, verdict: bool) -> None:
    hc = check(FailureThreshold=1)
    rounds(hc, OK)
    for checker in hc.checkers()[sound:]:
        hc.learn(checker, BAD, 1.0)
    assert hc.healthy() is verdict
    assert hc.share_healthy(1.0) == sound / 16


def test_the_change_of_a_verdict_is_told_once() -> None:
    hc = check(FailureThreshold=1)
    changes = [hc.learn(checker, BAD, 0.0) for checker in hc.checkers()]
    assert changes.count(True) == 1


def test_disabled_is_healthy_and_inverted_turns_verdicts_around() -> None:
    down = check(FailureThreshold=1)
    rounds(down, BAD)
    for config, verdict in (
        ({}, False), ({"Inverted": True}, True), ({"Disabled": True}, True),
        ({"Disabled": True, "Inverted": True}, False),
    ):  # fmt: skip
        down.config = {**HTTP, "FailureThreshold": 1, **config}
        assert down.healthy() is verdict
    assert not check(Inverted=True).healthy()
    assert not check(Disabled=True).probes


def test_checkers_that_fall_silent_no_longer_count() -> None:
    hc = check(FailureThreshold=1)
    rounds(hc, OK)
    for checker in hc.checkers()[4:]:
        hc.learn(checker, BAD, 100.0)
    assert hc.healthy()  # 4 of 16
    assert hc.review(103.0) and not hc.healthy()  # the four have said nothing for too long
    assert not hc.review(900.0) and not hc.healthy()  # nobody speaks: as it was


def test_speed_divides_the_interval_only() -> None:
    hc = HealthCheck("hc", {**HTTP, "RequestInterval": 10}, speed=10)
    assert hc.interval == 1 and hc.threshold == 3


def test_a_calculated_check_counts_its_children() -> None:
    table = HealthTable()
    for name in "abc":
        table.put(name, {**HTTP, "FailureThreshold": 1})
    table.put("sum", {"Type": "CALCULATED", "ChildHealthChecks": ["a", "b", "c"], "HealthThreshold": 2})
    assert table.healthy("sum")
    for name, verdict in (("a", True), ("b", False)):
        rounds(table.checks[name], BAD)
        assert table.healthy("sum") is verdict
    table.put("b", {**HTTP, "Disabled": True})
    assert table.healthy("sum")
    table.put("always", {"Type": "CALCULATED", "ChildHealthChecks": ["a"], "HealthThreshold": 0})
    table.put(
        "never", {"Type": "CALCULATED", "ChildHealthChecks": ["a"], "HealthThreshold": 2, "Inverted": True}
    )
    assert table.healthy("always") and table.healthy("never")


def test_a_check_that_probes_nothing_is_told() -> None:
    table = HealthTable()
    table.put("control", {"Type": "RECOVERY_CONTROL"})
    assert table.tell("control", False) and not table.healthy("control")
    assert not table.tell("control", False)
    assert not table.probing()


def test_the_epoch_rises_with_verdicts_and_configuration_only() -> None:
    table = HealthTable()
    hc = table.put("hc", {**HTTP, "FailureThreshold": 1})
    before = table.epoch
    for checker in hc.checkers():
        table.learn("hc", checker, OK, 0.0)
    assert table.epoch == before
    for checker in hc.checkers():
        table.learn("hc", checker, BAD, 1.0)
    assert table.epoch == before + 1
    table.remove("hc")
    assert table.epoch == before + 2 and table.healthy("hc")
    assert not table.learn("hc", Checker("us-east-1", 0), BAD, 2.0)


def test_reports_have_a_row_per_checker_and_remember_the_last_failure() -> None:
    hc = check()
    rounds(hc, BAD, start=10)
    rounds(hc, OK, start=40)
    assert {o.status for o in hc.observations()} == {OK.text}
    assert {(o.status, o.checked) for o in hc.failures()} == {(BAD.text, 10)}
    assert len(hc.observations()) == 16


@pytest.mark.parametrize(
    ("config", "host", "port"),
    [
        ({"Type": "HTTP"}, "www.example.com", 80),
        ({"Type": "HTTP", "Port": 8080}, "www.example.com:8080", 8080),
        ({"Type": "HTTPS"}, "www.example.com", 443),
        ({"Type": "HTTPS", "Port": 80}, "www.example.com:80", 80),
        (
            {"Type": "HTTP", "Port": 81, "IPAddress": "192.0.2.1", "FullyQualifiedDomainName": None},
            "192.0.2.1",
            81,
        ),
    ],
)
def test_the_host_header_is_the_one_route_53_sends(config: dict[str, object], host: str, port: int) -> None:
    made = plan("hc-1", {**HTTP, **config})
    assert made.port == port and made.request is not None
    head = made.request.decode().split("\r\n")
    assert head[0] == "GET /health HTTP/1.1" and f"Host: {host}" in head
    assert made.connect_timeout == 4 and made.response_timeout == 2


def test_tcp_sends_nothing_and_waits_ten_seconds() -> None:
    made = plan("hc-1", {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 5432})
    assert made.request is None and made.connect_timeout == 10 and made.address == "192.0.2.1"


def test_sni_is_sent_with_https_unless_it_is_switched_off() -> None:
    assert plan("hc", {**HTTP, "Type": "HTTPS"}).server_name == "www.example.com"
    assert plan("hc", {**HTTP, "Type": "HTTPS", "EnableSNI": False}).server_name is None
    assert plan("hc", HTTP).server_name is None


@pytest.mark.parametrize(
    ("kind", "outcome", "healthy", "says"),
    [
        ("HTTP", Outcome(status=200, reason="OK"), True, "Success: HTTP Status Code 200, OK"),
        ("HTTP", Outcome(status=302, reason="Found"), True, "Success: HTTP Status Code 302, Found"),
        ("HTTP", Outcome(status=404, reason="Not Found"), False, "Failure: HTTP Status Code 404, Not Found"),
        ("HTTPS", Outcome(status=500, reason="x"), False, "Failure: HTTP Status Code 500"),
        (
            "HTTP",
            Outcome(failed="connect"),
            False,
            "Failure: Connection timed out. The endpoint or the internet",
        ),
        (
            "HTTP",
            Outcome("192.0.2.1", failed="closed"),
            False,
            "Failure: Resolved IP: 192.0.2.1. The connection was closed by the endpoint.",
        ),
        ("TCP", Outcome(), True, "Success: "),
        ("TCP", Outcome(failed="refused"), False, "Failure: Connection refused"),
        ("HTTP_STR_MATCH", Outcome(status=200, body=b"all is well"), True, "Success"),
        ("HTTP_STR_MATCH", Outcome(status=200, body=b"All Is Well"), False, "Failure"),
        ("HTTP_STR_MATCH", Outcome(status=200, body=b"x" * 5113 + b"is well"), True, "Success"),
        ("HTTP_STR_MATCH", Outcome(status=200, body=b"x" * 5114 + b"is well"), False, "Failure"),
    ],
)
def test_what_a_probe_found_is_said_in_route_53s_words(
    kind: str, outcome: Outcome, healthy: bool, says: str
) -> None:
    finding = judge({"Type": kind, "SearchString": "is well"}, outcome)
    assert finding.healthy is healthy and finding.text.startswith(says)


PLAIN, CHUNKED = b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"


def coded(how: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: " + how + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "raw", "body", "enough"),
    [
        (PLAIN, b"all is well", b"all is well", False),
        (PLAIN, b"x" * 6000, b"x" * SEARCHED_BYTES, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", b"well, then", b"well", True),
        (CHUNKED, b"3\r\nall\r\n5;x=y\r\n is w\r\n3\r\nell\r\n0\r\n\r\n", b"all is well", True),
        (CHUNKED, b"3\r\nall\r\n5\r\n is", b"all is", False),
        (CHUNKED, b"nonsense\r\n", b"nonsense\r\n", False),
        (coded(b"gzip"), gzip.compress(b"all is well", mtime=0), b"all is well", False),
        (coded(b"deflate"), zlib.compress(b"all is well"), b"all is well", False),
        (coded(b"deflate"), zlib.compress(b"all is well")[2:-4], b"all is well", False),
        (coded(b"gzip"), gzip.compress(b"x" * 1_000_000, mtime=0), b"x" * SEARCHED_BYTES, True),  # no bomb bursts
        (coded(b"gzip"), b"no such thing", b"no such thing", False),
        (coded(b"br"), b"\x0b\x05", b"\x0b\x05", False),
    ],
)
def test_a_string_is_looked_for_in_what_a_browser_would_show(
    head: bytes, raw: bytes, body: bytes, enough: bool
) -> None:
    assert content(head, raw) == (body, enough)


def test_a_certificates_wildcard_stands_for_one_label() -> None:
    assert covers("WWW.example.com", "www.example.com") and covers("*.example.com", "www.example.com.")
    assert not covers("*.example.com", "a.b.example.com") and not covers("*.example.com", "example.com")


def test_a_region_taken_out_goes_on_for_an_hour_and_then_counts_no_longer() -> None:
    now = 0.0
    table = HealthTable(now=lambda: now)
    hc = table.put("hc-1", HTTP | {"Regions": ["us-east-1", "eu-west-1", "sa-east-1"]})
    staying, leaving = Checker("us-east-1", 0), Checker("sa-east-1", 0)
    rounds(hc, OK)
    now = 100.0
    table.put("hc-1", HTTP | {"Regions": ["us-east-1", "eu-west-1", "us-west-2"]})
    assert len(hc.checkers()) == 8 and hc.asks(leaving, 3699.0)
    table.put("hc-1", hc.config | {"FailureThreshold": 2})
    assert leaving in hc.opinions and not hc.asks(leaving, 3700.0)
    assert leaving not in hc.opinions and len(hc.checkers()) == 6 and hc.asks(staying, 3700.0)


def test_a_table_that_begins_anew_says_what_was_known_until_checkers_have_found_out() -> None:
    table = HealthTable()
    bad, good = table.put("bad", HTTP), table.put("good", HTTP)
    table.put("alarm", {"Type": "CLOUDWATCH_METRIC"})
    table.tell("alarm", False)
    rounds(bad, BAD, times=3)
    rounds(good, OK, times=3)
    anew = HealthTable()
    for id, check in table.checks.items():
        anew.put(id, check.config)
    anew.recall(table.known() | {"gone": [False, None]})
    assert [anew.healthy(id) for id in ("bad", "good", "alarm")] == [False, True, False]
    later = anew.checks["bad"]
    rounds(later, BAD, start=1000.0, only=3)
    assert not later.healthy()
    rounds(later, OK, times=2, start=1000.0)
    assert not later.healthy(), "as many in a row must disagree as ever"
    rounds(later, OK, start=1060.0)
    assert later.healthy()
