"""stop the world"""

from __future__ import annotations

import argparse

from ..run.control import wait_until_stopped
from ._says import ask_world, data_of, data_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)


def run(args: argparse.Namespace) -> int:
    ask_world(args, "stop")
    wait_until_stopped(data_of(args))
    print("The world is down. What was written is kept; `terrella up` finds it again.")
    return 0
