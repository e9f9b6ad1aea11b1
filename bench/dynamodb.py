"""PutItem and GetItem: signed, over HTTP, 200-byte items, one core for the server; ours beside the peers."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from . import load
from .load import Measured
from .peers import CEILING, CEILING_LOG, PEERS, TOY, Absent, Candidate, Running, client, ours, running
from .signed import TABLE, listed, write, write_many

REGION_ON_DISK = Candidate("terrella", ours("bench.region", "{folder}"))
TARGETS = [  # what, of whom, against whom, at least
    ("put", "moto_server", 35.0),
    ("get", "moto_server", 35.0),
    ("put", "ministack", 9.0),
    ("get", "ministack", 9.0),
    ("put", "dynalite, disk", 3.0),
    ("get", "dynalite, memory", 2.0),
    ("put", "ceiling, synced log", 0.6),
    ("get", "ceiling, in memory", 0.6),
]
ONE, MANY = ("put", "get"), ("query", "transact", "batch")

Runs = dict[tuple[str, str], list[Measured]]


def candidates(only: str | None = None) -> list[Candidate]:
    """Ours, the ceiling, the peers; or those whose name contains one of the words in `only`."""
    everybody = [ourselves(), CEILING, CEILING_LOG, *PEERS]
    if TOY not in everybody and only and "floor" in only:
        everybody.insert(1, TOY)
    words = only.split(",") if only else [""]
    return [each for each in everybody if any(word in each.name for word in words)]


def ourselves() -> Candidate:
    """A region with DynamoDB, or what stands in for it where that service is not there."""
    there = importlib.util.find_spec("terrella.services.dynamodb") is not None
    return REGION_ON_DISK if there else TOY


def compare(
    cache: Path, work: Path, *, rounds: int, seconds: float, connections: int, only: str | None = None,
    kinds: tuple[str, ...] = ONE,
) -> dict[str, Any]:  # fmt: skip
    """Measure everybody in turn, A B C A B C, and return medians and ratios."""
    program = load.build(cache)
    runs: Runs = {}
    with ExitStack() as stack:
        servers: list[Running] = []
        for candidate in candidates(only):
            if candidate.bare and kinds != ONE:
                continue
            try:
                folder = work / candidate.name.replace(", ", "-").replace(" ", "-")
                servers.append(stack.enter_context(running(candidate, cache, folder)))
            except Absent as why:
                print(f"  {candidate.name}: left out, {why}")
        files = {server.name: _requests(work / "requests", server, kinds) for server in servers}
        for turn in range(rounds):
            for kind in kinds:
                for server in servers:
                    print(f"\r  round {turn + 1} of {rounds}: {kind} {server.name:30}", end="", flush=True)
                    done = load.measure(
                        program, files[server.name][kind], server.port, server.pid,
                        connections=connections, seconds=seconds,
                    )  # fmt: skip
                    runs.setdefault((server.name, kind), []).append(done)
        print("\r" + " " * 70 + "\r", end="")
        memory = {server.name: load.resident_mb(server.pid) for server in servers}
    return summary(runs, memory)


def _requests(folder: Path, server: Running, kinds: tuple[str, ...]) -> dict[str, Path]:
    """Files of requests; what queries are to find is put there first."""
    if kinds == ONE:
        return write(folder, server.port)
    items = [{"PutRequest": {"Item": listed(number)}} for number in range(100)]
    for start in range(0, 100, 25):
        client(server.port).batch_write_item(RequestItems={TABLE: items[start : start + 25]})
    return write_many(folder, server.port)


def summary(runs: Runs, memory: dict[str, float]) -> dict[str, Any]:
    """Medians per server and kind, then our ratios to each, with what is aimed at."""
    table: dict[str, Any] = {}
    for (name, kind), done in runs.items():
        table.setdefault(name, {"memory_mb": round(memory[name], 1)})[kind] = {
            "rps": round(median(each.rps for each in done), 1),
            "p50_ms": round(median(each.p50_ms for each in done), 3),
            "p99_ms": round(median(each.p99_ms for each in done), 3),
            "cpu_us": round(median(each.cpu_us for each in done), 1),
            "wrong": sum(each.wrong for each in done),
        }
    us = next((name for name in (REGION_ON_DISK.name, TOY.name) if name in table), None)
    ratios = []
    for kind in dict.fromkeys(kind for _, kind in runs):
        for name in table:
            if us is not None and name != us and table[name][kind]["rps"]:
                aim = next(
                    (at_least for what, whom, at_least in TARGETS if (what, whom) == (kind, name)), None
                )
                ratio = table[us][kind]["rps"] / table[name][kind]["rps"]
                less_cpu = table[name][kind]["cpu_us"] / max(table[us][kind]["cpu_us"], 0.1)
                found = {"kind": kind, "against": name, "ratio": round(ratio, 2), "aim": aim}
                ratios.append({**found, "cpu_ratio": round(less_cpu, 2)})
    return {"us": us, "servers": table, "ratios": ratios}


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    kinds = [kind for kind in (*ONE, *MANY) if any(kind in found for found in result["servers"].values())]
    heads = [f"{kind + '/s':>8} {'p50':>8} {'p99':>8} {'CPU':>7}" for kind in kinds]
    lines = [f"  {'':22} {'   '.join(heads)}"]
    for name, found in result["servers"].items():
        cells = [
            f"{found[kind]['rps']:8,.0f} {found[kind]['p50_ms']:6.2f}ms {found[kind]['p99_ms']:6.1f}ms"
            f" {found[kind]['cpu_us']:5.0f}us"
            for kind in kinds
        ]
        wrong = sum(found[kind]["wrong"] for kind in kinds)
        lines.append(f"  {name:22} {'   '.join(cells)}" + (f"   {wrong} wrong answers" if wrong else ""))
    lines.append("")
    for ratio in result["ratios"]:
        aim = ratio["aim"]
        verdict = (
            "" if aim is None else f"   aim {aim:g}: {'reached' if ratio['ratio'] >= aim else 'NOT reached'}"
        )
        lines.append(
            f"  {ratio['kind']} {result['us']} / {ratio['against']:22} {ratio['ratio']:7.2f}x"
            f" (by CPU time {ratio['cpu_ratio']:.2f}x){verdict}"
        )
    return "\n".join(lines)
