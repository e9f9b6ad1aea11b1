"""The edge's data plane in one process: zones and verdicts kept from the journal, answers made of them.

Answers that would be the same again are remembered until a zone or a verdict changes; those of zones whose questions
are logged apart from the others, which pay nothing for it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..net.addresses import address_of, asker_of
from ..net.network import Network
from ..net.places import ANYCAST, OPERATOR
from ..region.region import Region
from ..store.journal import Change
from ..wire import dns
from . import questions
from .accelerators import TABLES, Accelerators
from .alarms import Alarms
from .asker import Asker, asker_from
from .controls import Controls
from .dns import NameServer
from .feed import Feed
from .flow_counts import FlowCounts
from .health import HealthCheck, HealthTable
from .load_balancers import LoadBalancers
from .query_log import Kind, QueryLog
from .resolver import Ask, Resolver
from .targets import Target, amazon_targets
from .zones import Zones, normal_name

REMEMBERED_BYTES = 32 << 20
LONGEST_REMEMBERED = 512  # bytes of a question
ROUTE53 = "route53.amazonaws.com."
ENTRY_BYTES = 400  # of Python's own for each that is remembered


class EdgeAnswers:
    """What the edge knows and says."""

    def __init__(
        self,
        network: Network,
        rng: random.Random,
        regions: tuple[str, ...],
        speed: float,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._network = network
        self.zones, self.health = Zones(), HealthTable(speed, now)
        self._feed = Feed(self.zones, self.health)
        self._alarms, self._controls = Alarms(self.health), Controls(self.health)
        self.load_balancers = LoadBalancers()
        self.accelerators = Accelerators(self.load_balancers)
        self.flows = FlowCounts(self.accelerators, speed)
        self._amazon = amazon_targets(regions)
        self._seat: str | None = None  # where Route 53's control plane is, if it ever moved
        self.server = NameServer(self.zones, network, rng, self.health.healthy, self._target, now)
        self.query_log, self._now = QueryLog(), now
        self._remembered: dict[tuple[bytes, str, bool], bytes] = {}
        self._logged: dict[tuple[bytes, str, bool], tuple[bytes, Kind]] = {}
        self._epochs, self._room = (0, 0, 0, 0, 0), REMEMBERED_BYTES

    def load(self, region: Region, known: dict[str, list[bool | None]] | None = None) -> None:
        """Take up everything a place holds on its disk. `known` are the verdicts of when it last stopped."""
        self._load_balancers_of(region)
        self._accelerators_of(region)
        state = region.state.get("route53")
        if state is None:
            return
        self._feed.load(
            [zone for _, zone in state.zones.items()],
            [(key.partition("/")[0], group) for key, group in state.records.items()],
            [check for _, check in state.health_checks.items()],
            [instance for _, instance in state.traffic_instances.items()],
            [collection for _, collection in state.cidr_collections.items()],
            dict(state.taken.items()),
        )
        for config in [found for _, found in state.query_logging.items()]:
            self.query_log.begin(config)
        now = state.control.get("now")
        if now is not None:
            self._moved(now["region"])
        self.health.recall(known or {})
        watched = region.state.get("cloudwatch")
        self._alarms.load(watched.found.items() if watched is not None else ())
        switches = region.state.get("route53-recovery-cluster")
        self._controls.take(dict(switches.states.items()) if switches is not None else {})

    def take(self, change: Change) -> list[HealthCheck]:
        """One change of the journal. The health checks whose verdict it changed at once."""
        if change.service == "route53":
            self._feed.take(change.kind, change.body)
            self._follow_settings(change)
            checks = change.kind.startswith("health_check")
            return [*self._alarms.follow(), *self._controls.follow()] if checks else []
        if change.service == "cloudwatch" and change.kind == "alarm_found":
            return self._alarms.put(change.body["key"], change.body["value"])
        if change.service == "route53-recovery-cluster" and change.kind == "controls_turned":
            return self._controls.take(change.body["states"])
        if change.service in ("elbv2", "arc-zonal-shift"):
            self.load_balancers.take(change.kind, change.body)
        if change.service == "globalaccelerator":
            self.accelerators.take(change.body)
        return []

    def reply(self, message: bytes, address: str, tcp: bool) -> bytes | None:
        """The bytes to answer a message from an address with; None for silence."""
        faults = self._network.faults
        if faults and not self._network.reachable(OPERATOR, ANYCAST):
            return None  # whoever stands elsewhere has been cut off before it got here
        zones, day = self.zones, self.server.signer.day
        epochs = (zones.epoch, self.health.epoch, self.load_balancers.epoch, self.accelerators.epoch, day)
        if epochs != self._epochs:
            self._forget()
            self._epochs = epochs
        key = (message[2:], address, tcp)
        known = self._remembered.get(key)
        if known is not None:
            return message[:2] + known
        return self._work_out(message, address, tcp, key)

    def _target(self, name: str) -> Target | None:
        """Where one of AWS's own names leads."""
        if name == ROUTE53 and self._seat is not None:
            return Target((address_of(self._seat),))
        return self.load_balancers.target(name) or self.accelerators.target(name) or self._amazon(name)

    def _follow_settings(self, change: Change) -> None:
        """What of Route 53 is no zone's content: whose questions are logged, and where its control plane is."""
        if change.kind == "query_logging_begun":
            self.query_log.begin(change.body["config"])
        elif change.kind == "query_logging_ended":
            self.query_log.end(change.body["id"])
        elif change.kind == "zone_deleted":
            self.query_log.forget(change.body["id"])
        elif change.kind == "control_moved":
            self._moved(change.body["to"])
            return
        else:
            return
        self.zones.epoch += 1

    def _moved(self, region: str) -> None:
        """Route 53's control plane is in another region from now on; so its endpoint's name leads there."""
        self._seat = region
        self.zones.epoch += 1

    def _accelerators_of(self, region: Region) -> None:
        state = region.state.get("globalaccelerator")
        tables = state.tables if state is not None else {}
        for table in TABLES if tables else ():
            for arn, found in tables[table].items():
                self.accelerators.take({"table": table, "key": arn, "value": found})

    def _load_balancers_of(self, region: Region) -> None:
        balancers, shifts = region.state.get("elbv2"), region.state.get("arc-zonal-shift")
        for arn, found in balancers.load_balancers.items() if balancers is not None else ():
            self.load_balancers.put(arn, found)
        for arn, found in balancers.reports.items() if balancers is not None else ():
            self.load_balancers.report(arn, found)
        for _, found in shifts.shifts.items() if shifts is not None else ():
            self.load_balancers.shift(found)

    def _work_out(self, message: bytes, address: str, tcp: bool, key: Any) -> bytes | None:
        known = self._logged.get(key)
        if known is not None:
            self.query_log.note(known[1], self._now())
            return message[:2] + known[0]
        reply, lasting = self.server.told(message, address, tcp)
        kind = None
        if self.query_log.groups and reply is not None:
            kind = self.query_log.kind(self.zones, message, reply, address, tcp)
        if kind is not None:
            self.query_log.note(kind, self._now())
        if lasting and reply is not None and len(message) <= LONGEST_REMEMBERED:
            if self._room < 0:
                self._forget()
            self._room -= len(message) + len(reply) + ENTRY_BYTES
            if kind is None:
                self._remembered[key] = reply[2:]
            else:
                self._logged[key] = reply[2:], kind
        return reply

    def _forget(self) -> None:
        self._remembered.clear()
        self._logged.clear()
        self._room = REMEMBERED_BYTES

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to what a control plane asks. Raises ValueError, KeyError for what is no question."""
        if question["kind"] == "resolve":
            return self._resolve(normal_name(question["name"]), dns.type_number(question["type"]))
        if question["kind"] == "accelerator_flows":
            return self.flows.told(question["since"], question["have"])
        if question["kind"] == "endpoint_health":
            return {"states": self.accelerators.states(question["groups"])}
        return questions.answer(question, self.server, self.health)

    def address_at(self, name: str, place: str) -> str | None:
        """The address a name leads to for somebody at a place; CNAMEs are followed from zone to zone."""
        try:
            owner = normal_name(name)
        except dns.BadName:
            return None
        records = self._follow(owner, dns.TYPES["A"], asker_from(address_of(place)))
        found = [dns.decode(r.type, r.data) for r in records if r.type == dns.TYPES["A"]]
        return found[0] if found else None

    def _resolve(self, name: str, type: int) -> dict[str, Any]:
        """As the public DNS would answer AWS's own services, which ask from us-east-1."""
        records = self._follow(name, type, asker_from(address_of(asker_of("").name)))
        return {"records": [dns.decode(r.type, r.data) for r in records if r.type == type]}

    def _follow(self, name: str, type: int, asker: Asker) -> tuple[dns.Record, ...]:
        resolver = Resolver()
        step = resolver.step(name, type, 0.0)
        while isinstance(step, Ask):
            found = self.server.answer(step.name, step.type, asker)
            resolver.learn(step, found, 0.0)
            following = resolver.step(name, type, 0.0)
            if following == step:  # an answer not to be remembered, as with a TTL of 0
                return found.answers
            step = following
        return step.records
