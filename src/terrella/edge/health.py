"""Health checks: probes from eight regions become one verdict. Knows nothing of routing.

Every checker keeps its own opinion: as many probes in a row as FailureThreshold says must disagree to turn
it. The check is healthy while more than 18 % of the checkers that still report say so.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html

Invariant: a check is well until enough is known; a disabled one is well; Inverted turns a verdict around,
last. A checker that has gone silent for three intervals and its timeouts (it may itself be cut off) no
longer counts; if all have, the verdict stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..net.addresses import subnet_of
from ..net.places import CHECKER_REGIONS
from .probe import Finding

QUORUM = 0.18
LEAVING_S = 3600.0  # of the world
CHECKERS_PER_REGION = 2  # about sixteen probe each endpoint: at 30 s one arrives every 2 s
ENDPOINT_TYPES = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})
PROBE_LIMIT_S = 12.0  # the longest a probe may take: 10 s to connect by TCP, and room to report


@dataclass(frozen=True, slots=True)
class Checker:
    """One of the probers of a region. `place` is where in the network it stands."""

    region: str
    number: int

    @property
    def place(self) -> str:
        return f"checker-{self.region}"

    @property
    def address(self) -> str:
        """The address reports name it by, out of the range of its place."""
        subnet = subnet_of(self.place)
        assert subnet is not None
        return subnet.replace(".0/24", f".{self.number + 1}")


@dataclass(slots=True)
class Opinion:
    """What one checker thinks. `streak` counts findings in a row that disagree with it."""

    healthy: bool = True
    streak: int = 0
    last: Finding | None = None
    last_at: float = 0.0
    failure: Finding | None = None
    failure_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """One checker's report: a row of GetHealthCheckStatus. `checked` is in seconds since 1970."""

    region: str
    address: str
    status: str
    checked: float


@dataclass(slots=True)
class HealthCheck:
    """One health check. `speed` divides the interval, for worlds whose own durations run faster."""

    id: str
    config: dict[str, Any]
    speed: float = 1.0
    opinions: dict[Checker, Opinion] = field(default_factory=dict)
    quorum: bool = True  # what the checkers say together
    told: bool | None = None  # what something other than probing says: an alarm, a routing control
    began: float | None = None  # when the first of its checkers reported
    leaving: dict[str, float] = field(default_factory=dict)  # region taken out -> until when it goes on probing
    first: bool = True  # what a checker holds before it has found anything: how it was when last known

    @property
    def interval(self) -> float:
        """Seconds from a checker's result to its next probe."""
        return int(self.config.get("RequestInterval") or 30) / self.speed

    @property
    def threshold(self) -> int:
        return int(self.config.get("FailureThreshold") or 3)

    @property
    def probes(self) -> bool:
        """Is there an endpoint to be probed just now?"""
        return self.config["Type"] in ENDPOINT_TYPES and not self.config.get("Disabled")

    @property
    def regions(self) -> list[str]:
        """Where it is to be probed from."""
        return list(self.config.get("Regions") or CHECKER_REGIONS)

    def configure(self, config: dict[str, Any], now: float) -> None:
        """Another configuration; what its checkers think is kept. A region taken out goes on for up to an hour, so that
        somebody always checks (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html)."""
        before, self.config = self.regions, config
        until = now + LEAVING_S / self.speed
        leaving = {region: until for region in before} | self.leaving
        self.leaving = {region: at for region, at in leaving.items() if region not in self.regions and at > now}

    def asks(self, checker: Checker, now: float) -> bool:
        """Does this checker go on probing? If the hour of its region is over, what it thinks counts no longer."""
        if self.leaving.get(checker.region, now + 1.0) <= now:
            del self.leaving[checker.region]
        if checker.region in self.leaving or checker.region in self.regions:
            return True
        self.opinions.pop(checker, None)
        return False

    def checkers(self) -> list[Checker]:
        """Who probes this endpoint."""
        regions = [*self.regions, *self.leaving]
        return [Checker(region, number) for region in regions for number in range(CHECKERS_PER_REGION)]

    def learn(self, checker: Checker, finding: Finding, now: float) -> bool:
        """One probe's result. True if the verdict of the checkers changed."""
        opinion = self.opinions.setdefault(checker, Opinion(self.first))
        self.began = now if self.began is None else self.began
        opinion.last, opinion.last_at = finding, now
        if not finding.healthy:
            opinion.failure, opinion.failure_at = finding, now
        opinion.streak = 0 if finding.healthy == opinion.healthy else opinion.streak + 1
        if opinion.streak >= self.threshold:
            opinion.healthy, opinion.streak = finding.healthy, 0
        return self.review(now)

    def review(self, now: float) -> bool:
        """Count again, without those gone silent. True if the verdict of the checkers changed."""
        before, since = self.quorum, now - self._patience
        reporting = [o for o in self.opinions.values() if o.last_at >= since]
        if reporting:
            unheard = self._unheard(now)
            well = sum(o.healthy for o in reporting) + unheard * self.first
            self.quorum = well / (len(reporting) + unheard) > QUORUM
        return self.quorum != before

    def _unheard(self, now: float) -> int:
        """How many checkers have had no time yet for a first report: until then they hold it as it began."""
        if self.began is None or now - self.began > self.interval + PROBE_LIMIT_S:
            return 0
        return sum(checker not in self.opinions for checker in self.checkers())

    def recall(self, quorum: bool, told: bool | None) -> None:
        """Begin as it was when last known."""
        self.quorum = self.first = quorum
        self.told = told

    def tell(self, healthy: bool) -> bool:
        """The verdict of a check that probes nothing. True if it changed."""
        changed, self.told = healthy != self.told, healthy
        return changed

    def healthy(self) -> bool:
        """The verdict, but for CALCULATED checks, which need their children."""
        if self.config.get("Disabled"):
            return self.inverted(True)
        return self.inverted(self.quorum if self.told is None else self.told)

    def inverted(self, healthy: bool) -> bool:
        """A verdict as Inverted leaves it."""
        return healthy is not bool(self.config.get("Inverted"))

    def share_healthy(self, now: float) -> float | None:
        """The share of reporting checkers that say healthy; None without any yet."""
        reporting = [o.healthy for o in self.opinions.values() if now - o.last_at <= self._patience]
        return sum(reporting) / len(reporting) if reporting else None

    def latencies(self, now: float) -> list[tuple[str, str, float]]:
        """(region, metric, milliseconds) of every checker's last probe, as far as it got."""
        return [
            (checker.region, metric, took)
            for checker, opinion in self.opinions.items()
            if opinion.last is not None and now - opinion.last_at <= self._patience
            for metric, took in opinion.last.took_ms.items()
        ]

    def observations(self) -> list[Observation]:
        """The last report of every checker: GetHealthCheckStatus."""
        return list(self._rows(lambda o: (o.last, o.last_at)))

    def failures(self) -> list[Observation]:
        """The last failure each checker saw: GetHealthCheckLastFailureReason."""
        return list(self._rows(lambda o: (o.failure, o.failure_at)))

    @property
    def _patience(self) -> float:
        return 3 * self.interval + PROBE_LIMIT_S

    def _rows(self, pick: Callable[[Opinion], tuple[Finding | None, float]]) -> Iterator[Observation]:
        for checker, opinion in self.opinions.items():
            finding, at = pick(opinion)
            if finding is not None:
                yield Observation(checker.region, checker.address, finding.text, at)


