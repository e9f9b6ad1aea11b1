"""The supervisor: starts the world's processes, watches them, strikes and heals, stops them all.

It owns no state of the world; killing it ends the world, and a new one finds everything on disk. It never
restarts a place by itself: what has died stays dead until it is revived.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .. import faults
from ..faults import FaultError
from ..net.addresses import address_of
from ..net.places import ANYCAST
from . import process
from .borrowed import Sidecar
from .channel import Channel, ChannelClosed, Message, Refused
from .cities import CITIES, CitiesPlace
from .crossing import Crossing
from .edge_place import EdgePlace
from .fork import fork
from .place import RegionPlace
from .process import Duty, Job, Tell
from .strikes import Strikes, harm_of, strangers

log = logging.getLogger(__name__)

STOP_S = 1.6  # then what has not ended is killed: two seconds in all
READY_S = 60.0
TELL_S = 5.0
DUTIES: dict[str, Callable[[Job, Crossing, Tell], Duty]] = {ANYCAST: EdgePlace, CITIES: CitiesPlace}
Progress = Callable[[dict[str, Any]], None]


class Child:
    """One process of the world. `state` is starting, up, paused, dead or stopping."""

    def __init__(self, name: str) -> None:
        self.name, self.pid, self.state, self.why = name, 0, "starting", ""
        self.channel: Channel | None = None
        self.connecting: asyncio.Future[Any] | None = None
        self.ready: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.since = time.time()


class Supervisor:
    """A world while it runs. `run` returns when it has stopped."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job, self._progress = job, progress
        self._spec, self._data = job.spec, job.data
        self._children: dict[str, Child] = {}
        self._strikes = Strikes()
        self._sidecar = Sidecar(self._data.path / "borrowed", self._data.log("borrowed").open("ab"))
        self._stop = asyncio.Event()
        self._began = time.time()
        self._busy = asyncio.Lock()  # one strike, heal or revival at a time

    async def run(self) -> int:
        """Start everything, answer until told to stop, stop everything. Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        self._data.control.unlink(missing_ok=True)
        control = await loop.create_unix_server(lambda: Channel(self._answer), str(self._data.control))
        self._data.control.chmod(0o600)
        await self._sidecar.start()
        try:
            failure = await self._start()
            if failure is not None:
                self._progress({"failed": failure})
                return 1
            self._remember("up", regions=list(self._spec.regions), speed=self._spec.speed)
            self._progress({"up": self._summary()})
            await self._stop.wait()
            return 0
        finally:
            control.close()
            await self._stop_all()
            await self._sidecar.close()
            self._data.control.unlink(missing_ok=True)
            self._remember("down")

    # Starting and stopping.

    async def _start(self) -> str | None:
        """None when every place is up, or the sentence that says why not."""
        names = [*self._spec.regions, ANYCAST, CITIES]
        for name in names:
            self._fork(name)
        waiting = {self._children[name].ready: name for name in names}
        stop = asyncio.ensure_future(self._stop.wait())
        try:
            async with asyncio.timeout(READY_S):
                while waiting:
                    waited: list[asyncio.Future[Any]] = [*waiting, stop]
                    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                    if stop.done():
                        return "Stopped while starting."
                    for future in [each for each in waiting if each.done()]:
                        name = waiting.pop(future)
                        if (why := future.result()) is not None:
                            return why
                        self._progress({"ready": len(names) - len(waiting), "of": len(names), "place": name})
        except TimeoutError:
            return f"{', '.join(waiting.values())} did not come up within {READY_S:g} s; see the logs."
        finally:
            stop.cancel()
        return None

    def _fork(self, name: str) -> Child:
        child = self._children[name] = Child(name)
        make: Callable[[Job, Crossing, Tell], Duty] = DUTIES.get(name, RegionPlace)
        job = replace(self._job, name=name, faults=self._strikes.plain(), borrowed=self._sidecar.path)
        child.pid, line = fork(name, self._data.log(name), lambda theirs: process.run(job, make, theirs))
        channel = child.channel = Channel(lambda channel, message: self._heard(child, message))
        connecting = asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=line)
        child.connecting = asyncio.ensure_future(connecting)
        return child

    def _heard(self, child: Child, message: Message) -> None:
        """What a place says unasked."""
        if message["do"] == "event":
            more = {name: value for name, value in message.items() if name not in ("do", "what")}
            self._remember(message["what"], **more)
            return
        if child.ready.done():
            return
        if message["do"] == "ready":
            child.state = "up"
            child.ready.set_result(None)
        elif message["do"] == "failed":
            child.ready.set_result(message["why"])

    def _reap(self) -> None:
        """Some process has ended."""
        for child in self._children.values():
            if child.state == "dead":
                continue
            try:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = child.pid, 0
            if pid:
                self._ended(child, status)

    def _ended(self, child: Child, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        child.why = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        unexpected = child.state in ("up", "paused")
        child.state, child.since = "dead", time.time()
        child.ended.set()
        if child.channel is not None:
            child.channel.close()
        if not child.ready.done():
            log_path = self._data.log(child.name)
            child.ready.set_result(f"{child.name} did not come up: {child.why}; {log_path} says more.")
        if unexpected and not self._stop.is_set():
            log.warning("%s %s", child.name, child.why)
            self._remember("died", place=child.name, how=child.why)

    async def _stop_all(self) -> None:
        alive = [child for child in self._children.values() if child.state != "dead"]
        for child in alive:
            if child.state == "paused":
                os.kill(child.pid, signal.SIGCONT)
            child.state = "stopping"
            if child.channel is not None and child.channel.open:
                child.channel.tell("stop")
            else:
                os.kill(child.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*(child.ended.wait() for child in alive))
        except TimeoutError:
            for child in alive:
                if child.state != "dead":
                    log.warning("%s does not stop and is killed", child.name)
                    os.kill(child.pid, signal.SIGKILL)
            await asyncio.gather(*(child.ended.wait() for child in alive))

    # What people ask.

    async def _answer(self, channel: Channel, message: Message) -> Any:
        do, by = message.get("do"), str(message.get("by", "unknown"))
        if do == "status":
            return await self._status()
        if do == "faults":
            return self._strikes.described()
        if do == "where":
            return {"proxy": self._spec.ports.proxy, "credentials": sorted(self._spec.credentials)}
        if do == "stop":
            return self._stop.set()
        if do == "arrivals":
            return await self._pass_on(message)
        if do not in ("strike", "heal", "revive"):
            raise Refused(f"A world cannot {do}.")
        async with self._busy:
            if do == "strike":
                return await self._strike(message, by)
            if do == "heal":
                return await self._heal(message.get("strike"), by)
            return await self._revive(str(message.get("name")), by)

    async def _pass_on(self, message: Message) -> Any:
        """Ask a place what only it knows."""
        child = self._children.get(str(message.get("name")))
        if child is None or child.state != "up":
            raise Refused(f"{message.get('name')} is not up.")
        more = {name: value for name, value in message.items() if name not in ("id", "do", "name")}
        return await _ask(child, str(message["do"]), **more)

    async def _strike(self, message: Message, by: str) -> dict[str, Any]:
        try:
            if "fault" in message:
                fault = faults.from_dict(message["fault"])
            else:
                fault = faults.parse(str(message.get("kind")), [str(word) for word in message["words"]])
        except FaultError as wrong:
            raise Refused(str(wrong)) from None
        unknown = strangers(fault, self._spec.regions)
        if unknown:
            raise Refused(f"This world has no {', '.join(unknown)}.")
        harm = harm_of(fault)
        if harm is not None and self._children[harm.place].state != "up":
            raise Refused(f"{harm.place} is {self._children[harm.place].state} already.")
        name = self._strikes.add(fault, time.time())
        self._remember("struck", id=name, fault=fault.to_dict(), by=by)
        if harm is not None:
            await self._harm(self._children[harm.place], harm.action)
        await self._tell_all()
        return {"id": name, "words": fault.describe()}

    async def _harm(self, child: Child, action: str) -> None:
        if action == "pause":
            child.state, child.since = "paused", time.time()
            os.kill(child.pid, signal.SIGSTOP)
        else:
            os.kill(child.pid, signal.SIGKILL)
            await child.ended.wait()

    async def _heal(self, name: Any, by: str) -> list[dict[str, Any]]:
        """Heal one fault, or all. What a fault did to a process is undone."""
        if name is not None and name not in self._strikes.names():
            raise Refused(
                f"No fault {name} is in force. In force: {', '.join(self._strikes.names()) or 'none'}."
            )
        healed = [each for each in self._strikes.described() if name in (None, each["id"])]
        for each in healed:
            harm = harm_of(self._strikes.remove(each["id"]))
            self._remember("healed", id=each["id"], fault=each["fault"], by=by)
            if harm is not None:
                await self._undo(self._children[harm.place], harm.action, by)
        await self._tell_all()
        return healed

    async def _undo(self, child: Child, action: str, by: str) -> None:
        if action == "pause" and child.state == "paused":
            os.kill(child.pid, signal.SIGCONT)
            child.state, child.since = "up", time.time()
        elif action == "kill" and child.state == "dead":
            await self._revive(child.name, by)

    async def _revive(self, name: str, by: str) -> dict[str, Any]:
        child = self._children.get(name)
        if child is None:
            raise Refused(f"This world has no {name}. It has: {', '.join(self._children)}.")
        if child.state != "dead":
            raise Refused(f"{name} is not dead; it is {child.state}.")
        for id, harm in self._strikes.harms():
            if harm.place == name:
                self._remember("healed", id=id, fault=self._strikes.remove(id).to_dict(), by=by)
        child = self._fork(name)
        why = await child.ready
        if why is not None:
            raise Refused(why)
        self._remember("revived", place=name, by=by)
        for other in self._children.values():
            if other.channel is not None and other.state == "up" and other is not child:
                other.channel.tell("peer-up", name=name)
        return {"place": name, "pid": child.pid}

    async def _tell_all(self) -> None:
        """Every process that can hear has the faults in force before this returns."""
        plain = self._strikes.plain()
        hearing = [child for child in self._children.values() if child.state == "up"]
        asked = [asyncio.wait_for(_ask(child, "faults", faults=plain), TELL_S) for child in hearing]
        for child, answer in zip(hearing, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, BaseException) and child.state == "up":
                raise Refused(f"{child.name} did not hear of it: {answer!r}")

    # What is known.

    def _summary(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "data": str(self._data.path),
            "began": self._began,
            "spec": {**self._spec.to_dict(), "credentials": sorted(self._spec.credentials)},
        }

    async def _status(self) -> dict[str, Any]:
        places = await asyncio.gather(*(self._status_of(child) for child in self._children.values()))
        return {**self._summary(), "places": places, "faults": self._strikes.described()}

    async def _status_of(self, child: Child) -> dict[str, Any]:
        known = {"name": child.name, "state": child.state, "pid": child.pid, "since": child.since}
        if child.name != CITIES:
            known["address"] = address_of(child.name)
        if child.why:
            known["why"] = child.why
        if child.state == "up":
            try:
                known.update(await asyncio.wait_for(_ask(child, "status"), 1.0))
            except (TimeoutError, ChannelClosed, Refused):
                known["why"] = "does not answer"
        return known

    def _remember(self, what: str, **more: Any) -> None:
        try:
            self._data.remember({"time": time.time(), "what": what, **more})
        except OSError as error:
            log.error("the history cannot be written: %s", error)


async def _ask(child: Child, do: str, **more: Any) -> Any:
    assert child.channel is not None
    return await child.channel.ask(do, **more)
