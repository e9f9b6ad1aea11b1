"""`python -m bench`: Terrella and its peers side by side.

Figures of one machine at one moment mean little; ratios of servers measured in turn mean more. None is a
test."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

from . import dynamodb


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each server takes its turn")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured in each turn")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--only", metavar="WORDS", help="servers whose name has one of these words, by commas"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path(".terrella/bench"), help="where peers are installed"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    cache = options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    print(f"DynamoDB, {options.connections} connections, medians of {options.rounds}:", flush=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="work-") as work:
        result = dynamodb.compare(
            cache, Path(work), rounds=options.rounds, seconds=options.seconds,
            connections=options.connections, only=options.only,
        )  # fmt: skip
    print(dynamodb.told(result), flush=True)
    if options.json is not None:
        machine = {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        }
        options.json.write_text(json.dumps({"machine": machine, "dynamodb": result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
