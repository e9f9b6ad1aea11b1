"""The command line: one file per verb. Floor 8.

Each verb is a module with `arguments(parser)` and `run(args) -> exit code`; the first line of its docstring
is its help. A verb whose name is a keyword elsewhere ends in an underscore.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from ._says import Sorry


def main(words: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 refused with a sentence, 2 not understood."""
    words = sys.argv[1:] if words is None else words
    words = ["version"] if list(words) == ["--version"] else words
    try:
        args = _parser(words).parse_args(words or ["--help"])
        return int(args.run(args))
    except Sorry as sorry:
        print(f"terrella: {sorry}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has enough
        return 1
    except KeyboardInterrupt:
        return 130


def verb_names() -> list[str]:
    """Every verb, as the file it is in is called."""
    return [each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_")]


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for what was typed: other verbs need not be loaded for it."""
    parser = argparse.ArgumentParser(
        prog="terrella",
        description="A little Earth for global services: many AWS-compatible regions on this machine.",
        epilog="`terrella VERB --help` tells more of each.",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    meant = [name for name in verb_names() if words and name.rstrip("_") == words[0]]
    for name in meant or verb_names():
        _add(verbs, name.rstrip("_"), importlib.import_module(f"{__package__}.{name}"))
    return parser


def _add(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, module: ModuleType) -> None:
    doc = (module.__doc__ or "").strip()
    parser = verbs.add_parser(
        name,
        help=doc.partition("\n")[0].replace("%", "%%"),
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.arguments(parser)
    parser.set_defaults(run=module.run)
