"""How a link between two regions keeps up: lag at a pace, and a backlog after a cut heals.

Lag is from being accepted in one region to being committed in the other, and is set beside the link's one-way
time.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .load import CLIENT_CORE, SERVER_CORE, pinned
from .peers import ROOT, environment

FIRST, SECOND = "eu-west-1", "us-east-1"
PACES = (1_000, 5_000)  # changes per second
BACKLOG = 100_000
AIM_LATE_MS, AIM_DRAINED = 5.0, 10_000


class End:
    """One of the two processes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answer()

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "a region ended; what it said is above"
        answer: dict[str, Any] = json.loads(line)
        return answer


def measure(work: Path, seconds: float) -> dict[str, Any]:
    """Write at each pace, then gather a backlog behind a partition and heal."""
    with ExitStack() as stack:
        port = _free_port()
        source = stack.enter_context(_end(FIRST, SECOND, port, work / FIRST, SERVER_CORE))
        target = stack.enter_context(_end(SECOND, FIRST, port, work / SECOND, CLIENT_CORE))
        source.ask("table")
        paces = [_at_pace(source, target, pace, max(seconds, 3.0)) for pace in PACES]
        return {"paces": paces, **_drained(source, target)}


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = []
    for pace in result["paces"]:
        late = pace["lag_p50_ms"] - pace["one_way_ms"]
        kept = "kept up" if pace["per_s"] >= 0.98 * pace["pace"] else f"the machine managed {pace['per_s']:,.0f}"
        lines.append(
            f"  {pace['pace']:,}/s ({kept}): lag p50 {pace['lag_p50_ms']:.1f} ms, p99 {pace['lag_p99_ms']:.1f} ms, "
            f"one way {pace['one_way_ms']:.1f} ms: {late:.1f} ms more   "
            f"aim at most {AIM_LATE_MS:g}: {'reached' if late <= AIM_LATE_MS else 'NOT reached'}"
        )
        lines.append(
            f"    CPU per change {pace['source_us']:.0f} us there (put included), {pace['target_us']:.0f} us here"
        )
    drained = result["drained_per_s"]
    lines.append(
        f"  {BACKLOG:,} changes after a cut: gone in {result['drained_s']:.1f} s, {drained:,.0f}/s   "
        f"aim {AIM_DRAINED:,}: {'reached' if drained >= AIM_DRAINED else 'NOT reached'}"
    )
    lines.append(
        f"    CPU per change {result['source_us']:.0f} us there, {result['target_us']:.0f} us here"
    )
    return "\n".join(lines)


def _at_pace(source: End, target: End, pace: int, seconds: float) -> dict[str, Any]:
    source.ask("write", rate=pace, seconds=0.5)
    _wait(source, target, 20.0)
    target.ask("forget")
    before = source.ask("status"), target.ask("status")
    done = source.ask("write", rate=pace, seconds=seconds)
    _wait(source, target, 20.0)
    after = source.ask("status"), target.ask("status")
    return {
        "pace": pace, "per_s": done["per_s"], **after[1]["lags"], "one_way_ms": after[1]["one_way_ms"],
        **_cpu(before, after, done["written"]),
    }  # fmt: skip


def _drained(source: End, target: End) -> dict[str, Any]:
    for end in (source, target):
        end.ask("strike", words=["partition", FIRST, SECOND])
    source.ask("backlog", count=BACKLOG)
    before = source.ask("status"), target.ask("status")
    for end in (target, source):
        end.ask("strike", words=[])
    took = _wait(source, target, 120.0)
    after = source.ask("status"), target.ask("status")
    drained = {"drained_s": round(took, 2), "drained_per_s": round(BACKLOG / took)}
    return {**drained, **_cpu(before, after, BACKLOG)}


def _cpu(before: Any, after: Any, changes: int) -> dict[str, float]:
    """Microseconds of each process per change."""
    used = [(one["cpu_s"] - other["cpu_s"]) / changes * 1e6 for one, other in zip(after, before, strict=True)]
    return {"source_us": round(used[0], 1), "target_us": round(used[1], 1)}


def _wait(source: End, target: End, longest_s: float) -> float:
    """Seconds until the target has all that the source has. Asked seldom, so as not to disturb."""
    began, last = time.monotonic(), source.ask("status")["last"]
    while target.ask("status")["seen"] < last:
        assert time.monotonic() - began < longest_s, "changes do not arrive"
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def _end(name: str, other: str, port: int, folder: Path, core: str) -> Iterator[End]:
    command = [sys.executable, "-m", "bench.link", name, other, str(port), str(folder)]
    process = subprocess.Popen(
        pinned(core, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment(),
    )  # fmt: skip
    try:
        yield End(process)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
