"""Which program runs which Lambda runtime on this machine.

A function that asks for python3.12 gets python3.12 where that exists. Where it does not, it gets the Python
the world itself runs on, and is told so; other languages are refused when their interpreter is missing.
"""

from __future__ import annotations

import functools
import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import NotImplementedHere

NODE_BOOTSTRAP = Path(__file__).parent / "bootstrap" / "node.mjs"
OLDEST = (3, 10)  # what boto3 and urllib3 still support


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`zygote` is the Python to fork from; `argv` is what to run instead, with {root} for the code's folder.
    `warning` says how this differs from what was asked."""

    zygote: str
    argv: tuple[str, ...] = ()
    warning: str = ""


@functools.cache
def find(runtime: str) -> Interpreter:
    """How to run a runtime here. Raises NotImplementedHere when this machine cannot."""
    host = _host()
    if runtime.startswith("python3."):
        return _python(runtime, host)
    if runtime.startswith("nodejs"):
        node = shutil.which("node")
        if node is None:
            raise NotImplementedHere("lambda", f"runtime {runtime} (no node on this machine)")
        return Interpreter(host, (node, str(NODE_BOOTSTRAP)), _node_warning(runtime, node))
    if runtime.startswith("provided"):
        return Interpreter(host, ("{root}/bootstrap",))
    raise NotImplementedHere("lambda", f"runtime {runtime}")


def _python(runtime: str, host: str) -> Interpreter:
    version = runtime.removeprefix("python")
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return Interpreter(host)
    for candidate in _candidates(version):
        if _tuple(version) >= OLDEST and _is_program(candidate):
            return Interpreter(candidate)
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return Interpreter(host, warning=f"{runtime} is not on this machine; running on python{mine} instead.")


def _host() -> str:
    """The real interpreter behind a virtual environment: its packages are not for functions."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _candidates(version: str) -> list[str]:
    home = os.path.expanduser("~")
    patterns = (
        f"{home}/.pyenv/versions/{version}.*/bin/python{version}",
        f"{home}/.local/share/uv/python/cpython-{version}.*/bin/python{version}",
    )
    on_path = shutil.which(f"python{version}")
    found = [path for pattern in patterns for path in sorted(glob.glob(pattern))]
    return [on_path, *found] if on_path else found


def _is_program(path: str) -> bool:
    """An interpreter itself, not a script that looks for one (pyenv puts such on the path)."""
    try:
        with open(path, "rb") as file:
            return file.read(2) != b"#!" and os.access(path, os.X_OK)
    except OSError:
        return False


def _tuple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _node_warning(runtime: str, node: str) -> str:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return f"{node} does not start."
    asked, have = runtime.removeprefix("nodejs").split(".")[0], done.stdout.strip().lstrip("v").split(".")[0]
    return "" if asked == have else f"{runtime} is not on this machine; running on node {have} instead."
