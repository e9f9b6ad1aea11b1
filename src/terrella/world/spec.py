"""A world's description: its regions, speed, seed, ports and credentials, as `world.toml` states them.

Pure: takes text, returns values. The flags of `terrella up` override what the file says.

    regions = ["eu-west-1", "ap-northeast-1"]    # left out: the whole planet
    speed = 10                                   # divides the durations the world owns
    seed = 7
    pass_through = false                         # may city proxies reach the real internet?
    limits = ["route53"]                         # services that take no more requests than AWS's do

    [credentials]                                # left out: anyone is let in
    AKIAEXAMPLE = "the secret key"

    [resolvers]                                  # shares of people whose resolver is not the usual one
    least_ttl = 0.0874
    least_ttl_s = 300
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..edge.habits import Habits
from ..net.addresses import is_accelerator, is_node
from ..net.places import UnknownPlace, region, region_names
from ..region.homes import GLOBAL_HOME

HIGHEST_OFFSET = 40_000
LIMITED = ("route53",)
LOW_PORTS, LOW_PORTS_AT = 1024, 8000


class SpecError(ValueError):
    """The description does not make a world. The message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class MachinePorts:
    """The ports of this machine a world listens on. Several worlds run at once by different offsets."""

    api: int = 4566
    links: int = 4567
    proxy: int = 4568
    web: int = 8080
    tls: int = 8443
    dns: int = 5353
    cities: int = 4600  # city number N has port cities + N

    def shifted(self, offset: int) -> MachinePorts:
        """The same ports, all that much higher."""
        return MachinePorts(*(getattr(self, each.name) + offset for each in fields(self)))

    def of(self, port: int) -> int:
        """The port of the machine that stands for a port of the world: 443 is `tls`, 80 `web`, 53 `dns`."""
        return {443: self.tls, 80: self.web, 53: self.dns}.get(port, port)

    def at(self, address: str, port: int) -> int:
        """The port of the machine that stands for a port of an address of the world. Load balancers and accelerators
        listen on any port: those below 1024, which few may bind, are 8000 higher, and all move with the offset."""
        if not (is_node(address) or is_accelerator(address)) or port in (80, 443):
            return self.of(port)
        offset = self.api - MachinePorts().api
        return (port + LOW_PORTS_AT if port < LOW_PORTS else port) + offset


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """Everything that must be known to start a world."""

    regions: tuple[str, ...] = field(default_factory=region_names)
    speed: float = 1.0
    seed: int = 0
    port_offset: int = 0
    pass_through: bool = False
    limits: tuple[str, ...] = ()
    credentials: dict[str, str] = field(default_factory=dict)
    resolvers: Habits = field(default_factory=Habits)

    @property
    def ports(self) -> MachinePorts:
        return MachinePorts().shifted(self.port_offset)

    def changed(self, **given: Any) -> WorldSpec:
        """The same with other values for whatever is not None. Raises SpecError."""
        return from_dict({**self.to_dict(), **{name: v for name, v in given.items() if v is not None}})

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `from_dict` reads it back."""
        return {**asdict(self), "regions": list(self.regions), "limits": list(self.limits)}


def parse(text: str) -> WorldSpec:
    """The world a `world.toml` describes. Raises SpecError."""
    try:
        return from_dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise SpecError(f"This is not TOML: {wrong}.") from None


def from_dict(data: Mapping[str, Any]) -> WorldSpec:
    """The world that plain data describes. Raises SpecError."""
    readers: dict[str, Callable[[Any], Any]] = {
        "regions": _regions,
        "speed": _speed,
        "seed": _seed,
        "port_offset": _offset,
        "pass_through": _yes_or_no,
        "limits": _limits,
        "credentials": _credentials,
        "resolvers": _resolvers,
    }
    for name in data:
        if name not in readers:
            near = difflib.get_close_matches(name, readers, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SpecError(f"A world has no setting {name!r}.{hint} There are: {', '.join(readers)}.")
    return WorldSpec(**{name: readers[name](value) for name, value in data.items()})


def regions_named(words: Iterable[str]) -> tuple[str, ...]:
    """Regions in the order of their numbers, the home of the global services always among them. `all` is
    every region there is. Raises SpecError."""
    names = {GLOBAL_HOME}
    for word in (word.strip() for word in words):
        if word == "all":
            names.update(region_names())
        elif word:
            try:
                names.add(region(word).name)
            except UnknownPlace as unknown:
                raise SpecError(str(unknown)) from None
    return tuple(name for name in region_names() if name in names)


def _regions(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise SpecError("regions is a list of region names.")
    return regions_named(value) if value else region_names()


def _speed(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 1000:
        raise SpecError(f"speed is a number from 0.1 to 1000, not {value!r}.")
    return float(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(f"seed is a whole number, not {value!r}.")
    return value


def _offset(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST_OFFSET:
        raise SpecError(f"port_offset is a whole number from 0 to {HIGHEST_OFFSET}, not {value!r}.")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise SpecError(f"pass_through is true or false, not {value!r}.")
    return value


def _limits(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not set(map(str, value)) <= set(LIMITED):
        raise SpecError(f"limits is a list of services whose rates are kept. There are: {', '.join(LIMITED)}.")
    return tuple(value)


def _credentials(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(secret, str) for secret in value.values()):
        raise SpecError("credentials is a table of access keys and their secret keys, all text.")
    return dict(value)


def _resolvers(value: Any) -> Habits:
    known = [each.name for each in fields(Habits)]
    if not isinstance(value, dict) or not set(value) <= set(known):
        raise SpecError(f"resolvers is a table of {', '.join(known)}.")
    for name, number in value.items():
        most = 604_800 if name.endswith("_s") else 1
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
            raise SpecError(f"{name} of resolvers is a number from 0 to {most}, not {number!r}.")
    habits = Habits(**{name: float(number) for name, number in value.items()})
    if sum(share for _, share in habits.shares()) > 1:
        raise SpecError("The shares of resolvers come to more than 1.")
    return habits
