"""break something: `terrella strike region-outage eu-west-1`

`terrella faults` lists the kinds. Parameters are given in order, or as name=value. The fault is in force
everywhere when the command returns.
"""

from __future__ import annotations

import argparse
import json

from ._says import ask_world, data_option, json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)
    parser.add_argument("kind", metavar="KIND")
    parser.add_argument("words", metavar="PARAMETER", nargs="*")


def run(args: argparse.Namespace) -> int:
    struck = ask_world(args, "strike", kind=args.kind, words=args.words)
    print(json.dumps(struck) if args.json else f"{struck['id']}: {struck['words']}. `terrella heal` ends it.")
    return 0
