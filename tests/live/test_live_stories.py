"""Stories told live, as anybody would tell them; those of several paths are held against the simulated world.

Minutes of real time each. Figures mean nothing when the machine had more to do than it could: the report says so, and
what compares them is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from live.worlds import SRC

from terrella.gameday import scenario
from terrella.run.gameday import simulate

pytestmark = [pytest.mark.live, pytest.mark.long]
SHARE, DETECTION_S, SLACK_S = 0.15, 15.0, 30.0


@pytest.mark.parametrize("name", ["dns_or_anycast", "lose_a_zone"])
def test_a_story_told_live_says_what_the_simulated_one_does(name: str, tmp_path: Path) -> None:
    live, simulated = told(name, tmp_path), simulate(scenario.load(name), 7, print)
    assert live["writes"]["lost"] == simulated["writes"]["lost"] == 0
    busy = [note for note in live["notes"] if "load average" in note]
    if busy:
        pytest.skip(busy[0])
    assert live["ok"] and simulated["ok"], live["expectations"]
    for there, here in zip(live["paths"], simulated["paths"], strict=True):
        assert there["name"] == here["name"]
        assert there["detection_s"] == pytest.approx(here["detection_s"], abs=DETECTION_S)
        assert there["rto"]["overall_s"] == pytest.approx(here["rto"]["overall_s"], abs=DETECTION_S + SLACK_S)
        assert there["availability"]["overall"] == pytest.approx(here["availability"]["overall"], abs=SHARE)


@pytest.mark.parametrize(
    "name",
    [
        "accelerated_recovery", "bad_deploy", "cap", "grey_failure", "health_check_storm", "lose_us_east_1",
        "split_the_atlantic",
    ],
)
def test_a_classic_keeps_its_promises_live(name: str, tmp_path: Path) -> None:
    live = told(name, tmp_path)
    assert live["writes"]["lost"] == 0 and live["converged"]["ok"]
    busy = [note for note in live["notes"] if "load average" in note]
    if busy and not live["ok"]:
        pytest.skip(busy[0])
    assert live["ok"], live["expectations"]


def told(name: str, folder: Path) -> dict[str, Any]:
    """The verdict of a live telling in a world of its own."""
    document = folder / "report.json"
    command = [sys.executable, "-m", "terrella.cli", "gameday", name, "--live", "--seed", "7", "--json", str(document)]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run([*command, "--data", str(folder / "world")], capture_output=True, text=True, env=environment)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(document.read_text())
    return found
