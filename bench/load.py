"""The meter: a load generator in C on one core, the server on another, CPU time per request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class Measured:
    """One run: requests per second, latencies in milliseconds, server CPU in microseconds per request."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    wrong: int  # answers that were not 200, and errors of the connection


def build(cache: Path) -> Path:
    """The load generator, compiled once."""
    program, source = cache / "hload", HERE / "hload.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise SystemExit("The benchmark needs a C compiler (cc) for its load generator.")
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O2", "-w", "-o", str(program), str(source)], check=True)
    return program


def pinned(core: str, command: list[str]) -> list[str]:
    """The same command on one core, where the machine has a way to say so."""
    enough = (os.cpu_count() or 1) > 1
    return ["taskset", "-c", core, *command] if enough and shutil.which("taskset") else command


def measure(
    program: Path,
    requests: Path,
    port: int,
    pid: int,
    *,
    connections: int,
    seconds: float,
    count: int = 0,
) -> Measured:
    """Send a file of requests over and over and say how it went. With `count`, send so many, no fewer."""
    command = [
        str(program), "-p", str(port), "-c", str(connections), "-m", str(count),
        "-d", str(seconds), "-w", "0" if count else "0.5", "-f", str(requests),
    ]  # fmt: skip
    before = cpu_s(pid)
    done = subprocess.run(pinned(CLIENT_CORE, command), capture_output=True, text=True, check=True)
    used = cpu_s(pid) - before
    said = json.loads(done.stdout)
    right = said["codes"].get("200", 0)
    return Measured(
        rps=right / said["secs"],
        p50_ms=said["p50us"] / 1000,
        p99_ms=said["p99us"] / 1000,
        cpu_us=used / max(said["ntotal"], 1) * 1e6,
        wrong=said["n"] - right + said["errors"],
    )


def cpu_s(pid: int) -> float:
    """CPU seconds a process and its descendants have used; 0 where the machine does not tell."""
    total, todo = 0.0, [pid]
    while todo:
        one = todo.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / TICKS_PER_S
            for task in Path(f"/proc/{one}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return total


def resident_mb(pid: int) -> float:
    """Memory a process holds, in megabytes."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
