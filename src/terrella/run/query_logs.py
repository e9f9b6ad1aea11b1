"""Lines of query logs on their way from the edge to CloudWatch Logs in us-east-1, over the network, every few seconds.

Best effort, as on AWS: what cannot be delivered is kept as long as there is room, what Logs refuses is dropped; what is
lost is counted, and told in the edge's log. Nothing runs while nothing waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError, ServiceUnavailable
from ..edge.query_log import Batch, QueryLog
from ..region.homes import GLOBAL_HOME
from ..region.region import Region

log = logging.getLogger(__name__)

EVERY_S, PATIENCE_S = 2.0, 10.0
THERE = "ResourceAlreadyExistsException"


class QueryLogs:
    """Carries what a query log gathers, by the edge's own place."""

    def __init__(self, lines: QueryLog, region: Callable[[], Region], every_s: float = EVERY_S) -> None:
        self._lines, self._region, self._every_s = lines, region, every_s
        self._streams: set[tuple[str, str]] = set()  # known to be there
        self._left: list[Batch] = []  # taken and not delivered
        self._told = 0
        self._task: asyncio.Task[None] | None = None
        lines.begun = self._begin

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def status(self) -> dict[str, Any]:
        waiting = len(self._lines) + sum(len(batch.lines) for batch in self._left)
        return {"zones": len(self._lines.groups), "waiting": waiting, "dropped": self._lines.dropped}

    def _begin(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._carry())

    async def _carry(self) -> None:
        try:
            while len(self._lines) or self._left:
                await asyncio.sleep(self._every_s)
                if not self._left:
                    self._left = self._lines.take()
                while self._left and await self._deliver(self._left[0]):
                    self._left.pop(0)
                self._tell()
        except Exception:
            log.exception("query logs: a defect")
        finally:
            self._task = None

    async def _deliver(self, batch: Batch) -> bool:
        """False if it may be tried again."""
        where = {"logGroupName": batch.group, "logStreamName": batch.stream}
        events = [{"timestamp": at, "message": text} for at, text in batch.lines]
        try:
            async with asyncio.timeout(PATIENCE_S):
                if (batch.group, batch.stream) not in self._streams:
                    await self._make(where)
                    self._streams.add((batch.group, batch.stream))
                await self._ask("PutLogEvents", {**where, "logEvents": events})
        except (TimeoutError, ServiceUnavailable):
            return False
        except AwsError as refused:
            if refused.status >= 500:
                return False
            self._streams.discard((batch.group, batch.stream))
            self._lines.dropped += len(batch.lines)
            log.warning("query logs: %s refuses: %s", batch.group, refused.message or refused.error_code)
        return True

    async def _make(self, where: dict[str, str]) -> None:
        try:
            await self._ask("CreateLogStream", where)
        except AwsError as error:
            if error.error_code != THERE:
                raise

    async def _ask(self, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        return await self._region().request("logs", operation, input, region=GLOBAL_HOME)

    def _tell(self) -> None:
        if self._lines.dropped > self._told:
            log.warning("query logs: %d lines have been dropped so far", self._lines.dropped)
            self._told = self._lines.dropped
