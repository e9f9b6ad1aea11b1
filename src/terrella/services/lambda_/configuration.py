"""A function's settings: what may be asked for, what is kept, how it is shown, what a sandbox is told.

Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from .code import Package
from .errors import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
)
from .names import LATEST, function_arn, new_id
from .state import State

CREATING_S, UPDATING_S = 0.5, 0.2  # how long a new or changed function is not ready, in world time
LONGEST_TIMEOUT_S = 900
MOST_MEMORY_MB = 10_240
ENVIRONMENT_BYTES = 4096
MOST_LAYERS = 5
NOT_HERE = (
    "FileSystemConfigs", "CodeSigningConfigArn", "CapacityProviderConfig", "DurableConfig", "TenancyConfig",
    "ImageConfig", "AcceleratorConfig", "PublishTo",
)  # fmt: skip
RETIRED = {
    "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x",
    "nodejs14.x", "nodejs16.x", "python2.7", "python3.6", "python3.7", "python3.8", "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1", "dotnetcore3.1", "ruby2.5", "ruby2.7", "go1.x", "java8", "provided",
}  # fmt: skip
RESERVED_KEYS = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip
KEPT = (
    "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "KMSKeyArn", "DeadLetterConfig",
    "TracingConfig", "EphemeralStorage", "Architectures", "LoggingConfig",
    "VpcConfig",  # state: a function reaches the same with or without a network of its own
)  # fmt: skip


def check(ctx: Context[State], asked: dict[str, Any]) -> None:
    """Refuse settings Lambda refuses, and those this world does not have."""
    _refuse_absent(asked)
    runtime = asked.get("Runtime")
    if runtime in RETIRED:
        raise InvalidParameterValueException(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    if runtime:
        ctx.here.ports.functions.check(runtime)
    if asked.get("Timeout", 0) > LONGEST_TIMEOUT_S:
        raise ValidationException(
            f"1 validation error detected: Value '{asked['Timeout']}' at 'timeout' failed to satisfy "
            f"constraint: Member must have value less than or equal to {LONGEST_TIMEOUT_S}"
        )
    if asked.get("MemorySize", 0) > MOST_MEMORY_MB:
        raise InvalidParameterValueException(
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to "
            f"{MOST_MEMORY_MB}"
        )
    _check_environment((asked.get("Environment") or {}).get("Variables") or {})


def _refuse_absent(asked: dict[str, Any]) -> None:
    for name in NOT_HERE:
        if asked.get(name):
            raise NotImplementedHere("lambda", name)
    if (asked.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise NotImplementedHere("lambda", "SnapStart")
    if (asked.get("LoggingConfig") or {}).get("LogFormat", "Text") != "Text":
        raise NotImplementedHere("lambda", "LoggingConfig with LogFormat JSON")
    if asked.get("PackageType") == "Image":
        raise NotImplementedHere("lambda", "container images")


def _check_environment(variables: dict[str, str]) -> None:
    reserved = sorted(RESERVED_KEYS & variables.keys())
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    if sum(len(key.encode()) + len(value.encode()) for key, value in variables.items()) > ENVIRONMENT_BYTES:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit. String measured: {json.dumps(variables)}"
        )


def layers(ctx: Context[State], arns: list[str]) -> list[dict[str, Any]]:
    """The layers of a function, in order. Raises InvalidParameterValueException for one that is not here."""
    if len(arns) > MOST_LAYERS:
        raise InvalidParameterValueException(f"Layers list exceeds the limit of {MOST_LAYERS}.")
    found = []
    for arn in arns:
        name, _, version = arn.rpartition(":")
        layer = ctx.state.layers.get(f"{name.rpartition(':')[2]}:{version}")
        if layer is None or layer["LayerVersionArn"] != arn:
            raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
        found.append({"Arn": arn, "CodeSize": layer["size"], "digest": layer["digest"]})
    return found


def new(ctx: Context[State], name: str, asked: dict[str, Any], package: Package) -> dict[str, Any]:
    """The configuration of a function that is being created."""
    base = {
        "FunctionName": name,
        "FunctionArn": function_arn(ctx, name),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": LATEST,
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        "Environment": None,
        "Layers": [],
        "ready_at": ctx.now + ctx.scaled(CREATING_S),
    }
    config = changed(ctx, base, asked, package)
    return {**config, "settled_at": ctx.now}


def changed(
    ctx: Context[State], config: dict[str, Any], asked: dict[str, Any], package: Package | None = None
) -> dict[str, Any]:
    """A configuration with changes asked for, at a new revision."""
    new = {**config, **{key: asked[key] for key in KEPT if asked.get(key) is not None}}
    if asked.get("Environment") is not None:
        new["Environment"] = dict(asked["Environment"].get("Variables") or {})
    if asked.get("Layers") is not None:
        new["Layers"] = layers(ctx, asked["Layers"])
    if package is not None:
        new |= {"CodeSha256": package.sha256, "CodeSize": package.size, "digest": package.digest}
    return new | {
        "RevisionId": new_id(ctx),
        "modified_at": ctx.now,
        "settled_at": ctx.now + ctx.scaled(UPDATING_S),
    }


def shown(ctx: Context[State], config: dict[str, Any], qualifier: str | None = None) -> dict[str, Any]:
    """As the API returns it. `qualifier` is what the caller asked for; the ARN repeats it."""
    hidden = {"digest", "modified_at", "settled_at", "ready_at", "Environment", "Layers"}
    output = {key: value for key, value in config.items() if key not in hidden}
    output["LastModified"] = stamp(config["modified_at"])
    output["SnapStart"] = {"ApplyOn": "None", "OptimizationStatus": "Off"}
    if qualifier or config["Version"] != LATEST:
        output["FunctionArn"] = f"{config['FunctionArn']}:{qualifier or config['Version']}"
    if config["Environment"] is not None:
        output["Environment"] = {"Variables": config["Environment"]}
    if config["Layers"]:
        output["Layers"] = [
            {"Arn": layer["Arn"], "CodeSize": layer["CodeSize"]} for layer in config["Layers"]
        ]
    return output | _status(ctx, config)


def _status(ctx: Context[State], config: dict[str, Any]) -> dict[str, Any]:
    if not is_ready(config, ctx.now):
        return {
            "State": "Pending",
            "StateReason": "The function is being created.",
            "StateReasonCode": "Creating",
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": "The function is being created.",
            "LastUpdateStatusReasonCode": "Creating",
        }
    status = {"State": "Active"}
    warning = ctx.here.ports.functions.check(config["Runtime"])
    if warning:
        status["StateReason"] = warning
    if ctx.now < config["settled_at"]:
        return status | {
            "LastUpdateStatus": "InProgress",
            "LastUpdateStatusReason": "The function is being created.",
            "LastUpdateStatusReasonCode": "Creating",
        }
    return status | {"LastUpdateStatus": "Successful"}


def is_ready(config: dict[str, Any], now: float) -> bool:
    return now >= config["ready_at"]


def check_ready(config: dict[str, Any], now: float) -> None:
    """Refuse to do anything with a function that is still being created."""
    if not is_ready(config, now):
        raise ResourceConflictException(
            "The operation cannot be performed at this time. The function is currently in the following "
            "state: Pending"
        )


def check_revision(revision: str | None, input: dict[str, Any]) -> None:
    """Refuse to change what is not what the caller last saw."""
    if input.get("RevisionId") not in (None, revision):
        raise PreconditionFailedException(
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API "
            "to retrieve the latest RevisionId"
        )


def spec(state: State, config: dict[str, Any]) -> dict[str, Any]:
    """What a sandbox is told of a function version."""
    arn = f"{config['FunctionArn']}:{config['Version']}"
    revision, found = state.specs.get(arn, ("", {}))
    if revision != config["RevisionId"]:
        found = {
            "arn": arn,
            "name": config["FunctionName"],
            "version": config["Version"],
            "revision": config["RevisionId"],
            "runtime": config["Runtime"],
            "handler": config["Handler"],
            "timeout_s": config["Timeout"],
            "memory_mb": config["MemorySize"],
            "environment": config["Environment"] or {},
            "code": config["digest"],
            "layers": [layer["digest"] for layer in config["Layers"]],
        }
        state.specs[arn] = (config["RevisionId"], found)
    return found


def stamp(seconds: float) -> str:
    """2026-11-23T10:00:00.123+0000, the form Lambda gives times in."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
