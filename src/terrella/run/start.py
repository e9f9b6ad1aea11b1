"""Bringing a world up: preload what its processes share, then supervise; here or as a process of its own.

Invariant: the supervisor has one thread when it forks.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ..world.spec import WorldSpec
from .data_dir import DataDir
from .disk.errors import DiskError, explained
from .fork import allow_many_descriptors, end_with, name_process, write_log_to

Progress = Callable[[dict[str, Any]], None]


def run_here(data: DataDir, spec: WorldSpec, progress: Progress) -> int:
    """Be the supervisor of a world until it stops. `progress` hears {"ready": n, "of": m, "place": name},
    then {"up": summary} or {"failed": sentence}. Returns the exit code."""
    try:
        data.make()
        lock = data.lock()
        if lock is None:
            progress({"failed": already_running(data)})
            return 1
        with lock:
            return _supervise(data, spec, progress)
    except DiskError as wrong:
        progress({"failed": str(wrong)})
    except OSError as error:
        progress({"failed": str(explained(error, data.path))})
    return 1


def run_apart(data: DataDir, spec: WorldSpec, outlives_us: bool = True) -> Iterator[dict[str, Any]]:
    """Start the supervisor as a process of its own and yield its progress. When this ends without an "up",
    that process has ended too. Raises DiskError."""
    data.make()
    parent = os.getpid()
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        if not outlives_us:
            end_with(parent, signal.SIGTERM)
        _be_supervisor(data, spec, writing)
    os.close(writing)
    up = False
    try:
        with os.fdopen(reading, "rb") as lines:
            for line in lines:
                event = json.loads(line)
                up = up or "up" in event
                yield event
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
        raise
    finally:
        if not up:
            os.waitpid(pid, 0)


def already_running(data: DataDir) -> str:
    return f"A world is already running in {data.path}. `terrella status` shows it, `terrella down` stops it."


def _supervise(data: DataDir, spec: WorldSpec, progress: Progress) -> int:
    # Imported here, not above: this takes longer than all else the command line does.
    from .found import found_services
    from .process import Job
    from .supervisor import Supervisor
    from .tls import Authority

    allow_many_descriptors()
    progress = _undone_on_failure(data, progress)
    data.write_spec(spec)
    authority = Authority.at(data.ca)
    job = Job("", spec, data, authority, tuple(found_services()))
    gc.collect()
    gc.freeze()  # shared pages stay shared when children collect their garbage
    assert threading.active_count() == 1, "a process with threads must not fork"

    _watch_children_without_threads()

    async def main() -> int:
        return await Supervisor(job, progress).run()

    return asyncio.run(main())


def _undone_on_failure(data: DataDir, progress: Progress) -> Progress:
    """What a world that did not start was to be like must not be what the next one is like."""
    former = data.read_spec()

    def hear(event: dict[str, Any]) -> None:
        if "failed" in event:
            data.forget_spec() if former is None else data.write_spec(former)
        progress(event)

    return hear


def _watch_children_without_threads() -> None:
    """Newer Pythons do so by themselves."""
    if sys.version_info < (3, 12) and hasattr(os, "pidfd_open"):
        asyncio.set_child_watcher(asyncio.PidfdChildWatcher())


def _be_supervisor(data: DataDir, spec: WorldSpec, writing: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        write_log_to(data.log("supervisor"))
        name_process("terrella")

        def progress(event: dict[str, Any]) -> None:
            nonlocal writing
            if writing >= 0:
                os.write(writing, json.dumps(event).encode() + b"\n")
                if "up" in event or "failed" in event:
                    os.close(writing)
                    writing = -1

        code = run_here(data, spec, progress)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
