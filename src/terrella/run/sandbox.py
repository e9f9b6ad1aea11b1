"""One sandbox: a process that runs one function, one event at a time, and all that can go wrong with it.

Invariant: every event gets exactly one outcome, and a sandbox that timed out, crashed, needed too much memory
or spoke nonsense is ended and never used again.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..region.ports import Outcome
from .function_log import FunctionLog, Invocation, stamp
from .runtime_api import LARGEST_RESULT, RuntimeApi, event_head

EXIT_PATIENCE_S = 0.5  # between a sandbox hanging up and the news of how it ended
SIGNALS = {6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}


@dataclass(slots=True)
class Event:
    """One invocation under way in a sandbox."""

    request_id: str
    began: float
    log: Invocation
    done: asyncio.Future[Outcome]
    timer: asyncio.TimerHandle
    init_ms: float | None


class Sandbox:
    """A worker process, from its start to its end. Its owner keeps the list of those that are free."""

    def __init__(
        self,
        name: str,
        spec: dict[str, Any],
        log: FunctionLog,
        output: int,
        request_id: str,
        *,
        kill: Callable[[str], None],
        freed: Callable[[Sandbox], None],
        gone: Callable[[Sandbox], None],
    ) -> None:
        self.name, self.spec, self.log, self.output = name, spec, log, output
        self.loop = asyncio.get_running_loop()
        self.stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{spec['version']}]{name}"
        self.pid = 0
        self.alive = True
        self.idle_since = 0.0
        self.event: Event | None = None
        self.born = time.perf_counter()
        self.init_ms: float | None = None
        self.ready: asyncio.Future[bytes | None] = self.loop.create_future()  # None, or why it cannot start
        self.server: asyncio.Server | None = None  # where runtimes that are not ours knock
        self._request_id = request_id  # of the event it was started for
        self._kill, self._freed, self._gone = kill, freed, gone
        self._connections: set[RuntimeApi] = set()
        self._channel: RuntimeApi | None = None
        self._asking: RuntimeApi | None = None
        self._waiting: tuple[bytes, bytes] | None = None
        self._early = Invocation(log, self.stream)  # what is printed while no event is under way
        self._last_words = ""  # how it ended, when it ended before its first event
        self.loop.add_reader(output, self._read_output)

    def channel(self) -> RuntimeApi:
        """The one connection of a sandbox of ours: when it breaks, the sandbox is over."""
        self._channel = self.connection()
        return self._channel

    def connection(self) -> RuntimeApi:
        api = RuntimeApi(self)
        self._connections.add(api)
        return api

    def run(self, event: bytes, context: dict[str, Any]) -> asyncio.Future[Outcome]:
        """Hand over an event. The future always resolves, at the latest when the time is over."""
        assert self.alive and self.event is None
        request_id, timeout_s = context["request_id"], self.spec["timeout_s"]
        log = Invocation(self.log, self.stream)
        done: asyncio.Future[Outcome] = self.loop.create_future()
        timer = self.loop.call_later(timeout_s, self._timed_out)
        self.event = Event(request_id, time.perf_counter(), log, done, timer, self.init_ms)
        self.init_ms = None
        log.line(f"START RequestId: {request_id} Version: {self.spec['version']}")
        deadline_ms = int((time.time() + timeout_s) * 1000)
        arn, trace_id = context.get("arn", self.spec["arn"]), context.get("trace_id", "")
        client_context = context.get("client_context", "")
        self._waiting = event_head(request_id, deadline_ms, arn, trace_id, client_context, len(event)), event
        self._deliver()
        return done

    def give_up(self, failure: bytes) -> Outcome:
        """It could not start: the outcome of the event it was started for."""
        if self.alive:  # otherwise what it printed was read when it ended
            self._read_output()
        log, init_ms = self._early, self.init_ms or 0.0  # why it could not is in what it printed
        log.line(f"START RequestId: {self._request_id} Version: {self.spec['version']}")
        report = report_lines(self._request_id, init_ms, None, self.spec["memory_mb"], self.peak_kb())
        self.end()
        return Outcome(failure, "Unhandled", log.end(report + self._last_words), init_ms, init_ms, 0.0)

    def end(self) -> None:
        """Stop the process; not news to anybody."""
        if not self.alive:
            return
        self._read_output()
        self.alive = False
        self._kill(self.name)
        if self.server is not None:
            self.server.close()
        for api in list(self._connections):
            api.close()
        self.loop.remove_reader(self.output)
        os.close(self.output)
        self._gone(self)

    def _deliver(self) -> None:
        if self._asking is not None and self._waiting is not None:
            api, (head, event) = self._asking, self._waiting
            self._asking = self._waiting = None
            api.deliver(head, event)

    # What the Runtime API hears.

    def asked_for_event(self, api: RuntimeApi) -> None:
        self._asking = api
        self._started(None)
        self._deliver()

    def answered(self, request_id: str, body: bytes, peak_kb: int) -> bool:
        if self.event is None or self.event.request_id != request_id:
            return False
        peak_kb = peak_kb or self.peak_kb()
        if peak_kb > self.spec["memory_mb"] * 1024:
            self.out_of_memory()
        else:
            self._finish(body, None, peak_kb)
            self._freed(self)
        return True

    def failed(self, request_id: str, body: bytes, peak_kb: int) -> bool:
        if self.event is None or self.event.request_id != request_id:
            return False
        self._finish(body, "Unhandled", peak_kb or self.peak_kb())
        self._freed(self)
        return True

    def too_large(self) -> None:
        message = f"Response payload size exceeded maximum allowed payload size ({LARGEST_RESULT} bytes)."
        self._finish(_error("Function.ResponseSizeTooLarge", message), "Unhandled", self.peak_kb())
        self._freed(self)

    def could_not_start(self, body: bytes) -> None:
        self._started(body)

    def hung_up(self, api: RuntimeApi) -> None:
        self._connections.discard(api)
        if self._asking is api:
            self._asking = None
        if self.alive and api is self._channel:
            self.loop.call_later(EXIT_PATIENCE_S, self.exited, None)

    def _started(self, failure: bytes | None) -> None:
        if not self.ready.done():
            self.init_ms = (time.perf_counter() - self.born) * 1000
            self.ready.set_result(failure)

    # What the machine says.

    def exited(self, status: int | None) -> None:
        """The process ended, by itself. `status` is negative for a signal, None when nobody could say."""
        if not self.alive:
            return
        self._read_output()
        if status == -9:
            self.out_of_memory()
        else:
            self._over("Runtime.ExitError", self._request(_how_it_ended(status)), 0)

    def out_of_memory(self) -> None:
        """It used more memory than the function has."""
        message = self._request("Runtime exited with error: signal: killed")
        self._over("Runtime.OutOfMemory", message, self.spec["memory_mb"] * 1024)

    def _over(self, kind: str, message: str, peak_kb: int) -> None:
        report, remark = _error(kind, message), f"\n{message}\n{kind}"
        self._finish(report, "Unhandled", peak_kb, remark)
        if self.ready.done():
            self.end()
        else:
            self._last_words = remark
            self._started(report)  # whoever waits for it ends it

    def resident_kb(self) -> int:
        """Memory in use now; 0 when the machine does not say."""
        try:
            with open(f"/proc/{self.pid}/statm") as file:
                return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
        except (OSError, IndexError):
            return 0

    def peak_kb(self) -> int:
        """The most memory it ever used; 0 when the machine does not say."""
        try:
            with open(f"/proc/{self.pid}/status") as file:
                return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)
        except OSError:
            return 0

    def _timed_out(self) -> None:
        if self.event is None:
            return
        self._read_output()
        seconds = f"{self.spec['timeout_s']:.2f}"
        line = f"{stamp(time.time())} {self.event.request_id} Task timed out after {seconds} seconds\n"
        report = _error("Sandbox.Timedout", self._request(f"Task timed out after {seconds} seconds"))
        self._finish(report, "Unhandled", self.resident_kb(), "Status: timeout\n" + line)
        self.end()

    def _request(self, what: str) -> str:
        return f"RequestId: {self.event.request_id if self.event else self._request_id} Error: {what}"

    def _finish(self, payload: bytes, error: str | None, peak_kb: int, remark: str = "") -> None:
        event, self.event = self.event, None
        if event is None:
            return
        event.timer.cancel()
        self._read_output(event.log)
        took = (time.perf_counter() - event.began) * 1000
        report = report_lines(event.request_id, took, event.init_ms, self.spec["memory_mb"], peak_kb)
        tail = event.log.end(report + remark)
        if not event.done.done():
            event.done.set_result(Outcome(payload, error, tail, took, event.init_ms, peak_kb / 1024))

    def _read_output(self, log: Invocation | None = None) -> None:
        """What was printed so far. At most one pipe's worth: a chatterbox must not stop the region."""
        log = log or (self.event.log if self.event else self._early)
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return
        if data:
            log.add(data.decode("utf-8", "replace"))
        elif self.alive:
            self.loop.remove_reader(self.output)


def report_lines(request_id: str, took_ms: float, init_ms: float | None, memory_mb: int, peak_kb: int) -> str:
    """The END and REPORT lines of an invocation."""
    billed = -(-int((took_ms + (init_ms or 0)) * 1000) // 1000)
    init = f"Init Duration: {init_ms:.2f} ms\t" if init_ms is not None else ""
    used = min(memory_mb, -(-peak_kb // 1024))
    return (
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {took_ms:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {memory_mb} MB\tMax Memory Used: {used} MB\t{init}"
    )


def _how_it_ended(status: int | None) -> str:
    if not status:
        return "Runtime exited without providing a reason"
    if status < 0:
        return f"Runtime exited with error: signal: {SIGNALS.get(-status, str(-status))}"
    return f"Runtime exited with error: exit status {status}"


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()
