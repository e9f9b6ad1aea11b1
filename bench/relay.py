"""A relay on one core: the accelerator's, HAProxy's in TCP mode, and the least Python can do; and injected distance.

Both ends of every connection are one C program on the other core (`rload.c`), so the relay is what is measured. CPU
time per exchange says the same on a machine that is shared.
"""

from __future__ import annotations

import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import load
from .relay_edge import ADDRESS, EDGE, REGION, Even

SERVER = "127.20.9.251"
FLOWS = 2000
RATE = 1000
AIMS = {"exchanges/s": 0.75, "connections/s": 0.7, "bulk MB/s": 1.0}  # shares of HAProxy's
KINDS = {"exchanges/s": ("r", 64, 1.0), "connections/s": ("c", 64, 1.0), "bulk MB/s": ("b", 4, 1e-6)}
HAPROXY = """
global
    maxconn 8000
    nbthread 1
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend f
    bind {address}:{port}
    default_backend b
backend b
    server s {server}:{server_port}
"""


@dataclass(frozen=True)
class Relay:
    """One relay at work: where it listens, what it leads to, its process."""

    name: str
    port: int
    server_port: int
    pid: int


def compare(cache: Path, work: Path, rounds: int, seconds: float, only: str | None = None) -> dict[str, Any]:
    """Everybody in turn; medians, and shares of HAProxy's figures where it is on this machine."""
    program = build(cache)
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        relays = [stack.enter_context(relay) for relay in _relays(work, only)]
        for _ in range(rounds):
            for relay in relays:
                _turn(program, relay, seconds, found.setdefault(relay.name, {}))
        for relay in relays:
            found[relay.name]["MB for 2,000 flows"] = [_memory_mb(program, relay)]
    table = {name: {what: statistics.median(all) for what, all in runs.items()} for name, runs in found.items()}
    return {"relays": table, "ratios": {name: _ratios(table, name) for name in table if name != "terrella"}}


def distance(cache: Path, seconds: float) -> dict[str, float]:
    """How much later than the distance says messages come back, at 1,000 a second over 20 connections: ms."""
    program = build(cache)
    expected_ms = Even().round_trip_ms(EDGE, REGION)
    with _terrella("terrella", ["--distance"]) as relay:
        said = _run(program, relay, "d", 20, seconds, str(RATE))
    with _terrella("terrella", []) as relay:
        bare = _run(program, relay, "d", 20, seconds, str(RATE))
    errors = {f"p{p} error ms": float(said[at]) / 1000 - expected_ms for p, at in ((50, 2), (99, 3))}
    without = {f"p{p} ms without distance": float(bare[at]) / 1000 for p, at in ((50, 2), (99, 3))}
    return {"round trip ms": expected_ms, "messages": float(said[0]), **errors, **without}


def told(result: dict[str, Any]) -> str:
    lines = []
    for name, figures in result["relays"].items():
        lines += [f"  {name}:", *(f"    {what:28} {value:12,.1f}" for what, value in figures.items())]
    for name, ratios in result["ratios"].items():
        for what, ratio in ratios.items():
            aim = f" (aim: {AIMS[what]})" if name == "HAProxy" and what in AIMS else ""
            lines.append(f"  terrella : {name}, {what}: {ratio:.2f}{aim}")
    if "HAProxy" not in result["relays"]:
        lines.append("  HAProxy: left out, it is not on this machine")
    return "\n".join(lines)


def told_distance(result: dict[str, float]) -> str:
    lines = [f"    {what:28} {value:12,.2f}" for what, value in result.items()]
    return "\n".join([*lines, "  aims: p50 error below 1 ms, p99 below 5 ms on an otherwise idle machine"])


def build(cache: Path) -> Path:
    """Both ends, compiled once."""
    program, source = cache / "rload", load.HERE / "rload.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise SystemExit("The benchmark needs a C compiler (cc) for the ends of its relays.")
        subprocess.run([compiler, "-O2", "-w", "-o", str(program), str(source)], check=True)
    return program


