"""How the command line speaks: which world is meant, one sentence when it cannot, tables, colour."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..run.channel import Refused
from ..run.control import NotRunning, ask
from ..run.data_dir import DataDir, find

COLOURS = {"red": 31, "green": 32, "yellow": 33, "grey": 90, "bold": 1}


class Sorry(Exception):
    """It cannot be done; the message is the one sentence the user gets."""


def data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", metavar="DIR", help="the world's data directory (default: .terrella, found upwards)"
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def data_of(args: argparse.Namespace) -> DataDir:
    """The data directory meant by the flags and the current folder."""
    return find(Path.cwd(), args.data)


def ask_world(args: argparse.Namespace, do: str, **more: Any) -> Any:
    """What the running world answers. Raises Sorry."""
    try:
        return ask(data_of(args), do, by="cli", **more)
    except (NotRunning, Refused) as wrong:
        raise Sorry(str(wrong)) from None


def colour(name: str, text: str) -> str:
    """Coloured on a terminal, plain elsewhere."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{COLOURS[name]}m{text}\x1b[0m"


def counted(number: int, what: str) -> str:
    """`1 region`, `2 regions`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as what is in them."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in [head, *rows]]  # fmt: skip
    return "\n".join([colour("grey", lines[0]), *lines[1:]])
