"""Health checkers: every checker probes its endpoint through the network and tells the edge what it found.

Sixteen per check, two in each of eight regions, each at its own moment. Intervals are divided by the world's
speed; so is a probe's patience, but never below one second, because distances are not.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import replace

from cryptography import x509

from ..edge.health import Checker, HealthCheck, HealthTable
from ..edge.probe import LARGEST_HEAD, Outcome, Plan, Stage, content, covers, judge, plan
from ..net.addresses import address_of, place_of
from ..net.places import ANYCAST
from .crossing import Crossing

log = logging.getLogger(__name__)

LEAST_PATIENCE_S = 1.0
LARGEST_BODY = 64 << 10  # before it is decompressed


class Checkers:
    """The tasks that probe, one per check and checker. `changed` is told when a verdict turns."""

    def __init__(
        self,
        health: HealthTable,
        prober: Prober,
        rng: random.Random,
        changed: Callable[[HealthCheck], None],
    ) -> None:
        self._health, self._prober, self._rng, self._changed = health, prober, rng, changed
        self._tasks: dict[tuple[str, Checker], asyncio.Task[None]] = {}

    def follow(self) -> None:
        """Begin what is new and end what is gone: call this when the health checks changed."""
        wanted = {(check.id, checker) for check in self._health.probing() for checker in check.checkers()}
        for key in self._tasks.keys() - wanted:
            self._tasks.pop(key).cancel()
        for key in wanted - self._tasks.keys():
            self._tasks[key] = asyncio.get_running_loop().create_task(self._probe_for_ever(*key))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _probe_for_ever(self, id: str, checker: Checker) -> None:
        check = self._health.checks[id]
        await asyncio.sleep(self._rng.random() * check.interval)
        while (check := self._health.checks.get(id)) is not None and self._asks(check, checker):  # type: ignore[assignment]
            try:
                outcome = await self._prober.probe(plan(id, check.config), checker.place)
                finding = judge(check.config, outcome)
            except Exception:
                log.exception("a probe for %s: a defect", id)
            else:
                if not self._prober.reports(checker.place):
                    log.info("a checker in %s cannot report", checker.region)
                elif self._health.learn(id, checker, finding, time.time()):
                    log.info("health check %s: %s", id, "healthy" if check.healthy() else "unhealthy")
                    self._changed(check)
            await asyncio.sleep(check.interval)


    def _asks(self, check: HealthCheck, checker: Checker) -> bool:
        """Is it still this checker's turn? It is not when the hour of its region is over."""
        if check.asks(checker, time.time()):
            return True
        self._tasks.pop((check.id, checker), None)
        return False


class Failed(Exception):
    """A probe did not get past a stage."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.stage: Stage = stage


class Prober:
    """One probe: resolve, connect, speak TLS and HTTP, each with its own patience, over the network."""

    def __init__(
        self,
        crossing: Crossing,
        resolve: Callable[[str, str], str | None],
        port_of: Callable[[str, int], int],
        speed: float,
    ) -> None:
        self._crossing, self._resolve, self._port_of, self._speed = crossing, resolve, port_of, speed
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname = False  # Route 53 does not look at certificates
        self._tls.verify_mode = ssl.CERT_NONE
        self._tls.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # TLS 1.0 is enough for it
        self._tls.set_ciphers("DEFAULT:@SECLEVEL=0")

    def reports(self, place: str) -> bool:
        """Do a checker's findings get to the edge? One that is itself cut off is silent, and soon does not count."""
        return self._crossing.network.reachable(place, ANYCAST)

    async def probe(self, plan: Plan, place: str, target: str | None = None) -> Outcome:
        """What a checker standing at a place finds. `target` is where the address stands, if not where it belongs."""
        address = plan.address or (self._resolve(plan.name, place) if plan.name else None)
        if address is None:
            return Outcome(failed="resolve")
        outcome = Outcome(address=address if plan.address is None else None)
        probe = _Probe(self, plan, place, address, target)
        try:
            return await probe.run(outcome)
        except Failed as failed:
            return replace(outcome, failed=failed.stage)
        finally:
            probe.close()

    def patience(self, seconds: float) -> float:
        return max(seconds / self._speed, LEAST_PATIENCE_S)