def _turn(program: Path, relay: Relay, seconds: float, into: dict[str, list[float]]) -> None:
    for what, (mode, connections, unit) in KINDS.items():
        before = load.cpu_s(relay.pid)
        rate, failed = (float(word) for word in _run(program, relay, mode, connections, seconds))
        used = load.cpu_s(relay.pid) - before
        if failed:
            print(f"    {relay.name}: {failed:.0f} connections failed at {what}")
        into.setdefault(what, []).append(rate * unit)
        # the ends run for half a second before they count
        per = used / (max(rate * unit, 1e-9) * (seconds + 0.5)) * 1e6
        into.setdefault(f"CPU us per {what.partition('/')[0].removesuffix('s')}", []).append(per)


def _run(program: Path, relay: Relay, mode: str, connections: int, seconds: float, *more: str) -> list[str]:
    """What the ends say of one run."""
    with _ends(program, relay, mode, connections, seconds, *more) as ends:
        said, _ = ends.communicate("go\n", timeout=seconds + 60)
    assert ends.returncode == 0, "the ends of the relay failed"
    return said.split()


@contextmanager
def _ends(
    program: Path, relay: Relay, mode: str, connections: int, seconds: float, *more: str
) -> Iterator[subprocess.Popen[str]]:
    words = [mode, ADDRESS, str(relay.port), SERVER, str(relay.server_port), str(connections), str(seconds)]
    command = load.pinned(load.CLIENT_CORE, [str(program), *words, *more])
    ends = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert ends.stdout is not None and ends.stdout.readline() == "ready\n"
        time.sleep(0.3)
        yield ends
    finally:
        if ends.poll() is None:
            ends.kill()
            ends.wait()


def _memory_mb(program: Path, relay: Relay) -> float:
    """What the relay holds with 2,000 flows open."""
    with _ends(program, relay, "f", FLOWS, 30) as ends:
        assert ends.stdin is not None and ends.stdout is not None
        ends.stdin.write("go\n")
        ends.stdin.flush()
        done, failed = ends.stdout.readline().split()
        if failed != "0" or done != str(FLOWS):
            print(f"    {relay.name}: only {done} of {FLOWS} flows, {failed} failed")
        found = load.resident_mb(relay.pid)
        ends.communicate("end\n", timeout=30)
    return found


def _ratios(table: dict[str, dict[str, float]], name: str) -> dict[str, float]:
    if "terrella" not in table:
        return {}
    return {what: table["terrella"][what] / max(table[name][what], 1e-9) for what in KINDS}


def _relays(work: Path, only: str | None) -> list[Any]:
    found = {"terrella": lambda: _terrella("terrella", []), "recv and send": _ceiling}
    if shutil.which("haproxy"):
        found["HAProxy"] = lambda: _haproxy(work)
    return [make() for name, make in found.items() if not only or any(word in name for word in only.split(","))]


@contextmanager
def _terrella(name: str, flags: list[str]) -> Iterator[Relay]:
    port, server = _free_port(), _free_port()
    command = [sys.executable, "-m", "bench.relay_edge", str(port), SERVER, str(server), *flags]
    with _process(name, command, port, server) as relay:
        yield relay


@contextmanager
def _ceiling() -> Iterator[Relay]:
    port, server = _free_port(), _free_port()
    command = [sys.executable, "-m", "bench.relay_ceiling", ADDRESS, str(port), SERVER, str(server)]
    with _process("recv and send", command, port, server) as relay:
        yield relay


@contextmanager
def _haproxy(work: Path) -> Iterator[Relay]:
    port, server = _free_port(), _free_port()
    work.mkdir(parents=True, exist_ok=True)
    settings = work / "haproxy.cfg"
    settings.write_text(HAPROXY.format(address=ADDRESS, port=port, server=SERVER, server_port=server))
    with _process("HAProxy", ["haproxy", "-db", "-f", str(settings)], port, server) as relay:
        yield relay


@contextmanager
def _process(name: str, command: list[str], port: int, server: int) -> Iterator[Relay]:
    process = subprocess.Popen(load.pinned(load.SERVER_CORE, command))
    try:
        _wait(port)
        yield Relay(name, port, server, process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((ADDRESS, port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((ADDRESS, 0))
        return int(found.getsockname()[1])
