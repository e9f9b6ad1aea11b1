"""What Elastic Load Balancing knows in one region. The edge holds load balancers and reports, to answer by.

    elbv2.load_balancers  arn -> {"Arn", "Name", "Type", "Scheme", "VpcId", "Zones" [{"ZoneName", "SubnetId"}],
                          "SecurityGroups", "IpAddressType", "CreatedAt", "Number", "DnsName", "Attributes"}
    elbv2.listeners       arn -> {"Arn", "LoadBalancerArn", "Port", "Protocol", "Certificates" (the first is the
                          default), "SslPolicy", "AlpnPolicy", "DefaultActions", "DefaultRuleArn", "Attributes",
                          "MutualAuthentication"}
    elbv2.rules           arn -> {"Arn", "ListenerArn", "Priority", "Conditions", "Actions", "Transforms"}
    elbv2.target_groups   arn -> {"Arn", "Name", "CreatedAt", ..., "Attributes"} in the API's own words
    elbv2.targets         target group arn -> [{"Id", "Port", "AvailabilityZone", "RegisteredAt", "LeftAt"}]
    elbv2.verdicts        target group arn -> {"id|port": {zone of a node: {"State", "Reason", "Description"}}}
    elbv2.reports         load balancer arn -> {"Zones" {zone: are there targets for it?}, "Healthy"}
    elbv2.trust_stores    arn -> {"Arn", "Name", "Bundle" (PEM), "Count", "Given" (the last number of a list),
                          "Revocations" [{"Id", "Type", "Count", "Content" (the digest of a blob)}]}
    elbv2.identities      load balancer arn -> {"Key", "Signer" (PEM), "Kid"}: what seals sessions and signs tokens
    elbv2.tags            arn -> {key: value}

Statuses are not kept: they follow from the times. `Number` gives a load balancer its addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...region.deliveries import Deliveries
from ...region.measures import Measure
from ...region.region import Region
from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps, Objects
from .errors import ListenerNotFound, LoadBalancerNotFound, RuleNotFound, TargetGroupNotFound, TrustStoreNotFound

Plain = dict[str, Any]
EDGE = "edge"
FOR_THE_EDGE = frozenset({"load_balancers", "reports"})
TABLES = (
    "load_balancers", "listeners", "rules", "target_groups", "targets", "verdicts", "reports", "tags",
    "trust_stores", "identities",
)  # fmt: skip


class State:
    """The maps, and how their parts hang together."""

    def __init__(self, maps: Maps) -> None:
        self.tables: dict[str, Objects] = {name: maps.objects(f"elbv2.{name}") for name in TABLES}
        self.load_balancers, self.listeners = self.tables["load_balancers"], self.tables["listeners"]
        self.rules, self.target_groups = self.tables["rules"], self.tables["target_groups"]
        self.targets, self.verdicts = self.tables["targets"], self.tables["verdicts"]
        self.reports, self.tags = self.tables["reports"], self.tables["tags"]
        self.trust_stores, self.identities = self.tables["trust_stores"], self.tables["identities"]
        self._by_host: dict[str, Plain] | None = None
        self._rules_of: dict[str, list[Plain]] | None = None
        self.epoch = 0  # rises with every change
        self.tallies: dict[tuple[str, str, str], Any] = {}  # load balancer, zone, target group: measuring.py
        self.deliveries: Deliveries[Any] | None = None  # logs on their way, once there are some: logs.py
        self.told: list[Measure] | None = None  # what they are added up to, until there is one more

    def load_balancer(self, arn: str) -> Plain:
        return _found(self.load_balancers, arn, LoadBalancerNotFound)

    def listener(self, arn: str) -> Plain:
        return _found(self.listeners, arn, ListenerNotFound)

    def rule(self, arn: str) -> Plain:
        return _found(self.rules, arn, RuleNotFound)

    def target_group(self, arn: str) -> Plain:
        return _found(self.target_groups, arn, TargetGroupNotFound)

    def trust_store(self, arn: str) -> Plain:
        return _found(self.trust_stores, arn, TrustStoreNotFound)

    def named(self, host: str) -> Plain | None:
        """The load balancer of a DNS name, without its last dot."""
        if self._by_host is None:
            self._by_host = {lb["DnsName"].lower(): lb for _, lb in self.load_balancers.items()}
        return self._by_host.get(host.lower())

    def listeners_of(self, load_balancer: str) -> list[Plain]:
        return [each for _, each in self.listeners.items() if each["LoadBalancerArn"] == load_balancer]

    def rules_of(self, listener: str) -> list[Plain]:
        """The rules of a listener by priority, without the default."""
        if self._rules_of is None:
            self._rules_of = {}
            for _, rule in sorted(self.rules.items(), key=lambda item: item[1]["Priority"]):
                self._rules_of.setdefault(rule["ListenerArn"], []).append(rule)
        return self._rules_of.get(listener, [])

    def actions_of(self, load_balancer: str) -> Iterable[Plain]:
        """Every action of every rule of every listener of a load balancer."""
        for listener in self.listeners_of(load_balancer):
            yield from listener["DefaultActions"]
            for rule in self.rules_of(listener["Arn"]):
                yield from rule["Actions"]

    def groups_of(self, load_balancer: str) -> list[str]:
        """The target groups a load balancer sends to, each once."""
        found = (arn for action in self.actions_of(load_balancer) for arn in groups_in(action))
        return list(dict.fromkeys(found))

    def users_of(self, target_group: str) -> list[str]:
        """The load balancers that send to a target group."""
        return [arn for arn in self.load_balancers if target_group in self.groups_of(arn)]

    def touched(self) -> None:
        """Something changed: what was derived is to be derived anew."""
        self._by_host = self._rules_of = None
        self.epoch += 1


def groups_in(action: Plain) -> list[str]:
    """The target groups an action forwards to."""
    return [each["TargetGroupArn"] for each in (action.get("ForwardConfig") or {}).get("TargetGroups", ())]


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    """The edge answers for load balancers even when this region cannot be asked."""
    return (EDGE,) if change.body["table"] in FOR_THE_EDGE else ()


service = Service("elbv2", State, replicates=owed_to)


@service.change
def entry_put(state: State, change: Change, *, table: str, key: str, value: Any) -> None:
    state.tables[table].put(key, value)
    state.touched()


@service.change
def entry_deleted(state: State, change: Change, *, table: str, key: str) -> None:
    state.tables[table].delete(key)
    state.touched()


def _found(table: Objects, arn: str, error: type[Exception]) -> Plain:
    found: Plain | None = table.get(arn)
    if found is None:
        raise error()
    return found
