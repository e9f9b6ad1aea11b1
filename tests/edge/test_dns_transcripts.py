"""Transcripts: a zone and questions above the rule, what the edge said below. `UPDATE=1` rewrites the
answers.

    zone example.com [private REGION,...]
    A www.example.com 60 192.0.2.1 [field=value ...]         one record set; a value may be several, by commas
    alias A www.example.com target.example.com [eth] [...]   an alias in the same zone, or to an AWS name
    target NAME ADDRESSES [sick]                             what an AWS name leads to, and whether it is well
    down hc-1   up hc-1                                      a health check's verdict
    dig www.example.com A [from tokyo] [times N]             ask; N times counts the answers
    count www.example.com A times N                          of how many records, and how many different answers

`from` is a place, `source` an address and `subnet` a client subnet. Additional records stand behind a +.
"""

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from terrella.edge.asker import asker_from
from terrella.edge.dns import Answer, NameServer
from terrella.edge.targets import Target, amazon_targets
from terrella.edge.zones import Zones
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.wire import dns

HERE = Path(__file__).parent
SOA = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
RCODE = {number: name for name, number in dns.RCODES.items()}


class Stage:
    """A small edge that takes commands."""

    def __init__(self) -> None:
        self.zones, self.sick = Zones(), set[str]()
        self.targets, self.amazon = dict[str, Target](), amazon_targets()
        self.server = NameServer(
            self.zones, Network(), random.Random(1), lambda check: check not in self.sick, self.leads
        )

    def leads(self, name: str) -> Target | None:
        return self.targets.get(name) or self.amazon(name)

    def target(self, name: str, addresses: str, *sick: str) -> None:
        self.targets[f"{name}."] = Target(tuple(addresses.split(",")), not sick)

    def do(self, line: str) -> str | None:
        verb, *words = line.split()
        if verb in dns.TYPES:
            return self.put(verb, *words)
        return getattr(self, verb)(*words)

    def zone(self, name: str, kind: str = "", regions: str = "") -> None:
        number = f"Z{len(self.zones.by_id) + 1}"
        self.current = self.zones.add(number, name, private=kind == "private", regions=regions.split(","))
        self.put("SOA", name, "900", SOA.replace(" ", "_"))
        self.put("NS", name, "172800", "ns-1.awsdns-01.org.,ns-2.awsdns-02.com.")

    def put(self, type: str, name: str, ttl: str, values: str, *fields: str) -> None:
        records = [{"Value": value.replace("_", " ")} for value in values.split(",")]
        self._apply(
            "UPSERT", {"Name": name, "Type": type, "TTL": int(ttl), "ResourceRecords": records}, fields
        )

    def alias(self, type: str, name: str, target: str, *fields: str) -> None:
        zone = "ZAWS" if target.endswith(("amazonaws.com", "awsglobalaccelerator.com")) else self.current.id
        alias = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": "eth" in fields}
        self._apply(
            "UPSERT", {"Name": name, "Type": type, "AliasTarget": alias}, [f for f in fields if f != "eth"]
        )

    def delete(self, type: str, name: str, *fields: str) -> None:
        self._apply("DELETE", {"Name": name, "Type": type}, fields)

    def cidr(self, collection: str, location: str, blocks: str) -> None:
        self.zones.collections.setdefault(collection, {})[location] = blocks.split(",")

    def down(self, *checks: str) -> None:
        self.sick.update(checks)

    def up(self, *checks: str) -> None:
        self.sick.difference_update(checks)

    def dig(self, name: str, type: str = "A", *rest: str) -> str:
        options = dict(zip(rest[::2], rest[1::2], strict=True))
        asker = asker_from(
            address_of(options["from"]) if "from" in options else options.get("source", "8.8.8.8"),
            subnet_of(options["subnet"]) if "subnet" in options else None,
            collections=self.zones.collections,
        )
        number = dns.type_number(type)
        ask = name.lower().rstrip(".") + "."
        times = int(options.get("times", 1))
        said = [self.server.answer(ask, number, asker) for _ in range(times)]
        if times == 1:
            helps = [f"+ {shown(record)}" for record in said[0].additional]
            return "\n".join([f"{line_of(said[0])}", *map(shown, said[0].answers), *helps])
        counted = Counter(
            " ".join(sorted(dns.decode(r.type, r.data) for r in answer.answers)) for answer in said
        )
        return "\n".join(f"{share(n / times):>4}  {what}" for what, n in sorted(counted.items()))

    def count(self, name: str, type: str, _: str, times: str) -> str:
        """How many records an answer has, and how many different answers there were."""
        said = [self.server.answer(f"{name}.", dns.type_number(type), asker_from("8.8.8.8")) for _ in range(int(times))]
        sets = {frozenset(record.data for record in answer.answers) for answer in said}
        return f"{ {len(each) for each in sets} } records, {len(sets)} sets of them"

    def _apply(self, action: str, record_set: dict[str, Any], fields: Any) -> None:
        for field in fields:
            name, _, value = field.partition("=")
            record_set.update(FIELDS[name](value))
            record_set.setdefault("SetIdentifier", value) if name != "hc" else None
        self.zones.apply(self.current.id, [(action, record_set)])


