"""DNS: questions a second on one core when the answer hangs on client subnet and health, beside other servers.

Every server is asked the same: one of some names, for the /24 of one of the cities. Ours is the very server of a
world. `fuzz` throws damaged questions at it in process, as many as one has patience for.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from terrella.net.network import Network
from terrella.wire import dns

from . import dns_peers, load
from .dns_server import REGIONS, ZONE, edge, nearest, regional, take
from .peers import ROOT, Absent, free_port

FEW, MANY = 10, 2_500  # names; four record sets each
QUESTIONS = 20_000
AIMS = {"pdns, geoip": 1.2, "gdnsd": 0.6, "dnspython": 15.0}
Command = Callable[[Path, int, Path, int], tuple[list[str], dict[str, str] | None]]


def compare(cache: Path, work: Path, *, rounds: int, seconds: float, only: str | None) -> dict[str, Any]:
    """Every server that can be had, in turns."""
    program = build(cache)
    few, many = (questions(work / f"questions-{names}", names) for names in (FEW, MANY))
    found: dict[str, list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        running: dict[str, tuple[int, int]] = {}
        for name, command in SERVERS.items():
            if only and not any(word in name for word in only.split()):
                continue
            try:
                folder = work / name.replace(", ", "-")
                folder.mkdir()
                running[name] = stack.enter_context(_running(command, cache, folder, FEW))
                _measured(program, few, *running[name], 1.0)  # whoever remembers may begin to
            except Absent as why:
                print(f"  {name}: left out, {why}", flush=True)
        for _ in range(rounds):
            for name, (port, pid) in running.items():
                found.setdefault(name, []).append(_measured(program, few, port, pid, seconds))
        table = {name: _medians(runs) for name, runs in found.items()}
        if "terrella" in running:
            port, pid = running["terrella"]
            half = _measured(program, few, port, pid, seconds, rate=table["terrella"]["qps"] / 2)
            table["terrella"]["at_half_load"] = half
    larger = {}
    if "terrella" in table:
        with _running(SERVERS["terrella"], cache, work, MANY) as (port, pid):
            larger = _medians([_measured(program, many, port, pid, seconds) for _ in range(rounds)])
    return {"servers": table, "ratios": _ratios(table), "ten_thousand": larger, **sizes(), **to_the_edge()}


def sizes() -> dict[str, Any]:
    """CPU time to work out an answer that is not remembered, in a zone of 40 and of 10,000 record sets."""
    costs = {}
    for names in (FEW, MANY):
        answers = edge(names)
        asked = list(_questions(names, 5_000))
        turns = []
        for _ in range(5):
            began = time.process_time()
            for message in asked:
                answers.server.told(message, "127.0.0.1", False)
            turns.append((time.process_time() - began) / len(asked) * 1e6)
        costs[names] = min(turns)
    return {"worked_out_us": {str(4 * n): round(us, 1) for n, us in costs.items()}, "size_ratio": round(
        costs[MANY] / costs[FEW], 2)}  # fmt: skip


def to_the_edge() -> dict[str, Any]:
    """From a change that has arrived at the edge to the first answer that shows it, in a zone of 10,000."""
    answers = edge(MANY)
    took = []
    for turn in range(50):
        number = turn % MANY
        message = dns.write_query(1, f"h{number}.{ZONE}", 1)
        answers.reply(message, "127.0.0.1", False)
        changed = regional(number, REGIONS[0]) | {"ResourceRecords": [{"Value": f"198.51.100.{turn}"}]}
        began = time.perf_counter()
        take(answers, "records_changed", zone="Z1", changes=[{"Action": "UPSERT", "ResourceRecordSet": changed}])
        said = answers.reply(message, "127.0.0.1", False)
        took.append((time.perf_counter() - began) * 1000)
        assert said is not None and bytes((198, 51, 100, turn)) in said, "the change does not show"
    one_way_ms = Network().round_trip_ms(REGIONS[0], "edge") / 2
    return {"change_shows_ms": round(median(took), 3), "network_ms": round(one_way_ms, 1)}


def fuzz(count: int, seed: int = 1) -> dict[str, int]:
    """So many damaged questions; what became of them. Raises whatever escapes."""
    rng, answers = random.Random(seed), edge(FEW)
    sound = [*_questions(FEW, 200), *(dns.write_query(1, f"{n}.{ZONE}", t) for n in ("no", "h1") for t in (1, 28, 255))]
    told = {"answered": 0, "refused": 0, "silent": 0}
    for done in range(1, count + 1):
        message = damaged(rng.choice(sound), rng)
        reply = answers.reply(message, "198.18.1.7", done & 1 == 0)
        if reply is None:
            assert len(message) < 12 or message[2] & 0x80, f"silence to {message.hex()}"
            told["silent"] += 1
        else:
            assert reply[:2] == message[:2] and reply[2] & 0x80, f"{reply.hex()} to {message.hex()}"
            told["refused" if reply[3] & 15 not in (0, 3) else "answered"] += 1
        if done % 250_000 == 0:
            print(f"  {done:,}", flush=True)
    return told


def damaged(message: bytes, rng: random.Random) -> bytes:
    """A question with some bytes wrong, missing, doubled, or more of them."""
    wounded = bytearray(message)
    for _ in range(rng.randrange(1, 6)):
        at, kind = rng.randrange(len(wounded) + 1), rng.randrange(6)
        if kind < 3 and at < len(wounded):
            wounded[at] = rng.choice((0, 1, 0x3F, 0x40, 0xC0, 0xFF, rng.randrange(256)))
        elif kind == 3:
            wounded[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 4:
            del wounded[at : at + rng.randrange(1, 9)]
        elif rng.random() < 0.2:
            del wounded[at:]
    return bytes(wounded)


def questions(path: Path, names: int) -> Path:
    """A file of questions for the load generator."""
    path.write_bytes(b"".join(len(m).to_bytes(2, "big") + m for m in _questions(names, QUESTIONS)))
    return path


def _questions(names: int, count: int) -> Iterator[bytes]:
    rng, cities = random.Random(2), list(nearest())
    for _ in range(count):
        edns = dns.Edns(1232, subnet=dns.Subnet(1, 24, 0, rng.choice(cities)))
        yield dns.write_query(rng.randrange(65536), f"h{rng.randrange(names)}.{ZONE}", 1, edns=edns)


def build(cache: Path) -> Path:
    """The load generator, compiled once. Raises SystemExit without a compiler."""
    program, source = cache / "dnsload", Path(__file__).with_name("dnsload.c")
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise SystemExit("The benchmark needs a C compiler (cc) for its load generator.")
        subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program


def _ours(which: str) -> Command:
    def command(cache: Path, port: int, work: Path, names: int) -> tuple[list[str], None]:
        return [sys.executable, "-m", "bench.dns_server", which, str(port), str(names)], None

    return command


SERVERS: dict[str, Command] = {
    "terrella": _ours("terrella"), "gdnsd": dns_peers.gdnsd, "pdns, geoip": dns_peers.pdns,
    "dnspython": _ours("dnspython"),
}  # fmt: skip


@contextmanager
def _running(command: Command, cache: Path, work: Path, names: int) -> Iterator[tuple[int, int]]:
    """(port, process id) of a server that answers. Raises Absent."""
    port = free_port()
    words, environment = command(cache, port, work, names)
    process = subprocess.Popen(
        load.pinned(load.SERVER_CORE, words), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _wait_until_it_answers(port, process)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    import socket

    question = next(_questions(FEW, 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("127.0.0.1", port))
        line.settimeout(0.3)
        for _ in range(100):
            try:
                line.send(question)
                said = dns.read_message(line.recv(4096))
                if said.answers:
                    return
                raise Absent(f"it answers otherwise: code {said.rcode}, {len(said.answers)} records")
            except OSError:
                if process.poll() is not None:
                    assert process.stderr is not None
                    words = process.stderr.read().decode(errors="replace").strip().splitlines()
                    raise Absent(f"it does not start: {(words or ['no reason'])[-1]}") from None
                time.sleep(0.1)
    raise Absent("it does not answer")


def _measured(
    program: Path, file: Path, port: int, pid: int, seconds: float, rate: float = 0
) -> dict[str, Any]:
    command = [str(program), "-p", str(port), "-d", str(seconds), "-q", "64", "-r", str(rate), "-f", str(file)]
    before = load.cpu_s(pid)
    done = subprocess.run(load.pinned(load.CLIENT_CORE, command), capture_output=True, text=True, check=True)
    used, said = load.cpu_s(pid) - before, json.loads(done.stdout)
    return {
        "qps": round(said["n"] / said["secs"]), "p50_us": said["p50us"], "p99_us": said["p99us"],
        "cpu_us": round(used / max(said["sent"], 1) * 1e6, 2), "lost": said["lost"], "wrong": said["wrong"],
    }  # fmt: skip


def _medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    found = {key: median(each[key] for each in runs) for key in ("qps", "p50_us", "p99_us", "cpu_us")}
    return {**found, **{key: sum(each[key] for each in runs) for key in ("lost", "wrong")}}


def _ratios(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    us = table.get("terrella")
    return {
        name: {
            "ratio": round(us["qps"] / max(each["qps"], 1), 2),
            "by_cpu": round(each["cpu_us"] / max(us["cpu_us"], 0.01), 2),
            "aim": AIMS[name],
        }
        for name, each in table.items()
        if us is not None and name in AIMS
    }


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = [f"  {'':14} {'questions/s':>12} {'p50':>8} {'p99':>8} {'CPU':>8}"]
    rows = [*result["servers"].items()]
    if result["ten_thousand"]:
        rows.insert(1, ("... of 10,000", result["ten_thousand"]))
    for name, each in rows:
        more = "".join(f"   {each[what]} {what}" for what in ("lost", "wrong") if each[what])
        times = f"{each['p50_us']:6.0f}us {each['p99_us']:6.0f}us {each['cpu_us']:6.1f}us"
        lines.append(f"  {name:14} {each['qps']:12,.0f} {times}{more}")
    half = result["servers"].get("terrella", {}).get("at_half_load")
    if half:
        lines.append(f"\n  at half load: p50 {half['p50_us']:.0f} us, p99 {half['p99_us']:.0f} us (aim: below 1,000)")
    for name, each in result["ratios"].items():
        reached = "reached" if each["ratio"] >= each["aim"] else "NOT reached"
        found = f"{each['ratio']:7.2f}x (by CPU time {each['by_cpu']:.2f}x)"
        lines.append(f"  terrella / {name:12} {found}   aim {each['aim']:g}: {reached}")
    small, large = result["worked_out_us"].values()
    lines += [
        f"  an answer not remembered: {small} us of CPU in a zone of 40 record sets, {large} us in one of 10,000: "
        f"{result['size_ratio']}x (aim: 1.2)",
        f"  a change that has arrived shows after {result['change_shows_ms']} ms (aim: 100); the network takes "
        f"{result['network_ms']} ms from us-east-1",
    ]
    return "\n".join(lines)
