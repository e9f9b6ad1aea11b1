"""What a million items cost: puts and gets beside those at a thousand, memory, disk, time to restart."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from typing import Any

from . import load
from .dynamodb import ourselves
from .peers import Running, running
from .signed import TABLE, key, request, write, write_batches

AT_ONCE = 100_000  # items per file of requests


def grow(cache: Path, work: Path, *, items: int, seconds: float, connections: int) -> dict[str, Any]:
    """Measure, fill up, wait until the server rests, measure, kill, start again.

    Each request has a key of its own, so that no cache helps, and puts go on long enough for what they leave
    to do in the background to be part of their cost.
    """
    program, candidate, folder = load.build(cache), ourselves(), work / "grown"
    result: dict[str, Any] = {"us": candidate.name, "items": items}
    with running(candidate, cache, folder) as server:

        def measured(keys: int) -> dict[str, float]:
            files = write(work / "requests", server.port, count=200_000, keys=keys)
            found = {}
            for kind, long in (("put", 20.0), ("get", seconds)):
                done = load.measure(
                    program, files[kind], server.port, server.pid, connections=connections, seconds=long
                )
                assert not done.wrong, f"{done.wrong} wrong answers"
                found |= {f"{kind}_rps": round(done.rps), f"{kind}_cpu_us": round(done.cpu_us, 1)}
                _rest(server)
            return found

        result["small"] = measured(1000)
        result["fill_per_s"] = round(_fill(program, server, work, items, connections))
        _rest(server)
        result["large"] = measured(items)
        result["memory_mb"] = round(load.resident_mb(server.pid))
    result["disk_mb"] = round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)
    began = time.monotonic()
    with running(candidate, cache, folder, again=True) as server:
        _ask(server.port, items - 1)
        result["restart_s"] = round(time.monotonic() - began, 2)
    return result


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    small, large = result["small"], result["large"]
    lines = []
    for kind in ("put", "get"):
        ratio = large[f"{kind}_cpu_us"] / small[f"{kind}_cpu_us"]
        lines.append(
            f"  {kind}: {small[f'{kind}_rps']:,}/s at 1,000 items, {large[f'{kind}_rps']:,}/s at "
            f"{result['items']:,}; CPU per request {ratio:.2f}x   aim at most 1.3"
        )
    lines.append(f"  filled with {result['fill_per_s']:,} items/s, 25 at a time")
    lines.append(f"  memory {result['memory_mb']} MB   aim below 400; disk {result['disk_mb']} MB")
    lines.append(f"  restart to first answer after kill -9: {result['restart_s']} s   aim below 3")
    return "\n".join(lines)


def _fill(program: Path, server: Running, work: Path, items: int, connections: int) -> float:
    """Put items in batches; returns items per second."""
    began = time.monotonic()
    spent_writing = 0.0
    for start in range(0, items, AT_ONCE):
        path, writing = work / "batches", time.monotonic()
        count = write_batches(path, server.port, range(start, min(start + AT_ONCE, items)))
        spent_writing += time.monotonic() - writing
        done = load.measure(
            program,
            path,
            server.port,
            server.pid,
            connections=connections,
            seconds=600,
            count=count + connections,
        )
        assert not done.wrong, f"{done.wrong} wrong answers"
        print(f"\r  {min(start + AT_ONCE, items):,} items", end="", flush=True)
    print("\r" + " " * 30 + "\r", end="")
    return items / (time.monotonic() - began - spent_writing)


def _rest(server: Running, longest_s: float = 60.0) -> None:
    """Wait until a server does nothing any more."""
    until, used = time.monotonic() + longest_s, -1.0
    while time.monotonic() < until and used != (used := load.cpu_s(server.pid)):
        time.sleep(1.0)


def _ask(port: int, number: int) -> None:
    """One GetItem that must find its item."""
    message = request("GetItem", {"TableName": TABLE, "Key": key(number)}, port)
    head, _, body = message.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse().read()
    assert b"Item" in answer, answer[:300]
    connection.close()
