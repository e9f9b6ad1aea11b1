"""Event source mappings: a function that is invoked with what a stream or a queue has for it.

Their states are read off the clock. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, NotImplementedHere, ServiceUnavailable
from ...region.service import Context
from ...store.journal import Change
from . import queue_polling, source_settings, stream_polling
from .errors import InvalidParameterValueException, ResourceConflictException, ResourceNotFoundException
from .functions import page
from .names import function_arn, new_id, parse
from .source_settings import DEFAULTS, QUEUE, STREAM
from .state import State, service

Plain = dict[str, Any]

SETTLING_S = 2.0
NOTHING_YET = "No records processed"


@service.operation
async def create_event_source_mapping(ctx: Context[State], input: Plain) -> Plain:
    """Begin to invoke a function with what a source has."""
    name, qualifier = parse(ctx, input["FunctionName"])
    config = ctx.state.configuration(ctx, name, qualifier)
    arn = input.get("EventSourceArn")
    if not arn:
        raise NotImplementedHere("lambda", "an event source mapping without EventSourceArn")
    kind = source_settings.kind_of(arn)
    settings = {**DEFAULTS[kind], **source_settings.given(kind, input)}
    source_settings.check_whole(kind, settings)
    _check_position(kind, arn, input)
    await _check_source(ctx, kind, arn, config)
    _refuse_taken(ctx, arn, name, qualifier)
    now = ctx.here.clock.now()
    source = {
        "uuid": new_id(ctx),
        "arn": arn,
        "kind": kind,
        "function": name,
        "qualifier": qualifier,
        "settings": settings,
        "position": input.get("StartingPosition"),
        "enabled": input.get("Enabled") is not False,
        "created_at": now,
        "modified_at": now,
        "doing": "Creating",
        "tags": dict(input.get("Tags") or {}),
        "result": NOTHING_YET,
    }
    ctx.commit("source_put", source=source)
    _poll(ctx, source)
    return _shown(ctx, source)


@service.operation
def get_event_source_mapping(ctx: Context[State], input: Plain) -> Plain:
    return _shown(ctx, _existing(ctx, input["UUID"]))


@service.operation
def list_event_source_mappings(ctx: Context[State], input: Plain) -> Plain:
    found = [source for _, source in ctx.state.sources.items()]
    if input.get("EventSourceArn"):
        found = [each for each in found if each["arn"] == input["EventSourceArn"]]
    if input.get("FunctionName"):
        name, qualifier = parse(ctx, input["FunctionName"])
        ctx.state.function(ctx, name, qualifier)
        found = [each for each in found if (each["function"], each["qualifier"]) == (name, qualifier)]
    shown, marker = page(found, {**input, "MaxItems": input.get("MaxItems") or 100})
    return {"EventSourceMappings": [_shown(ctx, each) for each in shown], **marker}


@service.operation
def update_event_source_mapping(ctx: Context[State], input: Plain) -> Plain:
    """Alter what a mapping does, or stop it for a while: it goes on where it had been."""
    source = _existing(ctx, input["UUID"])
    settings = {**source["settings"], **source_settings.given(source["kind"], input)}
    if input.get("FilterCriteria") is not None and not input["FilterCriteria"].get("Filters"):
        settings.pop("FilterCriteria", None)
    source_settings.check_whole(source["kind"], settings)
    name, qualifier = source["function"], source["qualifier"]
    if input.get("FunctionName"):
        name, qualifier = parse(ctx, input["FunctionName"])
        ctx.state.configuration(ctx, name, qualifier)
    enabled = source["enabled"] if input.get("Enabled") is None else bool(input["Enabled"])
    doing = "Updating" if enabled == source["enabled"] else "Enabling" if enabled else "Disabling"
    altered = {**source, "settings": settings, "function": name, "qualifier": qualifier, "enabled": enabled}
    altered |= {"doing": doing, "modified_at": ctx.now}
    ctx.commit("source_put", source=altered)
    _poll(ctx, altered)
    return _shown(ctx, altered)


@service.operation
def delete_event_source_mapping(ctx: Context[State], input: Plain) -> Plain:
    source = _existing(ctx, input["UUID"])
    ctx.commit("source_deleted", uuid=source["uuid"])
    return {**_shown(ctx, source), "State": "Deleting"}


@service.start
def resume(ctx: Context[State]) -> None:
    """Go on polling where the region had stopped."""
    for source in [each for _, each in ctx.state.sources.items()]:
        _poll(ctx, source)


@service.change
def source_put(state: State, change: Change, source: Plain) -> None:
    state.sources.put(source["uuid"], source)


@service.change
def source_deleted(state: State, change: Change, uuid: str) -> None:
    state.sources.delete(uuid)
    for key in list(state.checkpoints):
        if key.startswith(f"{uuid}/"):
            state.checkpoints.delete(key)


def _poll(ctx: Context[State], source: Plain) -> None:
    """See that one poller and no more works for an enabled mapping. It ends by itself when it is not wanted."""
    uuid = source["uuid"]
    if not source["enabled"]:
        ctx.state.pollers.pop(uuid, None)
        return
    if uuid in ctx.state.pollers and source["doing"] == "Updating":
        return  # it looks at the settings each time
    token = ctx.state.pollers[uuid] = object()
    begin = stream_polling.poll if source["kind"] == STREAM else queue_polling.poll
    work = begin(ctx.here.context(service.id), uuid, token)
    try:
        ctx.here.ports.tasks.spawn(f"lambda: poll for {uuid}", work)
    except ServiceUnavailable:
        work.close()
        raise


def _existing(ctx: Context[State], uuid: str) -> Plain:
    source = ctx.state.sources.get(uuid)
    if source is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return dict(source)


def _shown(ctx: Context[State], source: Plain) -> Plain:
    settled = ctx.now - source["modified_at"] >= ctx.scaled(SETTLING_S)
    standing = "Enabled" if source["enabled"] else "Disabled"
    where = f"arn:aws:lambda:{ctx.region}:{ctx.account}:event-source-mapping"
    shown = {
        **source["settings"],
        "UUID": source["uuid"],
        "EventSourceArn": source["arn"],
        "EventSourceMappingArn": f"{where}:{source['uuid']}",
        "FunctionArn": function_arn(ctx, source["function"], source["qualifier"]),
        "LastModified": source["modified_at"],
        "State": standing if settled else source["doing"],
        "StateTransitionReason": "USER_INITIATED" if source["kind"] == QUEUE else "User action",
    }
    if source["kind"] == STREAM:
        shown |= {"StartingPosition": source["position"], "LastProcessingResult": source["result"]}
    return shown


def _check_position(kind: str, arn: str, input: Plain) -> None:
    position = input.get("StartingPosition")
    if kind == QUEUE and position is not None:
        raise InvalidParameterValueException("StartingPosition is not valid for SQS event sources.")
    if kind == STREAM and position is None:
        raise InvalidParameterValueException(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if kind == STREAM and position == "AT_TIMESTAMP":
        raise InvalidParameterValueException(
            f"Unsupported starting position for arn type: {arn}. Please use TRIM_HORIZON or LATEST."
        )


async def _check_source(ctx: Context[State], kind: str, arn: str, config: Plain) -> None:
    region = arn.split(":")[3]
    if region != ctx.region:
        raise InvalidParameterValueException(f"The event source {arn} must be in the region of the function.")
    if kind == STREAM:
        try:
            await ctx.request("dynamodbstreams", "DescribeStream", {"StreamArn": arn, "Limit": 1})
        except AwsError as refusal:
            if refusal.error_code not in ("ResourceNotFoundException", "ValidationException"):
                raise
            raise InvalidParameterValueException(f"Stream not found: {arn}") from None
        return
    timeout_s = await queue_polling.visibility_timeout_s(ctx, arn)
    if timeout_s < config["Timeout"]:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {timeout_s} seconds is less than Function timeout: {config['Timeout']} seconds"
        )


def _refuse_taken(ctx: Context[State], arn: str, name: str, qualifier: str | None) -> None:
    for source in [each for _, each in ctx.state.sources.items()]:
        if (source["arn"], source["function"], source["qualifier"]) == (arn, name, qualifier):
            raise ResourceConflictException(
                f'An event source mapping with event source arn (" {arn} ") and function '
                f'(" {name} ") already exists. Please update or delete the existing mapping with UUID '
                f"{source['uuid']}"
            )
