"""What an event source mapping may be asked to do, by the kind of its source.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from . import filters
from .errors import InvalidParameterValueException

Plain = dict[str, Any]

STREAM, QUEUE = "dynamodb", "sqs"
REPORT = "ReportBatchItemFailures"
DEFAULTS: dict[str, Plain] = {
    STREAM: {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {}},
        "FunctionResponseTypes": [],
    },
    QUEUE: {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []},
}
OPTIONAL = {STREAM: ("FilterCriteria",), QUEUE: ("FilterCriteria", "ScalingConfig")}
_NEVER_HERE = (
    "KMSKeyArn", "MetricsConfig", "LoggingConfig", "ProvisionedPollerConfig", "Topics", "Queues",
    "SourceAccessConfigurations", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig",
)  # fmt: skip


def kind_of(arn: str) -> str:
    """The kind of a source. NotImplementedHere for those this world has no pollers for."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn":
        raise InvalidParameterValueException(f"Unrecognized event source: {arn}.")
    if parts[2] == STREAM and "/stream/" in arn:
        return STREAM
    if parts[2] == STREAM:
        raise InvalidParameterValueException(f"Unrecognized event source, must be a stream: {arn}.")
    if parts[2] != QUEUE:
        raise NotImplementedHere("lambda", f"an event source mapping for {parts[2]}")
    return QUEUE


def given(kind: str, input: Plain) -> Plain:
    """The settings a request names, judged. InvalidParameterValueException, NotImplementedHere."""
    for name in _NEVER_HERE:
        if input.get(name):
            raise NotImplementedHere("lambda", f"an event source mapping with {name}")
    known = (*DEFAULTS[kind], *OPTIONAL[kind])
    for name in (*DEFAULTS[STREAM], *OPTIONAL[QUEUE]):
        if input.get(name) not in (None, [], {}, 0, False) and name not in known:
            raise InvalidParameterValueException(
                f"Unsupported {name} parameter for given event source mapping type."
            )
    found = {name: input[name] for name in known if input.get(name) is not None}
    if found.get("TumblingWindowInSeconds"):
        raise NotImplementedHere("lambda", "an event source mapping with TumblingWindowInSeconds")
    age = found.get("MaximumRecordAgeInSeconds", -1)
    if age != -1 and age < 60:
        raise InvalidParameterValueException("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
    filters.check(found.get("FilterCriteria"))
    _check_destination(found)
    return found


def check_whole(kind: str, settings: Plain) -> None:
    """What settings must be to one another."""
    size, window = settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"]
    if kind == QUEUE and size > 10 and window < 1:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def _check_destination(found: Plain) -> None:
    config = found.get("DestinationConfig") or {}
    target = (config.get("OnFailure") or {}).get("Destination")
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise InvalidParameterValueException(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    if target and target.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise NotImplementedHere("lambda", f"an event source mapping whose failures go to {target}")
