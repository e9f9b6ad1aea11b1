"""end a fault by its id, or all of them

What a fault did to a process is undone: a paused one goes on, a killed one is started again.
"""

from __future__ import annotations

import argparse
import json

from ._says import ask_world, data_option, json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)
    parser.add_argument("id", metavar="ID", nargs="?", help="as `terrella strike` printed it (default: all)")


def run(args: argparse.Namespace) -> int:
    healed = ask_world(args, "heal", strike=args.id)
    if args.json:
        print(json.dumps(healed))
    elif not healed:
        print("Nothing was broken.")
    else:
        print("\n".join(f"{each['id']} is over: {each['words']}." for each in healed))
    return 0
