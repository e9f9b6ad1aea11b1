"""Servers under measurement: ours, the ceiling, and peers from PyPI and npm, each in a folder of its own.

A peer that cannot be installed or does not start is left out with a word why.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .load import SERVER_CORE, pinned
from .signed import ACCESS_KEY, REGION, SECRET, TABLE

ROOT = Path(__file__).parent.parent


class Absent(Exception):
    """A server is not to be had here; the message says why."""


@dataclass(frozen=True)
class Candidate:
    """A server that may take part. `command` gets its port and a folder for its data, and installs what it
    needs; it raises Absent. `bare` servers know their table from birth."""

    name: str
    command: Callable[[Path, int, Path], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    bare: bool = False


@dataclass
class Running:
    """A server that answers."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid


def ours(module: str, *options: str) -> Callable[[Path, int, Path], list[str]]:
    """A server of this package. `{folder}` in an option becomes its data folder."""

    def command(cache: Path, port: int, folder: Path) -> list[str]:
        given = [option.format(folder=folder) for option in options]
        return [sys.executable, "-m", module, str(port), *given]

    return command


def moto(cache: Path, port: int, folder: Path) -> list[str]:
    python = _venv(cache, "moto", "moto[server]")
    return [str(python.with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]


def ministack(cache: Path, port: int, folder: Path) -> list[str]:
    python = _venv(cache, "ministack", "ministack")
    return ["env", f"GATEWAY_PORT={port}", "BIND_HOST=127.0.0.1", str(python.with_name("ministack"))]


def dynalite(cache: Path, port: int, folder: Path) -> list[str]:
    script = _node(cache, "dynalite", "cli.js")
    return ["node", str(script), "--host", "127.0.0.1", "--port", str(port), "--createTableMs", "0"]


def dynalite_on_disk(cache: Path, port: int, folder: Path) -> list[str]:
    return [*dynalite(cache, port, folder), "--path", str(folder / "db")]


CEILING = Candidate("ceiling, in memory", ours("bench.ceiling"), bare=True)
CEILING_LOG = Candidate("ceiling, synced log", ours("bench.ceiling", "--log", "{folder}/log"), bare=True)
TOY = Candidate("machine floor alone", ours("bench.toy", "{folder}"), bare=True)
PEERS = [
    Candidate("moto_server", moto),
    Candidate("ministack", ministack),
    Candidate("dynalite, memory", dynalite),
    Candidate("dynalite, disk", dynalite_on_disk),
]


@contextmanager
def running(candidate: Candidate, cache: Path, folder: Path, *, again: bool = False):
    """Start a server on one core, with its table, and stop it afterwards; `again`: on what it left in that
    folder. Raises Absent."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = candidate.command(cache, port, folder)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            pinned(SERVER_CORE, command), cwd=folder, env={**environment(), **candidate.environment},
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, port, folder / "output")
        if not candidate.bare and not again:
            _create_table(port)
        yield Running(candidate.name, port, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment() -> dict[str, str]:
    """Of a process that is to find this package and these benchmarks."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def client(port: int) -> Any:
    """boto3's DynamoDB client for one of these servers."""
    import boto3

    return boto3.client(
        "dynamodb", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip


def _create_table(port: int) -> None:
    dynamodb = client(port)
    names = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def _wait(process: subprocess.Popen[bytes], port: int, output: Path, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Absent(f"it ended at once: {output.read_text()[-300:].strip()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Absent(f"it did not listen within {seconds:g} s")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _venv(cache: Path, name: str, requirement: str) -> Path:
    """The interpreter of a virtual environment that has one package, made once."""
    folder = cache / "venvs" / name
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        print(f"  installing {requirement} ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install([str(python), "-m", "pip", "install", "--quiet", requirement], folder)
        ready.touch()
    return python


def _node(cache: Path, package: str, script: str) -> Path:
    if not (shutil.which("node") and shutil.which("npm")):
        raise Absent("there is no Node.js here")
    folder = cache / "node" / package
    found = folder / "node_modules" / package / script
    if not found.exists():
        print(f"  installing {package} ...", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        install(["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), package], folder)
    return found


def install(command: list[str], folder: Path) -> None:
    """Run an installer. Raises Absent with what it says."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise Absent(f"it cannot be installed: {(done.stderr or done.stdout).strip()[-200:]}")
