"""Sockets without what Python puts on top of the system's: a relay makes and ends two for every connection.

`socket.SocketType` is what `socket.socket` is made of. All are for TCP over IPv4 and never wait.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from socket import SocketType

Source = tuple[str, int]
IPV4, TCP, NODELAY = int(socket.AF_INET), int(socket.IPPROTO_TCP), int(socket.TCP_NODELAY)
NEVER_WAITS = int(getattr(socket, "SOCK_NONBLOCK", 0))  # where there is none, each is told later
STREAM = int(socket.SOCK_STREAM) | NEVER_WAITS
IP, BIND_ADDRESS_NO_PORT = int(socket.IPPROTO_IP), 24  # Linux: the port is chosen later
HARD = struct.pack("ii", 1, 0)
_setsockopt = ctypes.CDLL(None).setsockopt  # the socket module raises two exceptions on the way to its form for bytes


def listening(address: str, port: int, backlog: int) -> socket.socket:
    """Raises OSError."""
    made = socket.create_server((address, port), backlog=backlog)
    made.setblocking(False)
    made.setsockopt(TCP, NODELAY, 1)  # what it accepts has it from here
    return made


def accepted(listener: socket.socket) -> tuple[SocketType, Source]:
    """The next who waits, and where he comes from. Raises OSError; BlockingIOError if there is nobody."""
    fd, source = listener._accept()  # type: ignore[attr-defined]  # what `accept` is made of, and typeshed omits
    os.set_blocking(fd, False)
    return SocketType(IPV4, STREAM, 0, fd), source


def shown_as(address: str) -> SocketType:
    """A socket whose connection will come from that address. Raises OSError."""
    made = SocketType(IPV4, STREAM)
    try:
        if not NEVER_WAITS:
            made.setblocking(False)
        made.setsockopt(TCP, NODELAY, 1)
        if sys.platform == "linux":
            made.setsockopt(IP, BIND_ADDRESS_NO_PORT, 1)
        made.bind((address, 0))
    except BaseException:
        made.close()
        raise
    return made


def harden(sock: SocketType) -> None:
    """Have it closed with a RST: otherwise it would end as if all had been said."""
    _setsockopt(sock.fileno(), socket.SOL_SOCKET, socket.SO_LINGER, HARD, len(HARD))


def dialled(sock: SocketType, to: Source) -> int | None:
    """Begin to connect: 0 if it has, None if that is not known yet, else what went wrong (an errno)."""
    error = sock.connect_ex(to)
    # On one machine it mostly is over at once, though the system says that it will be.
    return outcome(sock) if error == errno.EINPROGRESS else error


def outcome(sock: SocketType) -> int | None:
    """What became of `dialled`, in its words."""
    try:
        sock.send(b"")  # the cheapest question
    except BlockingIOError:
        return None
    except OSError as wrong:
        if wrong.errno == errno.ENOTCONN:  # which elsewhere than on Linux says "not yet"
            return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or None
        return wrong.errno
    return 0
