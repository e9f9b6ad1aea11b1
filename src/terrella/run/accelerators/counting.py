"""How many bytes a flow has carried: the kernel counts them, and is asked when the client's connection closes.

Nothing is counted on the way of the bytes. What closed is put aside and counted when the edge is asked for its counts,
together with what is still open; so a flow costs one system call. Elsewhere than on Linux bytes are not known.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Any

from ...edge.flow_counts import NOTHING, Flow, FlowCounts, Load

HEADERS = 52  # bytes of IP and TCP in a packet, with timestamps
SIZE = 208  # of Linux' struct tcp_info as far as it is read here
MOST_ASIDE = 10_000
_SEGMENTS, _SENT = struct.Struct("=QII"), struct.Struct("=Q")  # bytes received, packets out, packets in; bytes sent
_INFO = getattr(socket, "TCP_INFO", 0) if sys.platform == "linux" else 0


class Counting:
    """The flows of one edge, as far as they are to be counted."""

    def __init__(self, counts: FlowCounts) -> None:
        self.counts = counts
        self._aside: list[tuple[Flow, bytes, float]] = []

    def closing(self, flow: Flow, near: Any) -> None:
        """The client's connection is about to be closed."""
        self._aside.append((flow, info(near), time.time()))
        if len(self._aside) >= MOST_ASIDE:
            self.count()

    def leaving(self, flow: Flow, far: Any) -> None:
        """So is the other: by which port was it known?"""
        with suppress(OSError):
            flow.own = far.getsockname()

    def count(self) -> None:
        """Count what has closed."""
        aside, self._aside = self._aside, []
        for flow, found, at in aside:
            self.counts.carried(flow, *loads(found), at)


def info(sock: Any) -> bytes:
    """What the kernel knows of a connection."""
    try:
        found: bytes = sock.getsockopt(socket.IPPROTO_TCP, _INFO, SIZE) if _INFO else b""
    except OSError:
        return b""
    return found


def loads(found: bytes) -> tuple[Load, Load]:
    """What came in over a connection, and what went out."""
    if len(found) < SIZE:
        return NOTHING, NOTHING
    received, packets_out, packets_in = _SEGMENTS.unpack_from(found, 128)
    (sent,) = _SENT.unpack_from(found, 200)
    return Load(received + HEADERS * packets_in, packets_in), Load(sent + HEADERS * packets_out, packets_out)
