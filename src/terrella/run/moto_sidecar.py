"""The process that holds the borrowed services: moto, one for the whole world, on a Unix socket.

Started by `run.borrowed.Sidecar` when a region first asks. One thread answers, for moto's backends have few
locks; one thread per region reads. Requests that come together share one write to
disk, and no reply leaves before it.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from . import moto_frames as frames

BATCH = 64
_PR_SET_PDEATHSIG = 1
# What one service's operations do to the state of others.
REACHES: dict[str, tuple[str, ...]] = {
    "sns": ("sqs",),
    "autoscaling": ("ec2",),
    "ecs": ("ec2",),
    "events": ("sqs", "logs"),
    "s3": ("sqs", "sns"),
    "logs": ("kinesis", "firehose"),
    "firehose": ("s3",),
    "stepfunctions": ("sqs", "sns"),
    "sts": ("iam",),
    "scheduler": ("sqs", "events"),
    "ses": ("sesv2",),
    "sesv2": ("ses",),
}
Asked = tuple[socket.socket, threading.Lock, dict[str, Any]]


def main(listener_fd: int, folder: Path, parent: int) -> None:
    """Serve until the world ends."""
    _die_with(parent)
    inbox: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    listener = socket.socket(fileno=listener_fd)
    listener.setblocking(True)
    threading.Thread(target=_accept, args=(listener, inbox), daemon=True).start()
    try:
        engine: _Engine | _NoEngine = _Engine(folder)
    except ImportError as error:
        engine = _NoEngine(error)
    while True:
        batch = [inbox.get()]
        while len(batch) < BATCH and not inbox.empty():
            batch.append(inbox.get())
        replies = engine.answer([asked for _, _, asked in batch])
        for (connection, lock, asked), reply in zip(batch, replies, strict=True):
            _send(connection, lock, {"id": asked["id"], **reply})


class _Engine:
    """moto and its snapshots."""

    def __init__(self, folder: Path) -> None:
        from . import moto_dispatch, moto_snapshots  # here, so that a missing moto is an answer

        self.moto, self.unreadable = moto_dispatch, moto_snapshots.Unreadable
        self.snapshots = moto_snapshots.Snapshots(folder)
        self.undurable: set[str] = set()
        self.met: set[tuple[str, str]] = set()

    def answer(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One reply for each request, all of them on disk."""
        changed: set[str] = set()
        replies = [self._answer(asked, changed) for asked in batch]
        for name in sorted(changed - self.undurable):
            try:
                self.snapshots.save({name})
            except OSError as error:
                return [_failure(f"borrowed services cannot write to disk: {error}")] * len(batch)
            except Exception:
                # Some object in moto that cannot be pickled: the service goes on, but in memory only.
                traceback.print_exc()
                print(f"borrowed {name}: state cannot be kept across restarts", file=sys.stderr, flush=True)
                self.undurable.add(name)
        return replies

    def _answer(self, asked: dict[str, Any], changed: set[str]) -> dict[str, Any]:
        fields = {name: value for name, value in asked.items() if name != "id"}
        ask = self.moto.Ask(**fields)
        reached = (ask.backend, *REACHES.get(ask.service, ()))
        try:
            for name in reached:
                self.snapshots.load(name)
            status, headers, body = self.moto.answer(ask)
        except self.unreadable as error:
            return _failure(str(error))
        except NotImplementedError as error:
            return {"missing": self.moto.missing_action(ask, error)}
        except ImportError as error:
            return _failure(f"{ask.service} needs a package that is not installed: {error}")
        except Exception:  # a defect in moto, or an operation it does not have
            traceback.print_exc()
            last = traceback.format_exc().strip().splitlines()[-1]
            return _failure(f"{ask.service} failed inside moto: {last[:300]}")
        if ask.changes or self._first(ask.backend, ask.region):
            changed.update(reached)
        return {"status": status, "headers": headers, "body": body}

    def _first(self, backend: str, region: str) -> bool:
        """Whoever looks at EC2 for the first time makes moto make up the default network, ids and all."""
        new = backend == "ec2" and (backend, region) not in self.met
        self.met.add((backend, region))
        return new


class _NoEngine:
    """What is left when moto cannot be imported: one clear answer to everything."""

    def __init__(self, error: ImportError) -> None:
        self.reason = f"borrowed services need moto, which cannot be imported: {error}"
        print(self.reason, file=sys.stderr, flush=True)

    def answer(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_failure(self.reason)] * len(batch)


def _failure(reason: str) -> dict[str, Any]:
    return {"error": reason}


def _accept(listener: socket.socket, inbox: queue.SimpleQueue[Asked]) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_read, args=(connection, inbox), daemon=True).start()


def _read(connection: socket.socket, inbox: queue.SimpleQueue[Asked]) -> None:
    lock = threading.Lock()
    with connection:
        try:
            while (asked := frames.receive(connection)) is not None:
                inbox.put((connection, lock, asked))
        except OSError as error:
            print(f"a region's connection broke: {error}", file=sys.stderr, flush=True)


def _send(connection: socket.socket, lock: threading.Lock, reply: dict[str, Any]) -> None:
    try:
        with lock:
            connection.sendall(frames.pack(reply))
    except OSError:
        pass  # the region is gone, and nobody is left to tell


def _die_with(parent: int) -> None:
    """End when the world does, however it ends: Linux sees to it; elsewhere standard input tells."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C belongs to the world, which will end us
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