def subnet_of(text: str) -> dns.Subnet:
    address, _, length = text.partition("/")
    return dns.Subnet(2 if ":" in address else 1, int(length), 0, address)


def geo(value: str) -> dict[str, Any]:
    if value in {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}:
        return {"GeoLocation": {"ContinentCode": value}}
    country, _, state = value.partition("-")
    return {"GeoLocation": {"CountryCode": country, **({"SubdivisionCode": state} if state else {})}}


def near(value: str) -> dict[str, Any]:
    region, _, bias = value.partition(":")
    if "/" in region:
        latitude, longitude = region.split("/")
        return {"GeoProximityLocation": {"Coordinates": {"Latitude": latitude, "Longitude": longitude},
                                         "Bias": int(bias or 0)}}  # fmt: skip
    if region.count("-") > 2:
        return {"GeoProximityLocation": {"LocalZoneGroup": region, "Bias": int(bias or 0)}}
    return {"GeoProximityLocation": {"AWSRegion": region, "Bias": int(bias or 0)}}


def block(value: str) -> dict[str, Any]:
    collection, _, location = value.partition(":")
    return {"CidrRoutingConfig": {"CollectionId": collection, "LocationName": location}}


FIELDS: dict[str, Any] = {
    "id": lambda value: {"SetIdentifier": value},
    "hc": lambda value: {"HealthCheckId": value},
    "weight": lambda value: {"Weight": int(value)},
    "region": lambda value: {"Region": value},
    "failover": lambda value: {"Failover": value},
    "multi": lambda value: {"MultiValueAnswer": True, "SetIdentifier": value},
    "geo": geo,
    "near": near,
    "block": block,
}


def shown(record: dns.Record) -> str:
    return f"{record.name} {record.ttl} {dns.type_name(record.type)} {dns.decode(record.type, record.data)}"


def line_of(answer: Answer) -> str:
    authority = Counter(f"{dns.type_name(r.type)} {r.name} {r.ttl}" for r in answer.authority)
    notes = ["" if answer.authoritative else "no aa", "chance" * answer.chance, "local" * answer.local]
    return " ".join(filter(None, [f";; {RCODE[answer.rcode]}", *notes, *authority]))


def share(value: float) -> str:
    """To the nearest tenth: what a draw of many shows whatever the seed."""
    return f"{round(value * 10) * 10}%"


def play(text: str) -> str:
    stage, out = Stage(), []
    for block in text.rstrip("\n").split("\n\n"):
        asked, rule, _ = (block + "\n").partition("----\n")
        lines = asked.splitlines()
        said = [answer for line in lines if line and not line.startswith("#") if (answer := stage.do(line))]
        out.append(asked + "----\n" + "\n".join(said) if rule else block.rstrip("\n"))
    return "\n\n".join(out) + "\n"


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    text = play(path.read_text())
    if os.environ.get("UPDATE"):
        path.write_text(text)
    assert path.read_text() == text


def test_every_policy_has_a_transcript() -> None:
    from terrella.core.kinds import kinds

    assert {path.stem for path in (HERE / "routing").glob("*.txt")} >= set(kinds("terrella.edge.routing"))


def test_every_policy_has_a_page() -> None:
    from terrella.core.kinds import kinds

    pages = Path(__file__).parents[2] / "docs" / "routing"
    assert {path.stem for path in pages.glob("*.md")} - {"README"} == set(kinds("terrella.edge.routing"))
