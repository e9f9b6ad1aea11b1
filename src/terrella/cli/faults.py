"""list the kinds of fault and their parameters"""

from __future__ import annotations

import argparse
import json

from .. import faults
from ._says import colour


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def run(args: argparse.Namespace) -> int:
    usages = {faults.usage(kind): faults.meaning(kind) for kind in faults.kind_names()}
    if args.json:
        print(json.dumps(list(usages)))
        return 0
    for usage, meaning in usages.items():
        print(f"{colour('bold', f'terrella strike {usage}')}\n    {meaning}")
    return 0
