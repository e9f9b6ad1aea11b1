"""The whole planet: how long 34 regions take to come up and to go down, what they weigh, what they do idle.

Memory is the proportional set size: what processes share is counted once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SRC = Path(__file__).parents[1] / "src"
OFFSET = 9_000  # of its ports, away from a world that may be running
IDLE_S = 10.0
SETTLE_S = 1.0


def measure(work: Path) -> dict[str, Any]:
    """Bring every region up, look, bring them down. Raises CalledProcessError."""
    data = str(work / "planet")
    began = time.perf_counter()
    _terrella("up", "--regions", "all", "--port-offset", str(OFFSET), "--data", data)
    up_s = time.perf_counter() - began
    try:
        status = json.loads(_terrella("status", "--json", "--data", data))
        pids = [status["pid"], *(place["pid"] for place in status["places"])]
        time.sleep(SETTLE_S)
        before, began = _cpu_s(pids), time.perf_counter()
        time.sleep(IDLE_S)
        idle = (_cpu_s(pids) - before) / (time.perf_counter() - began)
        pss = _pss_mb(pids)
    finally:
        began = time.perf_counter()
        _terrella("down", "--data", data)
    return {
        "processes": len(pids),
        "up_s": round(up_s, 2),
        "down_s": round(time.perf_counter() - began, 2),
        "pss_mb": pss,
        "idle_cpu_percent": round(100 * idle, 2),
    }


def told(result: dict[str, Any]) -> str:
    weight = "unknown here" if result["pss_mb"] is None else f"{result['pss_mb']:.0f} MB"
    return (
        f"  {result['processes']} processes up in {result['up_s']:.2f} s, down in {result['down_s']:.2f} s; "
        f"memory {weight}; idle CPU {result['idle_cpu_percent']:.2f} %"
    )


def _terrella(*words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-m", "terrella.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def _pss_mb(pids: list[int]) -> float | None:
    """None where the kernel does not tell."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            return None
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _cpu_s(pids: list[int]) -> float:
    """Seconds of processor time these processes have used."""
    try:
        used = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids]
        return sum(int(part) for parts in used for part in parts) / os.sysconf("SC_CLK_TCK")
    except OSError:
        listed = subprocess.run(
            ["ps", "-o", "time=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=True
        )
        return sum(_seconds(each) for each in listed.stdout.split())


def _seconds(clock: str) -> float:
    """`1:02:03.5` in seconds."""
    total = 0.0
    for part in clock.replace("-", ":").split(":"):
        total = total * 60 + float(part)
    return total
