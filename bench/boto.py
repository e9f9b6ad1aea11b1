"""boto3 as users feel it: round trips to a region beside those to a server that answers at once."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from . import load
from .dynamodb import REGION_ON_DISK
from .peers import Candidate, client, ours, running
from .signed import TABLE, item, key

AT_ONCE = Candidate("at once", ours("bench.at_once"), bare=True)
CALLS = 300
AIM = 1.2


def compare(cache: Path, work: Path, *, rounds: int) -> dict[str, Any]:
    """Median round trips in milliseconds, one client, in turns."""
    took: dict[tuple[str, str], list[float]] = {}
    used: dict[tuple[str, str], float] = {}  # CPU seconds, the client's and the server's
    with ExitStack() as stack:
        clients, pids = {}, {}
        for candidate in (REGION_ON_DISK, AT_ONCE):
            server = stack.enter_context(running(candidate, cache, work / candidate.name.replace(" ", "-")))
            clients[candidate.name], pids[candidate.name] = client(server.port), server.pid
        for _ in range(rounds):
            for name, boto in clients.items():
                for kind in ("put", "get"):
                    before = time.process_time() + load.cpu_s(pids[name])
                    took.setdefault((name, kind), []).extend(_calls(boto, kind))
                    spent = time.process_time() + load.cpu_s(pids[name]) - before
                    used[name, kind] = used.get((name, kind), 0.0) + spent
    found: dict[str, Any] = {}
    for (name, kind), all in took.items():
        found[f"{kind}_{name.replace(' ', '_')}_ms"] = round(median(all), 3)
    for kind in ("put", "get"):
        found[f"{kind}_ratio"] = round(found[f"{kind}_terrella_ms"] / found[f"{kind}_at_once_ms"], 2)
        found[f"{kind}_cpu_ratio"] = round(used["terrella", kind] / used["at once", kind], 2)
    return found


def told(result: dict[str, Any]) -> str:
    """The result as text."""
    lines = []
    for kind in ("put", "get"):
        ratio = result[f"{kind}_ratio"]
        lines.append(
            f"  {kind}: {result[f'{kind}_terrella_ms']:.2f} ms, from a server that answers at once "
            f"{result[f'{kind}_at_once_ms']:.2f} ms: {ratio:.2f}x "
            f"(by CPU time of both ends {result[f'{kind}_cpu_ratio']:.2f}x)   aim at most {AIM:g}: "
            f"{'reached' if ratio <= AIM else 'NOT reached'}"
        )
    return "\n".join(lines)


def _calls(boto: Any, kind: str) -> list[float]:
    took = []
    for number in range(CALLS):
        began = time.perf_counter()
        if kind == "put":
            boto.put_item(TableName=TABLE, Item=item(number))
        else:
            boto.get_item(TableName=TABLE, Key=key(number))
        took.append((time.perf_counter() - began) * 1000)
    return took
