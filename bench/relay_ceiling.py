"""The least a relay in Python can do: one thread, epoll, recv and send.

    python -m bench.relay_ceiling ADDRESS PORT SERVER_ADDRESS SERVER_PORT

It knows one server, no distance, no choice, no faults, no half-closed connections.
"""

from __future__ import annotations

import select
import socket
import sys

PIECE = 1 << 17


class Relay:
    """All connections, each with its other end."""

    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        self.there, self.poller = there, select.epoll()
        self.listener = socket.create_server(here, backlog=4096)
        self.listener.setblocking(False)
        self.poller.register(self.listener, select.EPOLLIN)
        self.ends: dict[int, tuple[socket.socket, socket.socket]] = {}
        self.left: dict[int, bytes] = {}  # what an end has not taken yet

    def run(self) -> None:
        while True:
            for fd, events in self.poller.poll():
                if fd == self.listener.fileno():
                    self._accept()
                elif fd in self.ends:
                    self._move(fd, events)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except BlockingIOError:
                return
            far = socket.socket()
            for each in (near, far):
                each.setblocking(False)
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far.connect_ex(self.there)
            for one, other in ((near, far), (far, near)):
                self.ends[one.fileno()] = (one, other)
                self.poller.register(one, select.EPOLLIN)

    def _move(self, fd: int, events: int) -> None:
        one, other = self.ends[fd]
        try:
            if events & select.EPOLLOUT:
                self._flush(one, other)
            if events & ~select.EPOLLOUT:
                data = one.recv(PIECE)
                if not data:
                    raise ConnectionResetError
                self._send(one, other, data)
        except BlockingIOError:
            pass
        except OSError:
            for each in (one, other):
                self.ends.pop(each.fileno(), None)
                self.left.pop(each.fileno(), None)
                each.close()

    def _send(self, one: socket.socket, other: socket.socket, data: bytes) -> None:
        try:
            sent = other.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):  # read on only once the other end has taken it
            self.left[other.fileno()] = data[sent:]
            self.poller.modify(other, select.EPOLLIN | select.EPOLLOUT)
            self.poller.modify(one, 0)

    def _flush(self, one: socket.socket, other: socket.socket) -> None:
        left = self.left.pop(one.fileno(), b"")
        self.poller.modify(one, select.EPOLLIN)
        self.poller.modify(other, select.EPOLLIN)
        if left:
            self._send(other, one, left)


if __name__ == "__main__":
    Relay((sys.argv[1], int(sys.argv[2])), (sys.argv[3], int(sys.argv[4]))).run()
