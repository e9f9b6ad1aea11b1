"""One DNS server to be measured, on one port: `python -m bench.dns_server terrella|dnspython PORT NAMES`.

Both hold NAMES names with a record in each of four regions, answer with the one nearest the client subnet among those
whose health check is healthy, and say for how wide a subnet that holds.
"""

from __future__ import annotations

import random
import socket
import sys
import time

from terrella.edge.answers import EdgeAnswers
from terrella.net.addresses import subnet_of
from terrella.net.network import Network
from terrella.net.places import city_names
from terrella.store.journal import Change

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1", "sa-east-1")
ZONE = "example.com."


def edge(names: int) -> EdgeAnswers:
    """Terrella's own, with all of it taken up from changes as a journal has them."""
    answers = EdgeAnswers(Network(), random.Random(1), REGIONS, 1.0, time.time)
    own = [
        record(ZONE, "SOA", ["ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"]),
        record(ZONE, "NS", ["ns-1.awsdns-01.org.", "ns-2.awsdns-02.com."]),
    ]
    take(answers, "zone_created", zone={"Id": "Z1", "Name": ZONE}, records=own)
    for region in REGIONS:
        config = {"Type": "HTTP", "IPAddress": "127.10.1.1", "FailureThreshold": 3}
        take(answers, "health_check_created", check={"Id": region, "HealthCheckConfig": config})
    for number in range(names):
        take(answers, "records_changed", zone="Z1", changes=[
            {"Action": "UPSERT", "ResourceRecordSet": regional(number, region)} for region in REGIONS
        ])  # fmt: skip
    return answers


def take(answers: EdgeAnswers, kind: str, **body: object) -> None:
    answers.take(Change(1, 0.0, "us-east-1", 0.0, 1, "route53", kind, body))


def regional(number: int, region: str) -> dict[str, object]:
    more = {"SetIdentifier": region, "Region": region, "HealthCheckId": region}
    return record(f"h{number}.{ZONE}", "A", [address(number, region)], **more)


def record(name: str, type: str, values: list[str], **more: object) -> dict[str, object]:
    return {"Name": name, "Type": type, "TTL": 60, "ResourceRecords": [{"Value": v} for v in values], **more}


def address(number: int, region: str) -> str:
    return f"192.0.{REGIONS.index(region)}.{number % 250}"


def nearest() -> dict[str, list[str]]:
    """Client subnet -> regions, the nearest first."""
    network, found = Network(), {}
    for city in city_names():
        subnet = subnet_of(city)
        assert subnet is not None
        found[subnet.partition("/")[0]] = sorted(REGIONS, key=lambda r: network.one_way(city, r))
    return found


def serve_terrella(port: int, names: int) -> None:
    """The very server of a world, on its event loop."""
    import asyncio

    import uvloop

    from terrella.run.dns_server import DnsServer

    answers = edge(names)

    async def serve() -> None:
        server = DnsServer(answers.reply)
        await server.listen("127.0.0.1", port)
        print("ready", flush=True)
        await asyncio.Event().wait()

    uvloop.run(serve())


def serve_dnspython(port: int, names: int) -> None:
    """What one writes with dnspython in an afternoon: read, look up, make a response."""
    import dns.edns
    import dns.flags
    import dns.message
    import dns.rrset

    near, healthy = nearest(), dict.fromkeys(REGIONS, True)
    known = {f"h{n}.{ZONE}": {r: address(n, r) for r in REGIONS} for n in range(names)}
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", port))
    print("ready", flush=True)
    while True:
        data, asker = line.recvfrom(4096)
        query = dns.message.from_wire(data)
        subnet = next((o for o in query.options if isinstance(o, dns.edns.ECSOption)), None)
        said = dns.message.make_response(query)
        said.flags |= dns.flags.AA
        name = query.question[0].name
        regions = known.get(name.to_text().lower())
        if regions is None:
            said.set_rcode(dns.rcode.NXDOMAIN)
        else:
            order = near.get(subnet.address if subnet is not None else "", list(REGIONS))
            region = next((r for r in order if healthy[r]), order[0])
            said.answer.append(dns.rrset.from_text(name, 60, "IN", "A", regions[region]))
        if subnet is not None:
            said.use_edns(0, options=[dns.edns.ECSOption(subnet.address, subnet.srclen, 24)])
        line.sendto(said.to_wire(), asker)


if __name__ == "__main__":
    which, port, names = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    {"terrella": serve_terrella, "dnspython": serve_dnspython}[which](port, names)
