"""stop the world"""

from __future__ import annotations

import argparse

from ..run.channel import Refused
from ..run.control import NotRunning, stop
from ._says import Sorry, data_of, data_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)


def run(args: argparse.Namespace) -> int:
    try:
        stop(data_of(args))
    except (NotRunning, Refused) as wrong:
        raise Sorry(str(wrong)) from None
    print("The world is down. What was written is kept; `terrella up` finds it again.")
    return 0
