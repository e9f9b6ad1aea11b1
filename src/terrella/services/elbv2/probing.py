"""Health checks of targets: what is asked, what an answer means, and how many make a verdict.

One success after registration is enough to be healthy; later the thresholds count.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from dataclasses import dataclass

from ...net.addresses import node_address
from .state import Plain, State
from .targets import key_of

AGENT = "ELB-HealthChecker/2.0"
HEALTHY, UNHEALTHY = "healthy", "unhealthy"


@dataclass(frozen=True, slots=True)
class Finding:
    """One probe's result. A failure has a reason in the API's words and a description; `status` is of HTTP."""

    well: bool
    reason: str | None = None
    description: str | None = None
    status: int | None = None


WELL = Finding(True)
REFUSED = Finding(False, "Target.FailedHealthChecks", "Health checks failed")
LATE = Finding(False, "Target.Timeout", "Request timed out")


@dataclass(frozen=True, slots=True)
class Watch:
    """Who probes what: a node in a zone, a target of a group."""

    load_balancer: str
    zone: str
    source: str
    group: str
    target: str


@dataclass(slots=True)
class Opinion:
    """What one node thinks of one target."""

    state: str | None = None
    streak: int = 0

    def learn(self, finding: Finding, group: Plain) -> Plain | None:
        """The verdict, if this finding makes or changes one."""
        said = HEALTHY if finding.well else UNHEALTHY
        if said == self.state:
            self.streak = 0
            return None
        self.streak += 1
        needed = group["HealthyThresholdCount" if finding.well else "UnhealthyThresholdCount"]
        if self.state is None and finding.well:
            needed = 1
        if self.streak < needed:
            return None
        self.state, self.streak = said, 0
        if finding.well:
            return {"State": HEALTHY}
        return {"State": UNHEALTHY, "Reason": finding.reason, "Description": finding.description}


def watches(state: State) -> list[Watch]:
    """Every probe there is to make: each node of a load balancer, each target of its groups."""
    found: dict[Watch, None] = {}
    for arn, load_balancer in state.load_balancers.items():
        for group in state.groups_of(arn):
            settings = state.target_groups.get(group)
            if settings is None or not settings["HealthCheckEnabled"]:
                continue
            for target in state.targets.get(group) or ():
                for zone in load_balancer["Zones"] if target["LeftAt"] is None else ():
                    source = node_address(zone["ZoneName"], load_balancer["Number"])
                    found[Watch(arn, zone["ZoneName"], source, group, key_of(target))] = None
    return list(found)


def watched(state: State, watch: Watch) -> tuple[Plain, Plain] | None:
    """The group and the target of a watch; None when one of them is gone."""
    group = state.target_groups.get(watch.group)
    target = next((each for each in state.targets.get(watch.group) or () if key_of(each) == watch.target), None)
    return (group, target) if group is not None and target is not None else None


def known(state: State, watch: Watch) -> str | None:
    """What a node thought of a target before the region was started again."""
    seen: Plain = (state.verdicts.get(watch.group) or {}).get(watch.target, {}).get(watch.zone, {})
    return seen.get("State")


def judge(status: int, group: Plain) -> Finding:
    """What an HTTP status says."""
    if _accepts((group.get("Matcher") or {}).get("HttpCode", "200"), status):
        return Finding(True, status=status)
    said = f"Health checks failed with these codes: [{status}]"
    return Finding(False, "Target.ResponseCodeMismatch", said, status)


def request(group: Plain, address: str, port: int) -> bytes:
    """The bytes of an HTTP probe."""
    host = address if port in (80, 443) else f"{address}:{port}"
    lines = (
        f"GET {group['HealthCheckPath']} HTTP/1.1", f"Host: {host}", "Connection: close", f"User-Agent: {AGENT}",
        "Accept-Encoding: gzip, compressed",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def port_of(group: Plain, target: Plain) -> int:
    port = group["HealthCheckPort"]
    return int(target["Port"]) if port == "traffic-port" else int(port)


def _accepts(codes: str, status: int) -> bool:
    for part in codes.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False
