"""Time that costs nothing: a clock that stands still until all wait, and then jumps to the next moment.

Coroutines run one at a time, in the order in which they became ready; moments that coincide keep the order in
which they were asked for.

Invariant: what happens depends on what was spawned and on nothing of the machine, so a run can be repeated.
"""

from __future__ import annotations

import heapq
import itertools
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
BEGINNING = 1_760_000_000.0  # 9 October 2025, 08:53:20 UTC


class Stuck(RuntimeError):
    """Everybody waits for something that no moment will bring."""


class VirtualClock:
    """A clock and the scheduler that moves it."""

    def __init__(self, time: float = BEGINNING) -> None:
        self.time = time
        self._moments: list[tuple[float, int, Callable[[], None]]] = []
        self._ready: deque[Callable[[], None]] = deque()
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    @types.coroutine
    def sleep(self, seconds: float) -> Generator[Any, None, None]:
        """Resume after that many virtual seconds; at once, but after everybody who is ready, for none."""
        yield seconds + 0.0 if seconds > 0.0 else 0.0

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Call something at a moment (now, if that has passed)."""
        heapq.heappush(self._moments, (max(time, self.time), next(self._numbers), do))

    def spawn(self, work: Coroutine[Any, Any, T]) -> Task[T]:
        """Begin some work as soon as whoever runs now waits. Errors nobody waits for end the run."""
        task = Task(self, work)
        self._ready.append(task.step)
        return task

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """The result of some work. Raises TimeoutError when it takes longer; the work itself goes on."""
        task = self._begun(work)
        if not task.done and not await self._either(seconds, task):
            raise TimeoutError
        return task.result()

    async def at_most(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """The same, but work that takes longer is given up."""
        task = self._begun(work)
        if not task.done and not await self._either(seconds, task):
            task.cancel()
            raise TimeoutError
        return task.result()

    def _begun(self, work: Coroutine[Any, Any, T]) -> Task[T]:
        """Work of which the first step has been made: much of it ends there and needs no moment at all."""
        task = Task(self, work)
        task.awaited = True
        task.step()
        return task

    def _either(self, seconds: float, task: Task[T]) -> Future[bool]:
        """True once the work has ended, False when the time is up."""
        either: Future[bool] = Future(self)
        task.when_done(either.yes)
        heapq.heappush(self._moments, (self.time + seconds, next(self._numbers), either.no))
        return either

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run some work to its end, and everything beside it as far as that. Raises what it raises; Stuck
        when it can never end."""
        task = self.spawn(work)
        task.awaited = True
        while not task.done:
            if self._ready:
                self._ready.popleft()()
            elif self._moments:
                self.time, _, do = heapq.heappop(self._moments)
                do()
            else:
                raise Stuck("everybody waits, and nothing is going to happen")
        return task.result()


class Future(Generic[T]):
    """A result that is not there yet. The first to resolve it counts."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.done, self.awaited = clock, False, False
        self._value: Any = None
        self._error: BaseException | None = None
        self._waiting: list[Callable[[], None]] = []

    def resolve(self, value: T) -> None:
        self._end(value, None)

    def yes(self) -> None:
        self._end(True, None)

    def no(self) -> None:
        self._end(False, None)

    def fail(self, error: BaseException) -> None:
        self._end(None, error)

    def result(self) -> T:
        """The value, or what it failed with, raised."""
        assert self.done, "asked before it was there"
        if self._error is not None:
            raise self._error
        value: T = self._value
        return value

    def when_done(self, do: Callable[[], None]) -> None:
        """Call something once it is there."""
        self.awaited = True
        if self.done:
            self.clock._ready.append(do)
        else:
            self._waiting.append(do)

    def __await__(self) -> Generator[Any, None, T]:
        if not self.done:
            yield self
        return self.result()

    def _end(self, value: Any, error: BaseException | None) -> None:
        if not self.done:
            self.done, self._value, self._error = True, value, error
            self.clock._ready.extend(self._waiting)
            self._waiting.clear()


class Task(Future[T]):
    """Some work under way."""

    def __init__(self, clock: VirtualClock, work: Coroutine[Any, Any, T]) -> None:
        super().__init__(clock)
        self._work = work

    def cancel(self) -> None:
        """End the work where it waits."""
        if not self.done:
            self._work.close()
            self.fail(TimeoutError())

    def step(self) -> None:
        """Go on until the work waits again or ends."""
        if self.done:
            return
        with self:
            waited = self._work.send(None)
            if type(waited) is float:
                clock = self.clock
                heapq.heappush(clock._moments, (clock.time + waited, next(clock._numbers), self.step))
            else:
                assert isinstance(waited, Future), f"{waited!r} is not of this clock"
                waited.when_done(self.step)

    def __enter__(self) -> None:
        """The border that keeps whatever ends the work for whoever waits for it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        if isinstance(error, StopIteration):
            self._end(error.value, None)
        elif self.awaited and isinstance(error, Exception):
            self._end(None, error)
        else:
            return False
        return True
