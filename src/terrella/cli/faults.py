"""list the kinds of fault and their parameters"""

from __future__ import annotations

import argparse
import json

from .. import faults


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for machines")


def run(args: argparse.Namespace) -> int:
    kinds = [faults.usage(kind) for kind in faults.kind_names()]
    print(json.dumps(kinds) if args.json else "\n".join(f"  terrella strike {usage}" for usage in kinds))
    return 0
