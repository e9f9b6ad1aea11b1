"""What belongs to a function, not its versions: reserved concurrency, tags; and the account's limits."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .names import function_arn, parse
from .running import ACCOUNT_CONCURRENCY
from .state import State, service

ALWAYS_UNRESERVED = 100
MOST_TAGS = 50
MAPPING = ":event-source-mapping:"


@service.operation
def put_function_concurrency(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    record, wanted = ctx.state.function(ctx, name), input["ReservedConcurrentExecutions"]
    others = ctx.state.reserved() - (record["reserved"] or 0)
    if wanted and ACCOUNT_CONCURRENCY - others - wanted < ALWAYS_UNRESERVED:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution "
            f"below its minimum value of [{ALWAYS_UNRESERVED}]."
        )
    ctx.commit("concurrency_reserved", name=name, reserved=wanted)
    return {"ReservedConcurrentExecutions": wanted}


@service.operation
def get_function_concurrency(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    reserved = ctx.state.function(ctx, name)["reserved"]
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@service.operation
def delete_function_concurrency(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    ctx.commit("concurrency_reserved", name=name, reserved=None)
    return {}


@service.operation
def get_function_code_signing_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """No function has one, as none can be given; Lambda then names the function alone.

    https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html
    Raises ResourceNotFoundException.
    """
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    return {"FunctionName": name}


@service.operation
def get_account_settings(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    sizes = [record["latest"]["CodeSize"] for _, record in ctx.state.functions.items()]
    sizes += [config["CodeSize"] for _, config in ctx.state.versions.items()]
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - ctx.state.reserved(),
        },
        "AccountUsage": {"TotalCodeSize": sum(sizes), "FunctionCount": len(ctx.state.functions)},
    }


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    tags = _tagged(ctx, input["Resource"])["tags"]
    new = {**tags, **input["Tags"]}
    if len(new) > MOST_TAGS:
        raise InvalidParameterValueException(f"Number of tags exceeds resource tag limit of {MOST_TAGS}.")
    _retag(ctx, input["Resource"], new)
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    tags = _tagged(ctx, input["Resource"])["tags"]
    left = {key: value for key, value in tags.items() if key not in input["TagKeys"]}
    _retag(ctx, input["Resource"], left)
    return {}


@service.operation
def list_tags(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": _tagged(ctx, input["Resource"])["tags"]}


def _retag(ctx: Context[State], resource: str, tags: dict[str, str]) -> None:
    if MAPPING in resource:
        ctx.commit("source_put", source={**_tagged(ctx, resource), "tags": tags})
    else:
        ctx.commit("function_tagged", name=parse(ctx, resource)[0], tags=tags)


def _tagged(ctx: Context[State], resource: str) -> dict[str, Any]:
    """The function or event source mapping that an ARN names."""
    before, _, uuid = resource.partition(MAPPING)
    if uuid:
        source = ctx.state.sources.get(uuid)
        if source is None or before != f"arn:aws:lambda:{ctx.region}:{ctx.account}":
            raise ResourceNotFoundException("The resource you requested does not exist.")
        return dict(source)
    name, qualifier = parse(ctx, resource)
    if qualifier is not None:
        raise InvalidParameterValueException(
            "Tags on function aliases and versions are not supported. Please specify either a function name "
            "or an unqualified function ARN."
        )
    record = ctx.state.functions.get(name)
    if record is None:
        raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, name)}")
    return dict(record)


@service.change
def concurrency_reserved(state: State, change: Change, name: str, reserved: int | None) -> None:
    record = state.functions.get(name)
    assert record is not None
    state.functions.put(name, {**record, "reserved": reserved})


@service.change
def function_tagged(state: State, change: Change, name: str, tags: dict[str, str]) -> None:
    record = state.functions.get(name)
    assert record is not None
    state.functions.put(name, {**record, "tags": tags})
