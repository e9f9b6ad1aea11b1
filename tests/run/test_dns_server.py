"""DNS on sockets: UDP and TCP, dnspython as the client, and whatever else may come."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import struct
import time
from asyncio.subprocess import STDOUT
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.edns
import dns.message
import dns.rcode
import pytest
from edge.signing import keys
from hypothesis import given
from hypothesis import strategies as st
from run.looping import on_loop

from terrella.edge.answers import EdgeAnswers
from terrella.edge.dnssec import Signer
from terrella.faults import parse
from terrella.net.network import Network
from terrella.run.dns_server import DnsServer
from terrella.store.journal import Change

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
ZONE = {"Id": "Z1", "Name": "example.com."}


def edge(network: Network | None = None) -> EdgeAnswers:
    """An edge that holds one zone, with a name for latency routing and one by chance."""
    answers = EdgeAnswers(network or Network(), random.Random(1), REGIONS, 1.0)
    take(
        answers,
        "zone_created",
        zone=ZONE,
        records=[record("example.com.", "SOA", "a. b. 1 7200 900 1209600 60")],
    )
    nearest = [
        record("chat.example.com.", "A", f"127.10.{n}.1", SetIdentifier=region, Region=region)
        for n, region in ((9, "eu-west-1"), (32, "ap-northeast-1"))
    ]
    change(answers, *nearest)
    return answers


def take(answers: EdgeAnswers, kind: str, **body: Any) -> None:
    answers.take(Change(1, 0.0, "us-east-1", 0.0, 1, "route53", kind, body))


def change(answers: EdgeAnswers, *records: dict[str, Any]) -> None:
    changes = [{"Action": "UPSERT", "ResourceRecordSet": each} for each in records]
    take(answers, "records_changed", zone="Z1", changes=changes)


def record(name: str, type: str, value: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": type, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


@asynccontextmanager
async def served(answers: EdgeAnswers):
    server = DnsServer(answers.reply)
    for _ in range(20):
        port = random.randrange(20_000, 30_000)
        try:
            await server.listen("127.0.0.1", port)
            break
        except OSError:
            continue
    try:
        yield port
    finally:
        server.close()


def question(name: str, type: str = "A", subnet: str | None = None) -> dns.message.Message:
    options = [dns.edns.ECSOption(subnet, 24)] if subnet else []
    return dns.message.make_query(name, type, use_edns=0, options=options)


def addresses(message: dns.message.Message) -> list[str]:
    return [str(data) for answer in message.answer for data in answer]


@on_loop
async def test_the_askers_place_decides_over_udp_and_tcp() -> None:
    async with served(edge()) as port:
        for ask in (dns.asyncquery.udp, dns.asyncquery.tcp):
            near = [
                addresses(await ask(question("chat.example.com", subnet=subnet), "127.0.0.1", 2, port))
                for subnet in ("198.18.1.0", "198.18.2.0")
            ]
            assert near == [["127.10.9.1"], ["127.10.32.1"]]


@on_loop
async def test_a_source_address_is_a_place_too() -> None:
    async with served(edge()) as port:
        asked = question("chat.example.com")
        assert addresses(await dns.asyncquery.udp(asked, "127.0.0.1", 2, port, "127.81.2.1")) == [
            "127.10.32.1"
        ]


@on_loop
async def test_names_of_aws_lead_to_their_regions() -> None:
    async with served(edge()) as port:
        for name in ("dynamodb.eu-west-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com",
                     "bucket.s3.eu-west-1.amazonaws.com"):  # fmt: skip
            assert addresses(await dns.asyncquery.udp(question(name), "127.0.0.1", 2, port)) == ["127.10.9.1"]
        said = await dns.asyncquery.udp(question("route53.amazonaws.com"), "127.0.0.1", 2, port)
        assert addresses(said) == ["127.10.1.1"]
        said = await dns.asyncquery.udp(question("sqs.eu-north-1.amazonaws.com"), "127.0.0.1", 2, port)
        assert said.rcode() == dns.rcode.NXDOMAIN  # not a region of this world


@on_loop
async def test_a_remembered_answer_ends_with_the_change_of_a_record() -> None:
    answers = edge()
    async with served(answers) as port:
        change(answers, record("www.example.com.", "A", "127.10.1.1"))
        first = await dns.asyncquery.udp(question("www.example.com"), "127.0.0.1", 2, port)
        again = await dns.asyncquery.udp(question("www.example.com"), "127.0.0.1", 2, port)
        change(answers, record("www.example.com.", "A", "127.10.9.1"))
        then = await dns.asyncquery.udp(question("www.example.com"), "127.0.0.1", 2, port)
        assert [addresses(each) for each in (first, again, then)] == [["127.10.1.1"]] * 2 + [["127.10.9.1"]]


@on_loop
async def test_answers_by_chance_are_not_remembered() -> None:
    answers = edge()
    change(
        answers,
        *(record("w.example.com.", "A", f"127.10.{n}.1", SetIdentifier=f"{n}", Weight=1) for n in (1, 9)),
    )
    async with served(answers) as port:
        seen = {
            addresses(await dns.asyncquery.udp(question("w.example.com"), "127.0.0.1", 2, port))[0]
            for _ in range(50)
        }
        assert seen == {"127.10.1.1", "127.10.9.1"}


@on_loop
async def test_what_does_not_fit_a_datagram_comes_by_tcp() -> None:
    answers = edge()
    many = record("many.example.com.", "A", "") | {
        "ResourceRecords": [{"Value": f"127.10.1.{n}"} for n in range(1, 101)]
    }
    change(answers, many)
    async with served(answers) as port:
        asked = dns.message.make_query("many.example.com", "A")
        said, by_tcp = await dns.asyncquery.udp_with_fallback(asked, "127.0.0.1", 2, port)
        assert (by_tcp, len(addresses(said))) == (True, 100)


@on_loop
async def test_delv_validates_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    delv = shutil.which("delv")
    if delv is None:
        pytest.skip("delv is not installed")
    answers = edge()
    answers.server.signer = Signer(time.time)
    change(answers, record("www.example.com.", "A", "127.10.1.1"), record("*.star.example.com.", "TXT", '"x"'))
    take(answers, "zone_updated", zone={**ZONE, "dnssec": keys()})
    ksk = keys()["keys"][0]["public_key"]
    anchors = tmp_path / "anchors"
    anchors.write_text(f'trust-anchors {{ example.com. static-key 257 3 13 "{ksk}"; }};')
    async with served(answers) as port:
        for words, heard in (
            (("www.example.com", "A"), "fully validated"),
            (("a.star.example.com", "TXT"), "fully validated"),
            (("example.com", "DNSKEY"), "fully validated"),
            (("no.example.com", "A"), "negative response, fully validated"),
            (("www.example.com", "AAAA"), "negative response, fully validated"),
        ):
            command = [delv, "@127.0.0.1", "-p", str(port), "-a", str(anchors), "+root=example.com", *words]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=STDOUT)
            said, _ = await asyncio.wait_for(process.communicate(), 20)
            assert heard in said.decode(), said.decode()


@on_loop
async def test_a_cut_off_edge_says_nothing() -> None:
    network = Network()
    async with served(edge(network)) as port:
        network.faults = (parse("loss", ["edge", "100%"]),)
        try:
            await dns.asyncquery.udp(question("chat.example.com"), "127.0.0.1", 0.2, port)
        except dns.exception.Timeout:
            return
        raise AssertionError("it answered")


@on_loop
async def test_noise_is_survived_over_udp_and_tcp() -> None:
    chance = random.Random(3)
    async with served(edge()) as port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            whole = question("chat.example.com", subnet="198.18.1.0").to_wire()
            for _ in range(300):
                noise = bytearray(whole)
                for _ in range(chance.randrange(1, 8)):
                    noise[chance.randrange(len(noise))] = chance.randrange(256)
                udp.sendto(bytes(noise[: chance.randrange(len(noise))]), ("127.0.0.1", port))
        for data in (b"", b"\0", b"\0\0", b"\0\x05hello", struct.pack("!H", 65535), whole):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 2)
            writer.close()
        said = await dns.asyncquery.udp(
            question("chat.example.com", subnet="198.18.1.0"), "127.0.0.1", 2, port
        )
        assert addresses(said) == ["127.10.9.1"]


EDGE = edge()


@given(st.binary(max_size=200), st.booleans())
def test_whatever_the_bytes_the_edge_answers_or_is_silent(data: bytes, tcp: bool) -> None:
    reply = EDGE.reply(data, "127.0.0.1", tcp)
    assert reply is None or (len(reply) >= 12 and reply[:2] == data[:2] and reply[2] & 0x80)
