"""Many datagrams by one system call each way: recvmmsg(2) and sendmmsg(2), which Python's socket module lacks.

A name server's own work is a few microseconds, the two calls around it cost more. Linux alone has them; elsewhere
`there_is_one` is False, and datagrams are taken one by one.
"""

from __future__ import annotations

import ctypes
import socket
import sys
from collections.abc import Callable
from typing import Any

AT_ONCE = 64  # datagrams per call
ROOM_BYTES = 4096  # for each: what a name server says it takes (EDNS); of a longer one the rest is cut off
REMEMBERED = 4096  # addresses whose text is known
_NO_WAITING = 0x40  # MSG_DONTWAIT
_NAME_BYTES = 16  # of a sockaddr_in: family, port, address, nothing

Answer = Callable[[bytes, str], bytes | None]  # (datagram, the sender's address)


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Head(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("pieces", ctypes.c_void_p),
        ("piece_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    _fields_ = (("head", _Head), ("length", ctypes.c_uint))

    @classmethod
    def batch(cls, room: bytearray, names: bytearray) -> tuple[Any, Any]:
        """Pieces, each a room's worth, and messages of one piece and one name each."""
        pieces, messages = (_Piece * AT_ONCE)(), (cls * AT_ONCE)()
        room_at = ctypes.addressof(ctypes.c_char.from_buffer(room))
        names_at = ctypes.addressof(ctypes.c_char.from_buffer(names))
        for number, (piece, message) in enumerate(zip(pieces, messages, strict=True)):
            piece.base, piece.length = room_at + number * ROOM_BYTES, ROOM_BYTES
            head = message.head
            head.name, head.name_length = names_at + number * _NAME_BYTES, _NAME_BYTES
            head.pieces, head.piece_count = ctypes.addressof(piece), 1
        return pieces, messages


_libc = ctypes.CDLL(None, use_errno=True)
there_is_one = sys.platform == "linux" and hasattr(_libc, "recvmmsg") and hasattr(_libc, "sendmmsg")
_STEP, _LENGTH_AT = ctypes.sizeof(_Message) // 4, _Message.length.offset // 4


class DatagramBatch:
    """Room for a batch of datagrams, used again and again: an answer takes the room of its question."""

    def __init__(self) -> None:
        self._room, self._names = bytearray(AT_ONCE * ROOM_BYTES), bytearray(AT_ONCE * _NAME_BYTES)
        self._view = memoryview(self._room)
        self._incoming = _Message.batch(self._room, self._names)
        self._outgoing = _Message.batch(self._room, self._names)
        self._lengths = memoryview(self._incoming[1]).cast("B").cast("I")
        self._to_send = memoryview(self._outgoing[0]).cast("B").cast("L")
        self._texts: dict[bytes, str] = {}

    def answer(self, udp: socket.socket, answer: Answer) -> None:
        """Answer a batch of what waits on a socket for IPv4. What cannot be delivered is lost, as UDP may."""
        number = _libc.recvmmsg(udp.fileno(), self._incoming[1], AT_ONCE, _NO_WAITING, None)
        view, names, texts, lengths, to_send = self._view, self._names, self._texts, self._lengths, self._to_send
        silent = set()
        for index in range(number):
            at, name = index * ROOM_BYTES, index * _NAME_BYTES
            packed = bytes(names[name + 4 : name + 8])
            said = answer(
                bytes(view[at : at + lengths[_STEP * index + _LENGTH_AT]]), texts.get(packed) or self._text(packed)
            )
            if said is None or len(said) > ROOM_BYTES:
                silent.add(index)
            else:
                to_send[2 * index + 1] = length = len(said)
                view[at : at + length] = said
        self._send(udp, number, silent)

    def _text(self, packed: bytes) -> str:
        if len(self._texts) >= REMEMBERED:
            self._texts.clear()
        self._texts[packed] = text = socket.inet_ntoa(packed)
        return text

    def _send(self, udp: socket.socket, number: int, silent: set[int]) -> None:
        """Those without an answer are left out, and so is one that the system refuses."""
        first, step = 0, ctypes.sizeof(_Message)
        while first < number:
            if first in silent:
                first += 1
                continue
            until = min((each for each in silent if each > first), default=number)
            start = ctypes.byref(self._outgoing[1], first * step)
            sent = _libc.sendmmsg(udp.fileno(), start, until - first, _NO_WAITING)
            first += max(sent, 1)
