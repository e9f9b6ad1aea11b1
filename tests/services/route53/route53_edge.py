"""The edge behind a control plane: every change reaches it as it is made."""

from __future__ import annotations

import random
from typing import Any

from terrella.edge.answers import EdgeAnswers
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.region.region import Region

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")


class Edge:
    """Answers as the edge would give them, now."""

    def __init__(self, home: Region) -> None:
        self.home, self.answers = home, new_answers()
        self.seen = 0

    def ask(self, name: str, place: str = "us-east-1", type: str = "A", subnet: str | None = None) -> list[str]:
        """What somebody at a place is told, or somebody whose client subnet, a /24, is sent along; sorted."""
        self.follow()
        return sorted(self.said(self.answers, name, place, type, subnet))

    def ask_anew(self, name: str, place: str = "us-east-1", type: str = "A") -> list[str]:
        """The same of an edge that has just started from what is on disk."""
        fresh = new_answers()
        fresh.load(self.home)
        return sorted(self.said(fresh, name, place, type, None))

    def follow(self) -> None:
        for change in self.home.journal.read(self.seen, 1000):
            self.answers.take(change)
            self.seen = change.seq

    def acknowledge(self) -> None:
        """The edge has all there is on its disk."""
        self.home.peer_with("edge").acked = self.home.journal.last

    def said(self, answers: EdgeAnswers, name: str, place: str, type: str, subnet: str | None) -> list[str]:
        question = {
            "kind": "test_dns_answer", "zone": "", "name": name, "type": type,
            "resolver": address_of(place), "subnet": subnet, "mask": 24 if subnet else None,
        }  # fmt: skip
        found: list[str] = answers.answer(question)["records"]
        return found


def new_answers() -> EdgeAnswers:
    return EdgeAnswers(Network(), random.Random(1), REGIONS, 1.0)


def health_check(route53: Any, address: str) -> str:
    config = {"Type": "TCP", "IPAddress": address, "Port": 80}
    made = route53.create_health_check(CallerReference=address, HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])
