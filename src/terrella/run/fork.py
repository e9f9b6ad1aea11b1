"""Forking the processes of the world from the preloaded parent, so that 36 of them start in no time.

Invariant: a child holds nothing of its parent's but memory: one socket to it, its own log, no other
descriptor. It cannot outlive the parent, however that ends.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
LARGEST_LOG = 10 << 20
MOST_DESCRIPTORS = 65_536
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def fork(name: str, log: Path, main: Callable[[socket.socket], int]) -> tuple[int, socket.socket]:
    """Start a child that runs `main` with its end of a socket pair. Returns its pid and our end."""
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _be_child(name, parent, log, theirs, main)
    theirs.close()
    return pid, ours


def end_with(parent: int, number: signal.Signals) -> None:
    """Get that signal when our parent ends, however it does; Linux sees to it."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it ended before we asked to be told


def write_log_to(log: Path) -> None:
    """Send what this process prints and logs to a file."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_name(log.name + ".1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for extra in (descriptor, nothing):
        if extra > 2:
            os.close(extra)
    form = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def allow_many_descriptors() -> None:
    """Raise the soft limit on open files as far as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def name_process(name: str) -> None:
    """What `top` shows."""
    if _libc is not None:
        _libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def _be_child(
    name: str, parent: int, log: Path, line: socket.socket, main: Callable[[socket.socket], int]
) -> NoReturn:
    code = 1
    try:
        gc.freeze()  # what the parent held is never collected here: its descriptors are no longer ours
        gc.set_threshold(50_000, 20, 50)  # requests make few cycles; looking for them often costs a tenth
        end_with(parent, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent sees to it
        write_log_to(log)
        os.closerange(3, line.fileno())
        os.closerange(line.fileno() + 1, MOST_DESCRIPTORS)
        name_process(name)
        code = main(line)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