class HealthTable:
    """Every health check this edge knows. `epoch` rises whenever a verdict may have changed."""

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = lambda: 0.0) -> None:
        self._now = now
        self.checks: dict[str, HealthCheck] = {}
        self.speed = speed
        self.epoch = 0

    def put(self, id: str, config: dict[str, Any]) -> HealthCheck:
        """A new health check, or another configuration of one; what its checkers think is kept."""
        check = self.checks.get(id)
        if check is None:
            check = self.checks[id] = HealthCheck(id, config, self.speed)
        else:
            check.configure(config, self._now())
        self.epoch += 1
        return check

    def remove(self, id: str) -> None:
        """A health check is no more; records that still name it count as healthy."""
        self.checks.pop(id, None)
        self.epoch += 1

    def learn(self, id: str, checker: Checker, finding: Finding, now: float) -> bool:
        """One probe's result. True if the check's verdict changed."""
        check = self.checks.get(id)
        return check is not None and self._changed(check.learn(checker, finding, now))

    def tell(self, id: str, healthy: bool) -> bool:
        """The state of the alarm or routing control behind a check. True if it changed."""
        check = self.checks.get(id)
        return check is not None and self._changed(check.tell(healthy))

    def known(self) -> dict[str, list[bool | None]]:
        """The checks that are not as they began: what the checkers say together, and what else was told."""
        return {
            check.id: [check.quorum, check.told]
            for check in self.checks.values()
            if not check.quorum or check.told is not None
        }

    def recall(self, known: dict[str, list[bool | None]]) -> None:
        """What was known when this edge last stopped."""
        for id, (quorum, told) in known.items():
            if id in self.checks:
                self.checks[id].recall(bool(quorum), told)
        self.epoch += 1

    def review(self, now: float) -> list[str]:
        """Drop the opinions of silent checkers; the ids of checks whose verdict that changed."""
        return [check.id for check in self.checks.values() if self._changed(check.review(now))]

    def healthy(self, id: str) -> bool:
        """The verdict on one check; a check nobody knows is no reason to withhold an answer."""
        check = self.checks.get(id)
        if check is None:
            return True
        if check.config["Type"] != "CALCULATED" or check.config.get("Disabled"):
            return check.healthy()
        return check.inverted(self._enough(check.config))

    def probing(self) -> list[HealthCheck]:
        """The checks that have an endpoint to be probed."""
        return [check for check in self.checks.values() if check.probes]

    def _enough(self, config: dict[str, Any]) -> bool:
        """CALCULATED: are at least HealthThreshold children healthy? None of them is CALCULATED itself."""
        children: Iterable[str] = config.get("ChildHealthChecks", ())
        return sum(self.healthy(child) for child in children) >= int(config.get("HealthThreshold", 0))

    def _changed(self, changed: bool) -> bool:
        self.epoch += changed
        return changed
