"""From a city to wherever a name leads: resolve, cross, connect, relay every byte at the internet's pace."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable

from ..edge.habits import PLAIN, Habit, Habits
from ..edge.zones import normal_name
from ..net.addresses import address_of, place_of
from ..net.places import OPERATOR
from ..wire.dns import TYPES, BadName
from .crossing import Crossing
from .lookup import Lookups, NoAnswer, Told
from .relay import Relay

log = logging.getLogger(__name__)

HOST_UNREACHABLE, REFUSED, FAILURE = 4, 5, 1  # SOCKS replies


class Unreachable(Exception):
    """There is no way; the message says why, `status` in HTTP and `socks` in SOCKS."""

    def __init__(self, sentence: str, status: int = 502, socks: int = HOST_UNREACHABLE) -> None:
        super().__init__(sentence)
        self.status, self.socks = status, socks


class Journey:
    """Makes connections for people in cities."""

    def __init__(
        self,
        crossing: Crossing,
        lookups: Lookups,
        port_of: Callable[[str, int], int],
        pass_through: bool,
        habits: Habits | None = None,
    ) -> None:
        self._crossing, self._lookups, self._habits = crossing, lookups, habits or Habits()
        self._port_of, self._pass_through = port_of, pass_through
        self._loop = asyncio.get_running_loop()
        self._remarked: tuple[str, str] | None = None

    def remark(self, city: str, host: str, why: Unreachable) -> None:
        """Log why somebody got nowhere, for clients do not show it; not twice in a row for the same name."""
        if self._remarked != (city, host):
            self._remarked = (city, host)
            log.info("%s did not reach %.200s: %s", city, host, why)

    def habit(self, resolver: str) -> Habit:
        """The habit of a resolver a client names; the plain one if it names none. Raises Unreachable."""
        try:
            return self._habits.named(resolver) if resolver else PLAIN
        except ValueError as wrong:
            raise Unreachable(str(wrong), 400, FAILURE) from None

    async def connect(
        self, city: str, host: str, port: int, habit: Habit = PLAIN, tell: Callable[[Told], None] | None = None
    ) -> Relay:
        """A relay whose far end is connected. Waits as long as a struck way makes it. `tell` hears what the city's
        resolver of that habit said. Raises Unreachable."""
        addresses = await self._addresses(city, host, habit, tell)
        if addresses is None:
            return await self._pass(city, host, port)
        failure = Unreachable(f"{host} has no address.")
        for address in addresses:
            place = place_of(address)
            if place is None or place.name == OPERATOR:
                failure = Unreachable(f"{host} leads to {address}, where nothing of this world is.")
                continue
            try:
                return await self._connect(city, place.name, address, port)
            except Unreachable as refused:
                failure = refused
        raise failure

    async def _addresses(
        self, city: str, host: str, habit: Habit, tell: Callable[[Told], None] | None
    ) -> list[str] | None:
        """None for what is not of this world, if such is passed through."""
        try:
            return [str(ipaddress.IPv4Address(host))]
        except ValueError:
            pass
        try:
            told = await self._lookups.told(city, normal_name(host), TYPES["A"], habit)
        except NoAnswer:
            raise Unreachable(f"The name servers do not tell {city} where {host} is.", 504) from None
        except BadName:
            raise Unreachable(f"{host[:200]!r} is no host name.", 400, FAILURE) from None
        if tell is not None:
            tell(told)
        found = told.addresses()
        if found is None and not self._pass_through:
            left_s = self._lookups.remembered_s(city, normal_name(host), habit)
            raise Unreachable(
                f"This world knows no {host}, and does not pass on to the real internet (`pass_through` in "
                f"world.toml). The resolver of {city} remembers that for another {left_s:.0f} s, even if the "
                "name is made meanwhile; those of other cities do not."
            )
        return found

    async def _connect(self, city: str, place: str, address: str, port: int) -> Relay:
        """The handshake takes one round trip."""
        relay = Relay(self._crossing, city, place)
        await self._crossing.cross(city, place)
        try:
            await self._loop.create_connection(
                lambda: relay.far, address, self._port_of(address, port), local_addr=(address_of(city), 0)
            )
        except OSError:
            await self._crossing.cross(place, city)
            raise Unreachable(
                f"{address}, in {place}, refuses connections to port {port}.", 502, REFUSED
            ) from None
        try:
            await self._crossing.cross(place, city)
        except asyncio.CancelledError:
            relay.abort()
            raise
        return relay

    async def _pass(self, city: str, host: str, port: int) -> Relay:
        """To the real internet, which has delays of its own."""
        relay = Relay(self._crossing, OPERATOR, OPERATOR)
        try:
            await self._loop.create_connection(lambda: relay.far, host, port)
        except OSError as error:
            raise Unreachable(f"{host} of the real internet cannot be reached: {error}.") from None
        return relay
