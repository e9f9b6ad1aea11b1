"""start a place's process again after it died"""

from __future__ import annotations

import argparse

from ._says import ask_world, data_option


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="REGION", help="a region, or `edge`, or `cities`")
    data_option(parser)


def run(args: argparse.Namespace) -> int:
    revived = ask_world(args, "revive", name=args.place)
    print(
        f"{revived['place']} is up again, as process {revived['pid']}, with everything it had acknowledged."
    )
    return 0
