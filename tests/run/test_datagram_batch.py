"""Batches of datagrams: each is answered to whom it came from, and no answer is the answer of another."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from terrella.run.datagram_batch import AT_ONCE, ROOM_BYTES, DatagramBatch, there_is_one

pytestmark = pytest.mark.skipif(not there_is_one, reason="Linux alone has recvmmsg")


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        yield udp


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    made = []
    for number in range(3):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.bind((f"127.0.0.{number + 1}", 0))
        client.settimeout(2)
        made.append(client)
    yield made
    for client in made:
        client.close()


def test_each_is_answered_to_whom_it_came_from(server: socket.socket, clients: list[socket.socket]) -> None:
    batch, heard = DatagramBatch(), []

    def shout(datagram: bytes, address: str) -> bytes:
        heard.append((datagram, address))
        return datagram.upper() + address.encode()

    for turn in range(3):
        for number, client in enumerate(clients):
            client.sendto(b"%d.%d" % (turn, number), server.getsockname())
        batch.answer(server, shout)
        for number, client in enumerate(clients):
            assert client.recv(100) == b"%d.%d127.0.0.%d" % (turn, number, number + 1)
    assert len(heard) == 9


def test_long_short_and_empty_ones_keep_their_lengths(server: socket.socket, clients: list[socket.socket]) -> None:
    batch, client = DatagramBatch(), clients[0]
    sent = [b"a" * ROOM_BYTES, b"", b"b", b"c" * 512]
    for datagram in sent:
        client.sendto(datagram, server.getsockname())
        batch.answer(server, lambda datagram, address: datagram)
        assert client.recv(65_535) == datagram


def test_silence_is_kept_and_the_others_are_answered(server: socket.socket, clients: list[socket.socket]) -> None:
    batch, client = DatagramBatch(), clients[0]
    for number in range(7):
        client.sendto(b"%d" % number, server.getsockname())
    batch.answer(server, lambda datagram, address: None if datagram in (b"0", b"3", b"4", b"6") else datagram)
    assert [client.recv(9) for _ in range(3)] == [b"1", b"2", b"5"]
    client.settimeout(0)
    with pytest.raises(BlockingIOError):
        client.recv(9)


def test_an_answer_that_no_datagram_holds_costs_the_others_nothing(
    server: socket.socket, clients: list[socket.socket]
) -> None:
    batch, client = DatagramBatch(), clients[0]
    for number in range(3):
        client.sendto(b"%d" % number, server.getsockname())
    batch.answer(server, lambda datagram, address: b"x" * (ROOM_BYTES + 1) if datagram == b"1" else datagram)
    assert [client.recv(9) for _ in range(2)] == [b"0", b"2"]


def test_more_than_a_batch_waits_for_the_next(server: socket.socket, clients: list[socket.socket]) -> None:
    batch, client, heard = DatagramBatch(), clients[0], []
    for _ in range(AT_ONCE + 1):
        client.sendto(b"x", server.getsockname())
    batch.answer(server, lambda datagram, address: heard.append(datagram))
    assert len(heard) == AT_ONCE
    batch.answer(server, lambda datagram, address: heard.append(datagram))
    batch.answer(server, lambda datagram, address: heard.append(datagram))
    assert len(heard) == AT_ONCE + 1
