"""tell a story of failure in a world and report what users saw

`terrella gameday lose_a_region` deploys the sample service, sends visitors, loses a region and heals it.
Live, in the world running in DATA or, when none is, in one of its own that is gone afterwards; or simulated,
which takes seconds and repeats exactly by its seed. The exit code is 0 when all expectations were met, 1 when
not, 2 when the story could not be told. A file of your own tells a story of your own: docs/gamedays.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..edge.habits import Habits
from ..world.spec import SpecError, WorldSpec
from ._described import described
from ._says import Sorry, data_of, data_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    parser.add_argument("name", metavar="NAME", nargs="?", help="a game day of --list, or a file: my_day.py")
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument("--live", action="store_true", help="in a world of real processes (the default)")
    engine.add_argument(
        "--simulated", action="store_true", help="in one process, on a clock that costs nothing"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="where chance begins (default: 0)")
    parser.add_argument("--speed", type=float, metavar="N", help="of a live world of its own (default: the story's)")
    parser.add_argument("--world", metavar="FILE", help="a description of a world, of which [resolvers] is taken")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="DIR", help="write the report as a page, DIR/NAME.html")
    parser.add_argument("--list", action="store_true", help="list the game days there are")


def run(args: argparse.Namespace) -> int:
    from ..gameday import scenario as stories
    from ..run.story_file import BadStory

    if args.list:
        for name in stories.names():
            print(f"{name}\t{stories.load(name).title}")
        return 0
    try:
        if args.name is None:
            raise Sorry(f"Which game day? There are: {', '.join(stories.names())}.")
        scenario = _read(args.name)
        _make_room(args)
        verdict = _told(args, scenario)
        _keep(args, verdict)
    except (Sorry, SpecError, stories.UnknownScenario, BadStory) as wrong:
        print(f"terrella: {wrong}", file=sys.stderr)
        return 2
    return 0 if verdict["ok"] else 1


def _read(name: str) -> Any:
    """The game day of a name or in a file. Raises UnknownScenario, BadStory."""
    from ..gameday.scenario import load
    from ..run.story_file import read_story

    return read_story(Path(name)) if name.endswith(".py") else load(name)


def _make_room(args: argparse.Namespace) -> None:
    """Find out that a report cannot be written before the story is told. Raises Sorry."""
    try:
        for folder in [*([Path(args.json).parent] if args.json else []), *([Path(args.html)] if args.html else [])]:
            folder.mkdir(parents=True, exist_ok=True)
        if args.json and Path(args.json).is_dir():
            raise Sorry(f"The report cannot be written: {args.json} is a folder; --json wants a file.")
    except OSError as error:
        raise Sorry(f"The report cannot be written: {error}.") from None


def _told(args: argparse.Namespace, scenario: Any) -> dict[str, Any]:
    """The verdict. Raises Sorry, SpecError."""
    from ..run.gameday import GameDayFailed, is_running, simulate
    from ._watching import Watching

    if scenario.build is None and (args.simulated or not is_running(data_of(args))):
        raise Sorry("This game day deploys nothing. Start a world, deploy your service and tell it there, live.")
    watching = Watching()
    try:
        if args.simulated:
            if args.speed is not None:
                raise Sorry("--speed is for live worlds; a simulated one is as fast as it can be.")
            return simulate(scenario, args.seed or 0, watching.hear, _resolvers(args))
        return _live(args, scenario, watching)
    except GameDayFailed as wrong:
        raise Sorry(str(wrong)) from None
    except KeyboardInterrupt:
        watching.hear("interrupted; everything that was started for this story has been stopped")
        raise
    finally:
        watching.clear()


def _live(args: argparse.Namespace, scenario: Any, watching: Any) -> dict[str, Any]:
    from ..run.gameday import is_running, own_world, play

    data = data_of(args)
    if is_running(data):
        if args.speed is not None or args.seed is not None or args.world:
            raise Sorry(
                f"The world in {data.path} has its speed, seed and resolvers already; leave --speed, --seed and "
                "--world out."
            )
        return play(data, scenario, watching.hear, watching.watch)
    speed = scenario.speed if args.speed is None else args.speed
    spec = WorldSpec(resolvers=_resolvers(args)).changed(regions=list(scenario.regions), speed=speed, seed=args.seed)
    with own_world(data.path if args.data else None, spec, watching.hear) as own:
        return play(own, scenario, watching.hear, watching.watch)


def _resolvers(args: argparse.Namespace) -> Habits:
    """What people's resolvers are like. Raises Sorry."""
    return described(Path(args.world)).resolvers if args.world else Habits()


def _keep(args: argparse.Namespace, verdict: dict[str, Any]) -> None:
    """Print the report, and write it where that was asked for. Raises Sorry."""
    from ..gameday import report

    print()
    print(report.text(verdict, coloured=sys.stdout.isatty()))
    try:
        if args.json:
            _write(Path(args.json), report.document(verdict))
        if args.html:
            _write(Path(args.html) / f"{verdict['scenario']}.html", report.html(verdict))
    except OSError as error:
        raise Sorry(f"The report cannot be written: {error}.") from None


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    print(f"The report: {path.absolute()}")
