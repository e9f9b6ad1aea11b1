"""A short story told twice, in a world of real processes and simulated: both must say the same of it.

What may differ, and by how much: live, a probe waits at least one real second, whatever the speed, and this
machine needs time to compute. Hence the tolerances below; times are seconds of the world. Figures of time mean
nothing when the machine had more to do than it could: the report says so, and what compares them is skipped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from live.short_story import ALIKE, LOST_S, NEAR, SHORT
from live.worlds import SRC, gone

from terrella.gameday.scenarios import lose_a_region as story
from terrella.run.gameday import simulate

pytestmark = pytest.mark.live
AVAILABILITY = 0.15  # people come by chance
LATENCY_MS = 90.0  # of p50
DETECTION_S = 80.0  # three probes of at least one second each, twenty times as fast, and counting


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}{SRC.parent / 'tests'}"}
    command = [sys.executable, str(Path(__file__).with_name("short_story.py"))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            said, complained = process.communicate(timeout=300)
        finally:
            process.terminate()  # if it is still there: not killed, so that it stops its world
    assert process.returncode == 0, complained
    verdict: dict[str, Any] = json.loads(said)
    return verdict


@pytest.fixture(scope="module")
def simulated() -> dict[str, Any]:
    return simulate(SHORT, 7, print, ALIKE)


def test_nothing_is_lost_and_replicas_are_equal(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    for verdict in (live, simulated):
        assert verdict["ok"], verdict["expectations"]
        assert verdict["writes"]["acknowledged"] > 20
        assert set(verdict["converged"]["digests"]) == set(SHORT.regions)


def test_everybody_is_served_by_the_same_region(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    for city, near in NEAR.items():
        for phase, region in (("one-region", story.FIRST), ("two-regions", near), ("lost", story.SECOND)):
            for verdict in (live, simulated):
                counts = verdict["served_by"][city][phase]
                assert max(counts, key=lambda name: counts[name]) == region, (city, phase, counts)


def test_availability_agrees(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    for phase in ("one-region", "two-regions", "healed"):
        assert live["availability"]["per_phase"][phase] > 0.97
        assert simulated["availability"]["per_phase"][phase] > 0.97
    for verdict in (live, simulated):  # one of two cities is cut off, for as long as its recovery takes
        cut_off_s = verdict["rto"]["per_city"]["amsterdam"]["total_s"]
        found = verdict["availability"]["per_phase"]["lost"]
        assert found < 1
        assert found == pytest.approx(1 - cut_off_s / LOST_S / len(NEAR), abs=AVAILABILITY)


def test_latency_agrees(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    needs_a_quiet_machine(live)
    for city in NEAR:
        for phase in ("two-regions", "lost"):
            there, here = (each["latency"][city][phase]["reads"]["p50_ms"] for each in (live, simulated))
            assert there == pytest.approx(here, abs=LATENCY_MS), (city, phase)


def test_recovery_agrees(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    needs_a_quiet_machine(live)
    assert live["detection_s"] == pytest.approx(simulated["detection_s"], abs=DETECTION_S)
    there, here = (each["rto"]["per_city"] for each in (live, simulated))
    assert there["tokyo"]["total_s"] == here["tokyo"]["total_s"] == 0
    assert 0 < there["amsterdam"]["total_s"] < here["amsterdam"]["total_s"] + DETECTION_S + 60  # a TTL


def test_the_replicas_follow_at_the_pace_of_the_distance(live: dict[str, Any], simulated: dict[str, Any]) -> None:
    needs_a_quiet_machine(live)
    for pair, lag in simulated["replication_lag_ms"].items():
        assert live["replication_lag_ms"][pair]["p50"] == pytest.approx(lag["p50"], abs=40), pair


def needs_a_quiet_machine(verdict: dict[str, Any]) -> None:
    busy = [word for word in verdict["notes"] if "load average" in word]
    if busy:
        pytest.skip(busy[0])


def heeding_interrupts() -> None:
    """A shell's background jobs, and what they start, ignore Ctrl-C; the tests may be one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_game_day_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "terrella.cli",
        "gameday",
        "lose_a_region",
        "--data",
        str(tmp_path / "w"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=environment, preexec_fn=heeding_interrupts
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        moment = "one region" if number == signal.SIGINT else "deploying"
        assert any(moment in line for line in process.stdout)
        asked = [sys.executable, "-m", "terrella.cli", "status", "--json", "--data", str(tmp_path / "w")]
        status = json.loads(subprocess.run(asked, capture_output=True, text=True, env=environment).stdout)
        process.send_signal(number)
        killed = number == signal.SIGKILL
        assert process.wait(5) == (-number if killed else 130)
        assert killed or "interrupted" in process.stdout.read()
        assert killed or process.stderr.read() == ""
    assert gone([status["pid"], *(place["pid"] for place in status["places"])], 3.0 if killed else 1.0)
