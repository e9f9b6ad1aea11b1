"""what availability many nines come to: `terrella availability 99% x 2`

Parts in a row are joined by `then` (or `*`), parts side by side by `or`; `x N` is N of them side by side.
To a shell `*` and brackets are more than words: quote them.
"""

from __future__ import annotations

import argparse
import json

from ..core.availability import AvailabilityError, report, text
from ._says import Sorry, json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    json_option(parser)
    parser.add_argument("expression", metavar="EXPRESSION", nargs="+")


def run(args: argparse.Namespace) -> int:
    try:
        found = report(" ".join(args.expression))
    except AvailabilityError as wrong:
        raise Sorry(f"{wrong}.") from None
    if args.json:
        print(json.dumps(found))
        return 0
    print(text(found))
    return 0
