"""What every process of the world does beside its duty: hear of faults, tell how it is, stop when told."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import uvloop

from .. import faults
from ..net.network import Network
from ..region.region import WorldFacts
from ..region.service import Service
from ..world.spec import MachinePorts, WorldSpec
from .channel import Channel, Message, Refused
from .crossing import Crossing
from .data_dir import DataDir
from .disk.errors import DiskError
from .tls import Authority

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Which place a process is to be, and in which world."""

    name: str
    spec: WorldSpec
    data: DataDir
    authority: Authority
    services: tuple[Service[Any], ...]
    faults: list[dict[str, Any]] = field(default_factory=list)
    borrowed: str = ""  # the socket of the borrowed services

    @property
    def ports(self) -> MachinePorts:
        return self.spec.ports

    @property
    def folder(self) -> Path:
        return self.data.place(self.name)

    def random(self, what: str = "") -> random.Random:
        """Chance, from the world's seed; its own for each place and purpose."""
        return random.Random(f"{self.spec.seed} {self.name} {what}")

    def facts(self) -> WorldFacts:
        spec = self.spec
        return WorldFacts(spec.regions, spec.speed, credentials=spec.credentials, limits=spec.limits)


Tell = Callable[..., None]  # tell(what, **more): something for the world's history


class Duty(Protocol):
    """What a process is there for."""

    async def open(self) -> None:
        """Begin. Raises DiskError, PortTaken."""
        ...

    async def close(self) -> None: ...

    def struck(self, all: tuple[Any, ...]) -> None:
        """The whole set of faults in force has changed."""
        ...

    def peer_up(self, name: str) -> None: ...

    def status(self) -> dict[str, Any]: ...

    def asked(self, message: Message) -> Any:
        """A question only some duties can answer. Raises Refused."""
        ...


class PortTaken(Exception):
    """Somebody else listens where this world would; the message is the sentence."""


def run(job: Job, make: Callable[[Job, Crossing, Tell], Duty], line: socket.socket) -> int:
    """Be a place until told to stop. Returns the exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_live(job, make, line))


def cannot(message: Message) -> Refused:
    """What a place says to a question it knows nothing of."""
    return Refused(f"A place cannot {message['do']}.")


def port_taken(address: str, port: int, error: OSError) -> PortTaken:
    """The sentence for a socket that could not be had."""
    why = error.strerror or str(error)
    if error.errno == errno.EADDRNOTAVAIL:
        return PortTaken(
            f"This machine has no address {address}; macOS needs `sudo ifconfig lo0 alias {address}` first."
        )
    return PortTaken(
        f"{address}:{port} cannot be listened on ({why}); another world or program uses it. "
        "Stop that, or choose other ports with --port-offset."
    )


async def _live(job: Job, make: Callable[[Job, Crossing, Tell], Duty], line: socket.socket) -> int:
    crossing = Crossing(Network(rng=job.random("network")))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    def tell(what: str, **more: Any) -> None:
        channel.tell("event", what=what, **more)

    duty = make(job, crossing, tell)

    def answer(channel: Channel, message: Message) -> Any:
        if message["do"] == "faults":
            all = tuple(faults.from_dict(each) for each in message["faults"])
            crossing.strike(all)
            duty.struck(all)
            return None
        if message["do"] == "status":
            return duty.status()
        if message["do"] == "peer-up":
            return duty.peer_up(message["name"])
        if message["do"] == "stop":
            return stop.set()
        return duty.asked(message)

    answer(None, {"do": "faults", "faults": job.faults})  # type: ignore[arg-type]
    channel = Channel(answer, lambda channel: stop.set())
    await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=line)
    try:
        await duty.open()
    except (DiskError, PortTaken) as wrong:
        log.error("%s", wrong)
        with suppress(Exception):
            await asyncio.wait_for(channel.ask("failed", why=str(wrong)), 1.0)
        return 1
    channel.tell("ready")
    log.info("%s is up", job.name)
    await stop.wait()
    await duty.close()
    log.info("%s is down", job.name)
    return 0
