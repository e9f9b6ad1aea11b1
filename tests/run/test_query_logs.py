"""Lines on their way to CloudWatch Logs: batched, tried again while nobody answers, dropped when refused."""

from __future__ import annotations

import asyncio
from typing import Any

from terrella.core.errors import AwsError, ServiceUnavailable
from terrella.edge.query_log import Kind, QueryLog
from terrella.run.query_logs import QueryLogs


class ResourceNotFoundException(AwsError): ...


class Logs:
    """CloudWatch Logs, by the road the edge has to it."""

    def __init__(self, *refusals: AwsError) -> None:
        self.refusals, self.asked = list(refusals), list[tuple[str, dict[str, Any]]]()
        self.done = asyncio.Event()

    async def request(self, service: str, operation: str, input: dict[str, Any], region: str) -> dict[str, Any]:
        assert (service, region) == ("logs", "us-east-1")
        if self.refusals:
            raise self.refusals.pop(0)
        self.asked.append((operation, input))
        if operation == "PutLogEvents":
            self.done.set()
        return {}


def lines() -> QueryLog:
    log = QueryLog()
    log.begin({"Id": "c", "HostedZoneId": "Z", "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:1:log-group:g"})
    return log


async def carried(log: QueryLog, logs: Logs) -> QueryLogs:
    carrier = QueryLogs(log, lambda: logs, every_s=0.01)  # type: ignore[arg-type, return-value]
    for at in (2.0, 1.0):
        log.note(Kind("Z", "NRT1", "www A"), at)
    async with asyncio.timeout(5):
        while carrier._task is not None:
            await asyncio.sleep(0.005)
    return carrier


def test_lines_arrive_in_one_request_in_the_order_of_their_time() -> None:
    async def told() -> None:
        logs = Logs()
        carrier = await carried(lines(), logs)
        where = {"logGroupName": "g", "logStreamName": "Z/NRT1"}
        assert logs.asked[0] == ("CreateLogStream", where)
        (operation, put), = logs.asked[1:]
        assert operation == "PutLogEvents" and [each["timestamp"] for each in put["logEvents"]] == [1000, 2000]
        assert carrier.status() == {"zones": 1, "waiting": 0, "dropped": 0}

    asyncio.run(told())


def test_while_nobody_answers_they_are_kept() -> None:
    async def told() -> None:
        logs = Logs(ServiceUnavailable("no"), ServiceUnavailable("no"))
        carrier = await carried(lines(), logs)
        assert logs.asked[-1][0] == "PutLogEvents" and carrier.status()["dropped"] == 0

    asyncio.run(told())


def test_what_is_refused_is_dropped_and_counted() -> None:
    async def told() -> None:
        logs = Logs(ResourceNotFoundException("The specified log group does not exist."))
        carrier = await carried(lines(), logs)
        assert logs.asked == [] and carrier.status() == {"zones": 1, "waiting": 0, "dropped": 2}

    asyncio.run(told())
