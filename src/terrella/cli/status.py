"""show the world's places, the faults in force, and what is owed between regions"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from ._says import ask_world, colour, counted, data_option, json_option, table

SHADE = {"up": "green", "paused": "yellow", "dead": "red"}


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    status = ask_world(args, "status")
    if args.json:
        print(json.dumps(status, indent=2))
        return 0
    spec = status["spec"]
    since = f"up for {_ago(status['began'])}"
    print(f"{counted(len(spec['regions']), 'region')}, speed {spec['speed']:g}, {since}; {status['data']}\n")
    print(table(["PLACE", "STATE", "PID", "ADDRESS", "CHANGES", "REPLICATION"], _rows(status["places"])))
    if status["faults"]:
        print("\nIn force:")
    for fault in status["faults"]:
        print(f"  {fault['id']}  {fault['words']}, for {_ago(fault['since'])}")
    dead = [place["name"] for place in status["places"] if place["state"] == "dead"]
    for name in dead:
        print(f"\n{name} is dead; `terrella revive {name}` brings it back.")
    return 0


def _rows(places: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            place["name"],
            _state(place),
            str(place["pid"]) if place["state"] != "dead" else "-",
            place.get("address", "127.0.0.1"),
            str(place.get("changes", "-")),
            _replication(place.get("links")),
        ]
        for place in places
    ]


def _state(place: dict[str, Any]) -> str:
    why = f" ({place['why']})" if place.get("why") else ""
    return colour(SHADE.get(place["state"], "yellow"), place["state"] + why)


def _replication(links: dict[str, Any] | None) -> str:
    if not links:
        return ""
    words = [
        f"owes {peer} {link['owed']} ({link['oldest_s']:.1f} s)"
        for peer, link in links["out"].items()
        if link["owed"]
    ]
    words += [
        f"from {source} {lag['lag_p50_ms']:.0f} ms" for source, lag in links["in"].items() if lag["changes"]
    ]
    return ", ".join(words)


def _ago(when: float) -> str:
    seconds = max(0, int(time.time() - when))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return (
        f"{hours} h {minutes} min"
        if hours
        else f"{minutes} min {seconds % 60} s"
        if minutes
        else f"{seconds} s"
    )
