"""`python -m bench`: Terrella and its peers side by side.

Figures of one machine at one moment mean little; ratios of servers measured in turn mean more. None is a
test."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import boto, dns, dynamodb, functions, growth, javascript, planet, relay, replication, soak, story


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suites", nargs="*", default=["dynamodb"], help=f"of: {', '.join(SUITES)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server takes its turn")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured in each turn")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", metavar="WORDS", help="servers whose name has one of these words")
    parser.add_argument("--kills", type=int, default=1000, help="how often the soak kills")
    parser.add_argument("--cache", type=Path, default=Path(".terrella/bench"), help="where peers are kept")
    parser.add_argument("--fuzz", type=int, metavar="N", help="dns: N damaged questions in place of the figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"there is no suite {unknown[0]}; there are: {', '.join(SUITES)}")
    cache = options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in options.suites:
        with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as work:
            results[name] = SUITES[name](options, cache, Path(work))
    if options.json is not None:
        cores, python = os.cpu_count(), platform.python_version()
        machine = {"cores": cores, "system": platform.platform(), "python": python}
        options.json.write_text(json.dumps({"machine": machine, **results}, indent=2) + "\n")


def _dynamodb(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(f"DynamoDB, {options.connections} connections, medians of {options.rounds}:", flush=True)
    result = dynamodb.compare(
        cache, work, rounds=options.rounds, seconds=options.seconds,
        connections=options.connections, only=options.only,
    )  # fmt: skip
    print(dynamodb.told(result), flush=True)
    return result


def _many(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(
        "DynamoDB, Query of 100 items, TransactWriteItems of 10, BatchWriteItem of 25, "
        f"{options.connections} connections, medians of {options.rounds}:",
        flush=True,
    )
    result = dynamodb.compare(
        cache, work, rounds=options.rounds, seconds=options.seconds,
        connections=options.connections, only=options.only, kinds=dynamodb.MANY,
    )  # fmt: skip
    print(dynamodb.told(result), flush=True)
    return result


def _boto(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(f"boto3, one client, medians of {options.rounds}:", flush=True)
    result = boto.compare(cache, work, rounds=options.rounds)
    print(boto.told(result), flush=True)
    return result


def _relay(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(f"A TCP relay on one core, medians of {options.rounds}:", flush=True)
    result = relay.compare(cache, work, options.rounds, options.seconds, options.only)
    print(relay.told(result), flush=True)
    return result


def _distance(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(f"Injected distance, {relay.RATE:,} messages a second:", flush=True)
    result = relay.distance(cache, max(options.seconds, 5.0))
    print(relay.told_distance(result), flush=True)
    return result


def _replication(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print("Replication between two regions:", flush=True)
    result = replication.measure(work, options.seconds)
    print(replication.told(result), flush=True)
    return result


def _dns(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    if options.fuzz:
        print(f"DNS, {options.fuzz:,} damaged questions:", flush=True)
        found = dns.fuzz(options.fuzz)
        print(f"  nothing escaped: {', '.join(f'{count:,} {what}' for what, count in found.items())}", flush=True)
        return dict(found)
    print(f"DNS, answers by client subnet and health, medians of {options.rounds}:", flush=True)
    result = dns.compare(cache, work, rounds=options.rounds, seconds=options.seconds, only=options.only)
    print(dns.told(result), flush=True)
    return result


def _story(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print("A region lost and healed, simulated:", flush=True)
    result = story.measure(options.rounds)
    print(story.told(result), flush=True)
    return result


def _growth(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print("A million items:", flush=True)
    result = growth.grow(
        cache, work, items=1_000_000, seconds=options.seconds, connections=options.connections
    )
    print(growth.told(result), flush=True)
    return result


def _planet(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print("The whole planet:", flush=True)
    result = planet.measure(work)
    print(planet.told(result), flush=True)
    return result


def _functions(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print(f"Functions, medians of {options.rounds}:", flush=True)
    result = functions.compare(
        cache, work, rounds=options.rounds, seconds=options.seconds, only=options.only
    )
    print(functions.told(result), flush=True)
    return result


def _javascript(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    print("AWS SDK for JavaScript v3:", flush=True)
    result = javascript.check(cache, work)
    print(javascript.told(result), flush=True)
    return result


def _soak(options: argparse.Namespace, cache: Path, work: Path) -> dict[str, Any]:
    def tell(tally: soak.Tally) -> None:
        print(f"\r  {tally.kills} kills, {tally.acknowledged} acknowledged writes", end="", flush=True)

    print("kill -9 under load:", flush=True)
    result = soak.measure(work, options.kills, tell)
    print("\r" + " " * 60 + "\r" + soak.told(result), flush=True)
    return result


SUITES: dict[str, Callable[[argparse.Namespace, Path, Path], dict[str, Any]]] = {
    "boto3": _boto,
    "distance": _distance,
    "dns": _dns,
    "dynamodb": _dynamodb,
    "functions": _functions,
    "growth": _growth,
    "javascript": _javascript,
    "many": _many,
    "planet": _planet,
    "relay": _relay,
    "replication": _replication,
    "soak": _soak,
    "story": _story,
}

if __name__ == "__main__":
    main()
