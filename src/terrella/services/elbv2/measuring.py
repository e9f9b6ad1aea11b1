"""What load balancers tell CloudWatch: counted at each node, by target group where there is one, added up when asked.

A node counts in a `Tally` of its own and in one for each of its groups; the dimensions CloudWatch knows are sums of
those. Requests that no target could be chosen for are not in RequestCount, as documented.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...region.measures import Level, Measure, Meter, Spread, Together, Told
from ...region.region import Region
from ...region.service import Context
from .records import Record
from .state import State, service

MOST_TALLIES = 4096  # those of load balancers that are gone make room
UNITS = {"TargetResponseTime": "Seconds", "ProcessedBytes": "Bytes", "LambdaTargetProcessedBytes": "Bytes"}
SPREADS = frozenset({"TargetResponseTime"})
OF_GROUPS_ONLY = frozenset({
    "HealthyHostCount", "UnHealthyHostCount", "RequestCountPerTarget", "HealthyStateDNS", "UnhealthyStateDNS",
    "HealthyStateRouting", "UnhealthyStateRouting", "UnhealthyRoutingRequestCount", "UnhealthyRoutingFlowCount",
})  # fmt: skip
NODES = ("AvailabilityZone", "LoadBalancer"), ("LoadBalancer",)
GROUPS = ("AvailabilityZone", "LoadBalancer", "TargetGroup"), ("LoadBalancer", "TargetGroup")
ALONE = ("AvailabilityZone", "TargetGroup"), ("TargetGroup",)
WORSE = (500, 502, 503, 504)  # errors of the load balancer's own that are counted one by one
LAMBDA_INTERNAL = ("LambdaServiceException", "LambdaConnectionTimeout")
Key = tuple[str, str, str]


class Tally:
    """What one node counts: of itself, or of one of its groups. `per_target` is one request's share of a target."""

    __slots__ = ("_here", "fails_open", "levels", "meters", "per_target")

    def __init__(self, here: Region) -> None:
        self._here = here
        self.meters: dict[str, Meter] = {}
        self.levels: dict[str, Level] = {}
        self.per_target, self.fails_open = 1.0, False

    def add(self, at: float, metric: str, value: float = 1.0) -> None:
        meter = self.meters.get(metric)
        if meter is None:
            meter = (Spread if metric in SPREADS else Meter)(self._here.world.speed)
            self.meters[metric] = meter
            self._here.state["elbv2"].told = None
        meter.add(at, value)

    def level(self, metric: str, value: float | None, zeros: bool = True) -> None:
        """Something is so many from now on."""
        level = self.levels.get(metric)
        if level is None:
            if value is None:
                return
            level = self.levels[metric] = Level(self._here.clock.now, self._here.world.speed, zeros)
            self._here.state["elbv2"].told = None
        level.set(value)

    def shift(self, metric: str, by: int) -> None:
        """There is one more, or one less."""
        level = self.levels.get(metric)
        self.level(metric, (level.value or 0.0 if level is not None else 0.0) + by, zeros=False)


def tally_of(here: Region, load_balancer: str, zone: str, group: str = "") -> Tally:
    """Where a node in a zone counts what concerns a group of a load balancer, both by ARN, or itself."""
    tallies: dict[Key, Tally] = here.state["elbv2"].tallies
    key = (load_balancer, zone, group)
    found = tallies.get(key)
    if found is None:
        found = tallies[key] = Tally(here)
        if len(tallies) > MOST_TALLIES:
            _make_room(here.state["elbv2"])
    return found


def answered(here: Region, load_balancer: str, zone: str, record: Record, now: float) -> None:
    """A request is over."""
    node = tally_of(here, load_balancer, zone)
    node.add(now, "ProcessedBytes", float(record.received + record.sent))
    forward = record.forward
    if forward is not None and forward.target is not None:
        group = tally_of(here, load_balancer, zone, forward.group["Arn"])
        group.add(now, "RequestCount")
        _of_target(group, record, now, forward.group["TargetType"] == "lambda")
    if record.target_status is None or record.status != record.target_status:
        _of_node(node, record, now)


def _of_target(group: Tally, record: Record, now: float, function: bool) -> None:
    if record.target_status is not None:
        group.add(now, f"HTTPCode_Target_{record.target_status // 100}XX_Count")
        if record.answered_at is not None and record.sent_at is not None:
            group.add(now, "TargetResponseTime", max(record.answered_at - record.sent_at, 0.0))
    if group.fails_open:
        group.add(now, "UnhealthyRoutingRequestCount")
    if not function:
        group.add(now, "RequestCountPerTarget", group.per_target)
        if record.refused:
            group.add(now, record.refused)
        return
    group.add(now, "LambdaTargetProcessedBytes", float(record.received + record.sent))
    if record.reason != "-":
        group.add(now, "LambdaInternalError" if record.reason in LAMBDA_INTERNAL else "LambdaUserError")


def _of_node(node: Tally, record: Record, now: float) -> None:
    status = record.status
    action = record.ask.action.rpartition(",")[2] if record.ask is not None else "-"
    if action in ("fixed-response", "redirect"):
        node.add(now, "HTTP_Fixed_Response_Count" if action == "fixed-response" else "HTTP_Redirect_Count")
    if 300 <= status < 600:
        node.add(now, f"HTTPCode_ELB_{status // 100}XX_Count")
    if status in WORSE:
        node.add(now, f"HTTPCode_ELB_{status}_Count")


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    if ctx.state.told is None:
        ctx.state.told = _sums(ctx.state.tallies)
    yield from ctx.state.told


def _sums(tallies: dict[Key, Tally]) -> list[Measure]:
    """Every metric by every set of dimensions it is told by."""
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Told]] = {}
    for (load_balancer, zone, group), tally in tallies.items():
        balancer = load_balancer.partition("loadbalancer/")[2]
        known = {"AvailabilityZone": zone, "LoadBalancer": balancer, "TargetGroup": group.rpartition(":")[2]}
        namespace = "AWS/NetworkELB" if balancer.startswith("net/") else "AWS/ApplicationELB"
        parts: dict[str, Told] = {**tally.meters, **tally.levels}
        for metric, told in parts.items():
            for names in _dimensions(metric, zone, group):
                dimensions = tuple((name, known[name]) for name in names)
                found.setdefault((namespace, metric, dimensions), []).append(told)
    return [
        Measure(*key, UNITS.get(key[1].partition("_")[0], "Count"), all[0] if len(all) == 1 else Together(all))
        for key, all in found.items()
    ]


def _dimensions(metric: str, zone: str, group: str) -> Iterator[tuple[str, ...]]:
    if not group:
        yield from NODES
    elif not zone:  # of all zones together: how many of them, say
        yield GROUPS[1]
    else:
        if metric.endswith(("DNS", "StateRouting")):
            yield GROUPS[0]
            return
        yield from GROUPS
        if metric == "RequestCountPerTarget":
            yield from ALONE
        elif metric not in OF_GROUPS_ONLY:
            yield from NODES


def _make_room(state: Any) -> None:
    for key in [each for each in state.tallies if each[0] not in state.load_balancers][: MOST_TALLIES // 8]:
        del state.tallies[key]
    state.told = None
