"""What an import could not take, as events of CloudWatch Logs."""

from __future__ import annotations

from typing import Any

import orjson

from ....core.errors import AwsError
from ....region.service import Context
from ..state import State
from .buckets import Failed


class Log:
    """One log stream, made when there is something to tell. What is told twice after a crash stands there twice."""

    def __init__(self, ctx: Context[State], group: str, stream: str) -> None:
        self._ctx, self._group, self._stream, self._made = ctx, group, stream, False
        self._events: list[dict[str, Any]] = []

    def add(self, about: dict[str, Any]) -> None:
        """Something to tell."""
        message = orjson.dumps(about).decode()
        self._events.append({"timestamp": int(self._ctx.here.clock.now() * 1000), "message": message})

    async def flush(self) -> None:
        """Tell it. Failed if nobody hears it."""
        if not self._events:
            return
        place = {"logGroupName": self._group, "logStreamName": self._stream}
        try:
            if not self._made:
                await self._make("CreateLogGroup", {"logGroupName": self._group})
                await self._make("CreateLogStream", place)
                self._made = True
            await self._ctx.request("logs", "PutLogEvents", {**place, "logEvents": self._events})
        except AwsError as refusal:
            raise Failed(f"CloudWatchLogs{refusal.error_code}", refusal.message) from None
        self._events = []

    async def _make(self, operation: str, input: dict[str, Any]) -> None:
        try:
            await self._ctx.request("logs", operation, input)
        except AwsError as refusal:
            if refusal.error_code != "ResourceAlreadyExistsException":
                raise
