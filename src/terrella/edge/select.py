"""Choosing among record sets that share a name and type: health first, then the routing policy, through
aliases.

The rules are Route 53's:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html

* A record set without a health check is healthy; one with a check is as healthy as that; an alias that
evaluates its target's health is healthy only if something healthy is found there as well. * What the policy
chose may be such an alias with nothing healthy behind it: then the choice is repeated without it. * When
nothing in a group is healthy the group answers as though all were, unless it stands behind an alias that
evaluates health: then the alias is not healthy, and the group above chooses again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from ..core.kinds import kinds
from ..net.network import Network
from ..wire.dns import BadName, Record, encode, type_number
from .asker import Asker
from .targets import Targets
from .zones import RecordSet, Zone, normal_name, records_of

DEEPEST_ALIAS = 10
ACCELERATORS = ".awsglobalaccelerator.com."
_ADDRESS_TYPES = {"A": 4, "AAAA": 6}


@dataclass(slots=True)
class Selection:
    """One choice in progress. Afterwards `chance` and `local` tell what the outcome hung on."""

    zone: Zone
    type: str
    owner: str  # the name that was asked for, which owns the answer whatever aliases it took
    asker: Asker
    network: Network
    rng: random.Random
    healthy: Callable[[str], bool]
    targets: Targets
    chance: bool = False
    local: bool = False

    def records(self, name: str) -> list[Record] | None:
        """The answer from the record sets at `name`, or None if the policy has none for this asker."""
        return self._group(name, True, 0)

    def _group(self, name: str, fail_open: bool, depth: int) -> list[Record] | None:
        return self._among(self.zone.group(name, self.type), fail_open, depth)

    def _among(self, group: list[RecordSet], fail_open: bool, depth: int) -> list[Record] | None:
        if not group or depth > DEEPEST_ALIAS:
            return None
        policy = policy_of(group)
        self.chance |= getattr(policy, "CHANCE", False)
        self.local |= getattr(policy, "LOCAL", False)
        standing = [found for found in group if self._stands(found)]
        found = self._choose(policy, standing, True, depth)
        if found is None and fail_open:
            found = self._choose(policy, group, False, depth)
        return found

    def _choose(
        self, policy: ModuleType, candidates: list[RecordSet], only_healthy: bool, depth: int
    ) -> list[Record] | None:
        while candidates:
            chosen = policy.choose(candidates, self.asker, self.network, self.rng)
            answers = [self._follow(found, only_healthy, depth) for found in chosen]
            if any(answer is not None for answer in answers):
                return [record for answer in answers for record in answer or ()]
            if not chosen:
                return None
            candidates = [found for found in candidates if all(found is not other for other in chosen)]
        return None

    def _stands(self, record_set: RecordSet) -> bool:
        check = record_set.get("HealthCheckId")
        return check is None or self.healthy(check)

    def _follow(self, record_set: RecordSet, only_healthy: bool, depth: int) -> list[Record] | None:
        """A record set's records; None if it is an alias that must lead to something healthy and does not."""
        alias = record_set.get("AliasTarget")
        node = record_set.get("TrafficPolicyNode") or record_set.get("TrafficPolicyInstanceId")
        if node is not None:  # further into a traffic policy's tree, which has no circles: it costs no depth
            evaluates = only_healthy and bool(record_set.get("EvaluateTargetHealth", True))
            found = self._among(self.zone.node(node), not evaluates, depth)
            return found if evaluates else found or []
        if alias is None:
            records = records_of(record_set, self.owner)
            if len(records) > 1:
                self.chance = True
                self.rng.shuffle(records)
            return records
        evaluates = only_healthy and bool(alias.get("EvaluateTargetHealth"))
        try:
            name = normal_name(alias["DNSName"])
        except BadName:
            return []
        if alias.get("HostedZoneId") == self.zone.id or self.zone.group(name, self.type):
            found = self._group(name, not evaluates, depth + 1)
            return found if evaluates else found or []
        return self._aws(name, evaluates)

    def _aws(self, name: str, evaluates: bool) -> list[Record] | None:
        """An alias to an AWS resource."""
        target = self.targets(name)
        if target is None:
            return []
        if evaluates and not target.healthy:
            return None
        number, version = type_number(self.type), _ADDRESS_TYPES.get(self.type)
        fitting = [a for a in target.addresses if version == (6 if ":" in a else 4)]
        if len(fitting) > 1:
            self.chance = True
            self.rng.shuffle(fitting)
        if name.endswith(ACCELERATORS):
            del fitting[1:]  # an alias answers with one of the two, the accelerator's own name with both
        return [Record(self.owner, number, target.ttl, encode(number, address)) for address in fitting]


def policy_of(group: list[RecordSet]) -> ModuleType:
    """The routing policy of a group: that of its first member, as all members have the same."""
    policies = kinds(f"{__package__}.routing")
    first = group[0]
    for policy in policies.values():
        claim = first.get(policy.FIELD) if policy.FIELD is not None else None
        if claim is not None and claim is not False:  # a Weight of 0 is a claim
            return policy
    return policies["simple"]
