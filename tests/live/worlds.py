"""Real worlds for tests: up by the command line, in a folder and on ports of their own, and surely down."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from terrella.cli import main

SRC = Path(__file__).parents[2] / "src"
OFFSETS = range(10_000, 22_000, 200)  # below the ports the machine hands out by itself
TAKEN = "cannot be listened on"


@dataclass
class World:
    """One world. `offset` is added to every port."""

    data: Path
    offset: int

    def cli(self, verb: str, *words: str, check: bool = True) -> str:
        """What a verb prints; with `check`, it must succeed."""
        done = here(verb, *words, "--data", str(self.data))
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout if check else done.stderr

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.cli("status", "--json"))
        return status

    def place(self, name: str) -> dict[str, Any]:
        return next(place for place in self.status()["places"] if place["name"] == name)

    def pids(self) -> list[int]:
        return self.pids_in(self.status())

    @staticmethod
    def pids_in(status: dict[str, Any]) -> list[int]:
        return [status["pid"], *(place["pid"] for place in status["places"])]

    def history(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.data / "history.jsonl").read_text().splitlines()]

    def port(self, port: int) -> int:
        return port + self.offset


def client(world: World, service: str, region: str) -> Any:
    """boto3's, through the front door, without a second try."""
    return boto3.client(
        service, region_name=region, endpoint_url=f"http://127.0.0.1:{world.port(4566)}",
        aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


def soon(holds: Callable[[], Any], within_s: float = 15.0) -> Any:
    """What it comes to, once that is something; it must be within that time."""
    until = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < until, "it did not come to be so"
        time.sleep(0.05)
    return found


def here(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line in this process: for verbs that ask a running world, and start nothing."""
    said, complained = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    with redirect_stdout(said), redirect_stderr(complained):
        code = main(words)
    out, err = (each.buffer.getvalue().decode() for each in (said, complained))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, code, out, err)


def terrella(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-m", "terrella.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=60)


@contextmanager
def world(folder: Path, *regions: str, **flags: Any) -> Iterator[World]:
    """A world with these regions, down and without a process left at the end."""
    made = start(folder / "world", *regions, **flags)
    pids = []
    try:
        yield made
    finally:
        status = here("status", "--json", "--data", str(made.data))
        if status.returncode == 0:
            pids = World.pids_in(json.loads(status.stdout))
        done = here("down", "--data", str(made.data))
        assert done.returncode == 0 or "No world is running" in done.stderr, done.stderr
        assert gone(pids), f"processes are left of {pids}"


def start(data: Path, *regions: str, **flags: Any) -> World:
    """Bring a world up on ports that are free."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
    for _ in range(10):
        offset = random.choice(OFFSETS)
        done = terrella(
            "up", "--data", str(data), "--regions", ",".join(regions), f"--port-offset={offset}", *words
        )
        if done.returncode == 0:
            return World(data, offset)
        assert TAKEN in done.stderr, done.stderr
    raise AssertionError("no free ports")


def gone(pids: list[int], within_s: float = 2.0) -> bool:
    """Have all these processes ended?"""
    until = time.monotonic() + within_s
    while any(alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    except FileNotFoundError:
        pass
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
