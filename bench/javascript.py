"""AWS SDK for JavaScript v3 against a world of two regions: does it find what it would find in AWS?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .peers import Absent, environment, free_port, install

PACKAGES = ("@aws-sdk/client-dynamodb", "@aws-sdk/client-dynamodb-streams", "@aws-sdk/lib-dynamodb")
SCRIPT = Path(__file__).with_suffix(".mjs")
DOOR = 4566


def check(cache: Path, work: Path) -> dict[str, Any]:
    """How many calls were made, or why none; AssertionError with what differs."""
    try:
        folder = _with_sdk(cache)
    except Absent as why:
        return {"left out": str(why)}
    data, offset = work / "world", free_port() % 10_000 // 200 * 200 + 10_000
    _terrella("up", "--data", data, "--regions", "eu-west-1,ap-northeast-1", "--speed", 20, "--port-offset", offset)
    try:
        done = subprocess.run(
            ["node", folder / SCRIPT.name, f"http://127.0.0.1:{DOOR + offset}"], capture_output=True, text=True
        )
    finally:
        _terrella("down", "--data", data)
    assert done.returncode == 0, done.stderr
    return {"calls": int(done.stdout)}


def told(result: dict[str, Any]) -> str:
    if "left out" in result:
        return f"  left out, {result['left out']}"
    return f"  {result['calls']} calls, each answered as AWS would"


def _with_sdk(cache: Path) -> Path:
    """A folder with the SDK, fetched once, and the script beside it, where it finds the SDK. Raises Absent."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Absent("there is no Node.js here")
    folder = cache / "node" / "aws-sdk"
    if not all((folder / "node_modules" / each).exists() for each in PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        install(["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), *PACKAGES], folder)
    shutil.copy(SCRIPT, folder)
    return folder


def _terrella(*words: object) -> None:
    command = [sys.executable, "-m", "terrella.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
