"""What the simulated story of a lost region costs: minutes of world time in seconds of a processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

from .peers import ROOT, environment

AIM_S = 1.0
PROGRAM = """
import json, time
from terrella.gameday import scenario
from terrella.run.gameday import simulate
story = scenario.load("lose_a_region")
began = time.process_time()
first = simulate(story, 7, lambda *said: None)
between = time.process_time()
simulate(story, 7, lambda *said: None)
minutes = sum(phase.lasts_s for phase in story.phases) / 60
print(json.dumps({"first_s": between - began, "again_s": time.process_time() - between, "minutes": minutes}))
"""


def measure(rounds: int) -> dict[str, Any]:
    """Tell it twice in each of several processes: the first time models and grammars are read too."""
    told = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=ROOT, env=environment()
        )
        told.append(json.loads(done.stdout))
    return {name: round(median(each[name] for each in told), 2) for name in told[0]} | {"cores": os.cpu_count()}


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    verdict = "reached" if result["again_s"] <= AIM_S else "NOT reached"
    return (
        f"  {result['minutes']:.0f} minutes: {result['again_s']:.2f} s of CPU time, {result['first_s']:.2f} s with "
        f"models and grammars read for the first time   aim below {AIM_S:g}: {verdict}"
    )