class _Probe:
    """One probe under way."""

    def __init__(self, prober: Prober, plan: Plan, place: str, address: str, target: str | None) -> None:
        self._prober, self._plan, self._place, self._address = prober, plan, place, address
        self._crossing = prober._crossing
        found = place_of(address)
        self._target = target or (found.name if found is not None else None)
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader
        self._head = b""

    async def run(self, outcome: Outcome) -> Outcome:
        """Raises Failed."""
        plan, began = self._plan, time.monotonic()
        await self._within(plan.connect_timeout, self._connect(), "connect")
        outcome = replace(outcome, connect_ms=_ms_since(began))
        if plan.tls:
            began = time.monotonic()
            await self._within(plan.connect_timeout, self._handshake(plan.server_name), "tls")
            if plan.server_name is not None and not self._shown_for(plan.server_name):
                self.close()  # once more, without the name, as Route 53 does
                await self._within(plan.connect_timeout, self._connect(), "connect")
                await self._within(plan.connect_timeout, self._handshake(None), "tls")
            outcome = replace(outcome, tls_ms=_ms_since(began))
        if plan.request is None:
            return outcome
        began = time.monotonic()
        status, reason = await self._within(plan.response_timeout, self._ask(plan.request), "response")
        outcome = replace(outcome, status=status, reason=reason, first_byte_ms=_ms_since(began))
        if plan.search is not None:
            body = await self._within(plan.body_timeout, self._body(), "body")
            outcome = replace(outcome, body=body)
        return outcome

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def _within(self, seconds: float, work: asyncio.Future | object, stage: Stage):  # type: ignore
        try:
            async with asyncio.timeout(self._prober.patience(seconds)):
                return await work  # type: ignore[misc]
        except TimeoutError:
            raise Failed(stage) from None
        except ssl.SSLError:
            raise Failed("tls") from None
        except (OSError, asyncio.IncompleteReadError):
            raise Failed("closed") from None

    async def _connect(self) -> None:
        if self._target is None:
            await asyncio.Event().wait()  # nobody of this world is there: nothing comes back
        await self._there()
        try:
            self._reader, self._writer = await asyncio.open_connection(
                self._address,
                self._prober._port_of(self._address, self._plan.port),
                local_addr=(address_of(self._place), 0),
                limit=LARGEST_HEAD,
            )
        except OSError:
            await self._back()
            raise Failed("refused") from None
        await self._back()

    async def _handshake(self, server_name: str | None) -> None:
        """TLS 1.3 takes one round trip more."""
        assert self._writer is not None
        await self._there()
        await self._writer.start_tls(self._prober._tls, server_hostname=server_name)
        await self._back()

    def _shown_for(self, name: str) -> bool:
        """Is the certificate for this name? It need not be valid. One that cannot be read is as good as any."""
        assert self._writer is not None
        shown = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        try:
            extension = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            )
        except (ValueError, TypeError, x509.ExtensionNotFound):
            return True
        return any(covers(each, name) for each in extension.value.get_values_for_type(x509.DNSName))

    async def _ask(self, request: bytes) -> tuple[int, str]:
        assert self._writer is not None
        await self._there()
        self._writer.write(request)
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise Failed("malformed") from None
        if len(head) > LARGEST_HEAD:
            raise Failed("malformed")
        self._head = head
        await self._back()
        version, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        code, _, reason = rest.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not code.isdigit():
            raise Failed("malformed")
        return int(code), reason.decode("latin-1").strip()

    async def _body(self) -> bytes:
        raw = b""
        found, enough = content(self._head, raw)
        while not enough and len(raw) < LARGEST_BODY and (part := await self._reader.read(LARGEST_BODY)):
            raw += part
            found, enough = content(self._head, raw)
        return found

    async def _there(self) -> None:
        assert self._target is not None
        await self._crossing.cross(self._place, self._target)
        if self._writer is not None and self._writer.is_closing():
            raise Failed("closed")  # reset while the probe was on its way: what is closed takes no bytes

    async def _back(self) -> None:
        assert self._target is not None
        await self._crossing.cross(self._target, self._place)


def _ms_since(began: float) -> float:
    return (time.monotonic() - began) * 1000
