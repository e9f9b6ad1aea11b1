"""What functions print, kept per function with a time and a sandbox on every line.

`NAME.log` under the region's folder; at 5 MB it becomes `NAME.log.1`, so no function takes more than 10 MB.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

LARGEST_BYTES = 5_000_000
LONGEST_LINE = 262_144  # CloudWatch Logs' limit for one event
TAIL_BYTES = 4096


class FunctionLog:
    """One function's log file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._size = 0
        self._complained = False

    def write(self, stream: str, text: str) -> None:
        """Add whole lines. A disk that refuses costs the log its lines, never an event its outcome."""
        head = f"{stamp(time.time())}\t{stream}\t"
        lines = [f"{head}{line}\n".encode("utf-8", "replace") for line in text.splitlines()]
        try:
            if self._size + sum(map(len, lines)) <= LARGEST_BYTES:
                self._append(b"".join(lines))
            else:
                for line in lines:
                    self._append(line)
        except OSError as error:
            if not self._complained:
                logger.error("%s takes no more lines: %s", self.path, error)
            self._complained = True

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, data: bytes) -> None:
        if self._file is None:
            self._open()
        if self._size and self._size + len(data) > LARGEST_BYTES:
            self._rotate()
        assert self._file is not None
        self._file.write(data)
        self._size += len(data)

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab", buffering=0)
        self._size = self._file.tell()

    def _rotate(self) -> None:
        self.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._open()


class Invocation:
    """The log of one invocation: to the file as it comes, and its last 4 KB for the caller."""

    def __init__(self, log: FunctionLog, stream: str) -> None:
        self._log, self._stream = log, stream
        self._tail = ""
        self._partial = ""

    def add(self, text: str) -> None:
        """Output as it arrived; the end may be half a line."""
        whole, newline, rest = (self._partial + text).rpartition("\n")
        self._partial = rest
        if len(rest) > LONGEST_LINE:
            whole, newline, self._partial = whole + newline + rest, "\n", ""
        if newline:
            self.line(whole)

    def line(self, text: str) -> None:
        """Whole lines."""
        self._tail = (self._tail + text + "\n")[-TAIL_BYTES:]
        self._log.write(self._stream, text)

    def end(self, text: str) -> bytes:
        """The last lines; returns the tail."""
        if self._partial:
            text, self._partial = f"{self._partial}\n{text}", ""
        self.line(text)
        return self._tail.encode("utf-8", "replace")[-TAIL_BYTES:]


_second, _shown = 0, ""


def stamp(now: float) -> str:
    """Milliseconds in the form the service's logs have."""
    global _second, _shown
    second = int(now)
    if second != _second:
        _second, _shown = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{_shown}.{int((now - second) * 1000):03d}Z"
