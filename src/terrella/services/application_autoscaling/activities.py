"""What was done to targets, the newest first."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .namespaces import check_pair
from .state import State, service
from .targets import of_dimension, page, told_of

Plain = dict[str, Any]


@service.operation
def describe_scaling_activities(ctx: Context[State], input: Plain) -> Plain:
    """Those of the last six weeks out there, the last five hundred here. What is not DynamoDB's has none."""
    check_pair(input)
    found = [
        {
            "ActivityId": identity, **told_of(each), "Description": each["description"], "Cause": each["cause"],
            "StartTime": each["at"], "EndTime": each["at"], "StatusCode": each["status"],
            "StatusMessage": each["message"],
        }
        for identity, each in reversed(list(ctx.state.activities.items()))
        if input.get("ResourceId") in (None, each["resource"]) and of_dimension(each, input)
    ]  # fmt: skip
    return page(found, "ScalingActivities", input)
