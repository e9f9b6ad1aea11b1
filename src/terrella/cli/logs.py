"""print what a place, or a function, has logged

PLACE is a region, `edge`, `cities` or `supervisor`; /aws/lambda/NAME is a function, in every region that has
it or only in the one given by --region.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..run.data_dir import DataDir
from ._says import Sorry, data_of, data_option

GROUP = "/aws/lambda/"
LOOK_EVERY_S = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    parser.add_argument("place", metavar="PLACE")
    parser.add_argument("--region", help="of a function")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what is added")
    parser.add_argument("-n", "--lines", type=_count, metavar="N", help="only the last N lines of each")


def run(args: argparse.Namespace) -> int:
    data = data_of(args)
    paths = _function_logs(data, args) if args.place.startswith(GROUP) else [data.log(args.place)]
    paths = [path for path in paths if path.is_file()]
    if not paths:
        known = ", ".join(_known(data))
        there = f" There are: {known}." if known else ""
        raise Sorry(f"There is no log of {args.place} in {data.path}.{there}")
    ends = [_print(path, args.lines, len(paths) > 1) for path in paths]
    while args.follow:
        time.sleep(LOOK_EVERY_S)
        ends = [_print_new(path, end) for path, end in zip(paths, ends, strict=True)]
    return 0


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of lines")
    return int(text)


def _function_logs(data: DataDir, args: argparse.Namespace) -> list[Path]:
    name = args.place.removeprefix(GROUP)
    return sorted((data.path / "regions").glob(f"{args.region or '*'}/functions/{name}.log"))


def _known(data: DataDir) -> list[str]:
    places = sorted(path.stem for path in (data.path / "logs").glob("*.log"))
    functions = {GROUP + path.stem for path in (data.path / "regions").glob("*/functions/*.log")}
    return [*places, *sorted(functions)]


def _print(path: Path, lines: int | None, named: bool) -> int:
    """Print a log and return where it ended."""
    text = path.read_bytes()
    if named:
        print(f"==> {path.parent.parent.name}")
    shown = text.splitlines(keepends=True)
    sys.stdout.buffer.write(b"".join(shown if lines is None else shown[-lines:] if lines else []))
    sys.stdout.flush()
    return len(text)


def _print_new(path: Path, end: int) -> int:
    size = path.stat().st_size if path.exists() else 0
    if size == end:
        return end
    with path.open("rb") as file:
        file.seek(end if size > end else 0)  # a smaller file is a new one
        new = file.read()
        sys.stdout.buffer.write(new)
        sys.stdout.flush()
        return file.tell()
