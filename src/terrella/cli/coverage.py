"""list what works and what is refused, service by service

Prints the page docs/coverage.md, or writes it where told to.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..run.coverage import owned, page
from ._says import Sorry


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write", metavar="FILE", type=Path, help="write the page to a file instead of printing it"
    )


def run(args: argparse.Namespace) -> int:
    text = page(owned())
    if args.write:
        try:
            args.write.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Sorry(f"{args.write} cannot be written: {error.strerror}.") from None
    else:
        print(text)
    return 0
