"""What became of alarms, kept for 30 days.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from ...region.service import Context
from .series import Plain, decoded, encoded
from .state import ENTRY, State, service

PAGE = 100
LONGEST_DATA = 4095


@service.operation
def describe_alarm_history(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Newest first, unless asked otherwise."""
    first, last = input.get("StartDate"), input.get("EndDate")
    start = ENTRY.pack(int(first.timestamp() * 1e6), 0) if first else b""
    end = ENTRY.pack(int(last.timestamp() * 1e6) + 1, 0) if last else None
    newest_first = input.get("ScanBy") != "TimestampAscending"
    size, after = input.get("MaxRecords") or PAGE, decoded(input.get("NextToken"))
    found: list[tuple[str, Plain]] = []
    for place, record in ctx.state.history.scan(start, end, reverse=newest_first):
        key = place.hex()
        if after and (key >= after if newest_first else key <= after):
            continue
        entry = orjson.loads(record)
        if _fits(entry, input):
            found.append((key, entry))
        if len(found) > size:
            break
    more = {"NextToken": encoded(found[size - 1][0])} if len(found) > size else {}
    return {"AlarmHistoryItems": [entry for _, entry in found[:size]], **more}


def entry(name: str, kind: str, summary: str, data: Plain) -> Plain:
    """One entry; its time is that of the change it comes with."""
    text = orjson.dumps({"version": "1.0", **data}, default=str).decode()
    return {
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "HistoryItemType": kind,
        "HistorySummary": summary[:255],
        "HistoryData": text if len(text) <= LONGEST_DATA else '{"version":"1.0"}',
    }


def iso(moment: float) -> str:
    """2026-01-31T12:00:00.000+0000, as CloudWatch writes times in JSON."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(moment % 1 * 1000):03d}+0000"


def _fits(entry: Plain, input: Plain) -> bool:
    types = input.get("AlarmTypes") or ["MetricAlarm"]
    return (
        input.get("AlarmName") in (None, entry["AlarmName"])
        and input.get("HistoryItemType") in (None, entry["HistoryItemType"])
        and entry["AlarmType"] in types
    )
