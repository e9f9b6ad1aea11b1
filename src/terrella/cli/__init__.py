"""The command line: one file per verb. Floor 8.

Each verb is a module with `arguments(parser)` and `run(args) -> exit code`; the first line of its docstring
is its help. A verb whose name is a keyword elsewhere ends in an underscore.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..core.kinds import kinds
from ._says import Sorry


def main(words: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 refused with a sentence, 2 not understood."""
    parser = _parser()
    args = parser.parse_args(words)
    if not hasattr(args, "run"):
        parser.print_help()
        return 2
    try:
        return int(args.run(args))
    except Sorry as sorry:
        print(f"terrella: {sorry}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has enough
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="terrella",
        description="A little Earth for global services: many AWS-compatible regions on this machine.",
        epilog="`terrella VERB --help` tells more of each.",
    )
    verbs = parser.add_subparsers(metavar="VERB")
    for name, module in sorted(kinds(__package__).items()):
        doc = (module.__doc__ or "").strip()
        verb = verbs.add_parser(
            name.rstrip("_"),
            help=doc.partition("\n")[0],
            description=doc,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(verb)
        verb.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
