"""show what was struck and healed, when and by whom, and when health checks noticed"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from typing import Any

from .. import faults
from ._says import Sorry, data_of, data_option, json_option


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    path = data_of(args).history
    if not path.exists():
        raise Sorry(f"There is no {path} yet.")
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise Sorry(f"{path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        try:
            print(line if args.json else _told(json.loads(line)))
        except (ValueError, TypeError, LookupError, AttributeError, faults.FaultError):
            print(f"terrella: line {number} of {path} is damaged.", file=sys.stderr)
    return 0


def _told(event: dict[str, Any]) -> str:
    when = datetime.datetime.fromtimestamp(event["time"]).isoformat(sep=" ", timespec="milliseconds")
    words = [when, event["what"]]
    if "fault" in event:
        words += [event["id"], faults.from_dict(event["fault"]).describe()]
    words += [str(event[name]) for name in ("place", "how") if name in event]
    if event["what"] == "verdict":
        words.append(f"health check {event['id']} is {'healthy' if event['healthy'] else 'unhealthy'}")
    if event["what"] == "node":
        words.append(f"the node in {event['zone']} of {event['load_balancer']} is {'up' if event['up'] else 'down'}")
    if event["what"] == "endpoint":
        words.append(f"{event['id']} in {event['region']} is {'healthy' if event['healthy'] else 'unhealthy'}")
    return "  ".join(words) + (f"  by {event['by']}" if "by" in event else "")
