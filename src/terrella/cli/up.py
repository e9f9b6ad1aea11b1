"""start a world

Without --regions the whole planet comes up; us-east-1 is part of every world, because Route 53 and other
global services have their control planes there. A world started before in the same directory is found
again, with everything in it. --world names a file that describes the world; `world.toml` here is taken by
itself. Flags override the file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..region.homes import GLOBAL_HOME
from ..run.data_dir import DataDir
from ..run.disk.errors import DiskError
from ..world.spec import SpecError, WorldSpec
from ._described import described
from ._says import Sorry, colour, data_of, data_option

MOST_NAMED = 6


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    parser.add_argument("--regions", metavar="A,B", help="region names separated by commas, or `all`")
    parser.add_argument("--speed", type=float, metavar="N", help="divide the durations the world owns")
    parser.add_argument("--seed", type=int, metavar="N", help="where the world's chance begins")
    parser.add_argument(
        "--port-offset", type=int, metavar="N", help="added to every port, for several worlds"
    )
    parser.add_argument("--world", metavar="FILE", help="a description of the world (default: world.toml)")
    parser.add_argument("--foreground", action="store_true", help="stay here until interrupted")


def run(args: argparse.Namespace) -> int:
    data = data_of(args)
    try:
        spec = _spec(args, data)
        from ..run.start import run_apart, run_here

        if args.foreground:
            return run_here(data, spec, Telling(data, spec, foreground=True).hear)
        telling = Telling(data, spec)
        for event in run_apart(data, spec):
            telling.hear(event)
        if telling.code is None:
            raise Sorry(f"The world did not start; {data.log('supervisor')} says more.")
        return telling.code
    except (DiskError, SpecError) as wrong:
        raise Sorry(str(wrong)) from None


def _spec(args: argparse.Namespace, data: DataDir) -> WorldSpec:
    path = Path(args.world or "world.toml")
    if args.world and not path.is_file():
        raise Sorry(f"There is no file {path}.")
    base = described(path) if path.is_file() else data.read_spec() or WorldSpec()
    return base.changed(regions=args.regions, speed=args.speed, seed=args.seed, port_offset=args.port_offset)


def _named(regions: Sequence[str]) -> str:
    """A few by their names, many by their number."""
    return ", ".join(regions) if len(regions) <= MOST_NAMED else f"{len(regions)} regions"


class Telling:
    """Progress, for people."""

    def __init__(self, data: DataDir, spec: WorldSpec, foreground: bool = False) -> None:
        self._data, self._spec, self._foreground = data, spec, foreground
        self.code: int | None = None

    def hear(self, event: dict[str, Any]) -> None:
        if "ready" in event:
            if sys.stdout.isatty():
                print(f"\r\x1b[K{event['ready']} of {event['of']} up: {event['place']}", end="", flush=True)
        elif "failed" in event:
            self._clear()
            print(f"terrella: {event['failed']}", file=sys.stderr)
            self.code = 1
        else:
            self._clear()
            self._next_steps()
            self.code = 0

    def _clear(self) -> None:
        if sys.stdout.isatty():
            print("\r\x1b[K", end="")

    def _next_steps(self) -> None:
        spec, ports = self._spec, self._spec.ports
        data = "" if self._data.path == Path.cwd() / ".terrella" else f" --data {self._data.path}"
        speed = "" if spec.speed == 1 else f", {spec.speed:g} times as fast"
        up = colour("green", "A world is up")
        print(f"{up}: {_named(spec.regions)}{speed}; its data: {self._data.path}")
        elsewhere = [name for name in spec.regions if name != GLOBAL_HOME]
        region = next(name for name in ("eu-west-1", *elsewhere, GLOBAL_HOME) if name in spec.regions)
        print(f"""
  aws --endpoint-url http://127.0.0.1:{ports.api} --region {region} dynamodb list-tables
  eval "$(terrella at tokyo{data})"        stand in Tokyo
  dig @127.0.0.1 -p {ports.dns} NAME         ask the world's DNS
  terrella strike region-outage {region}{data}
  terrella status{data}
  terrella down{data}""")
        if self._foreground:
            print("\nInterrupt (Ctrl-C) to stop it.", flush=True)
