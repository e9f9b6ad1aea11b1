"""print the version"""

from __future__ import annotations

import argparse
import platform
from importlib import metadata


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to say."""


def run(args: argparse.Namespace) -> int:
    try:
        version = metadata.version("terrella")
    except metadata.PackageNotFoundError:
        version = "from a source tree"
    print(f"terrella {version}, Python {platform.python_version()}, botocore {metadata.version('botocore')}")
    return 0
