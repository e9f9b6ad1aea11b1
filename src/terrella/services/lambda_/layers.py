"""Layers: archives that functions share. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""

from __future__ import annotations

import base64
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import code
from .configuration import stamp
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .state import State, service

OPTIONAL = ("Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures")


@service.operation
async def publish_layer_version(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name = _name(ctx, input["LayerName"])
    package = await code.accept(ctx, input["Content"])
    ctx.now = ctx.here.clock.now()
    version = 1 + max((layer["Version"] for layer in _versions(ctx, name)), default=0)
    arn = f"arn:aws:lambda:{ctx.region}:{ctx.account}:layer:{name}"
    layer = {
        **{key: input[key] for key in OPTIONAL if input.get(key)},
        "LayerArn": arn,
        "LayerVersionArn": f"{arn}:{version}",
        "Version": version,
        "created_at": ctx.now,
        "digest": package.digest,
        "size": package.size,
    }
    ctx.commit("layer_put", key=f"{name}:{version}", layer=layer)
    return _shown(layer)


@service.operation
def get_layer_version(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _shown(_layer(ctx, _name(ctx, input["LayerName"]), input["VersionNumber"]))


@service.operation
def get_layer_version_by_arn(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    base, _, version = input["Arn"].rpartition(":")
    if not version.isdigit():
        raise InvalidParameterValueException(f"Invalid layer version ARN: {input['Arn']}")
    return _shown(_layer(ctx, _name(ctx, base), int(version)))


@service.operation
def list_layer_versions(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = _versions(ctx, _name(ctx, input["LayerName"]))
    return {"LayerVersions": [_listed(layer) for layer in sorted(found, key=_age)]}


@service.operation
def list_layers(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    newest: dict[str, dict[str, Any]] = {}
    for _, layer in sorted(ctx.state.layers.items(), key=lambda pair: pair[1]["Version"]):
        newest[layer["LayerArn"]] = layer
    return {
        "Layers": [
            {"LayerName": arn.rpartition(":")[2], "LayerArn": arn, "LatestMatchingVersion": _listed(layer)}
            for arn, layer in newest.items()
        ]
    }


@service.operation
def delete_layer_version(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    key = f"{_name(ctx, input['LayerName'])}:{input['VersionNumber']}"
    if key in ctx.state.layers:  # deleting twice is no error; functions that use it keep it
        ctx.commit("layer_put", key=key, layer=None)
    return {}


def _name(ctx: Context[State], given: str) -> str:
    prefix = f"arn:aws:lambda:{ctx.region}:{ctx.account}:layer:"
    if given.startswith("arn:") and not given.startswith(prefix):
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return given.removeprefix(prefix)


def _versions(ctx: Context[State], name: str) -> list[dict[str, Any]]:
    return [layer for key, layer in ctx.state.layers.items() if key.rpartition(":")[0] == name]


def _layer(ctx: Context[State], name: str, version: int) -> dict[str, Any]:
    layer = ctx.state.layers.get(f"{name}:{version}")
    if layer is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return layer


def _age(layer: dict[str, Any]) -> int:
    return -int(layer["Version"])


def _listed(layer: dict[str, Any]) -> dict[str, Any]:
    hidden = {"LayerArn", "created_at", "digest", "size"}
    return {key: value for key, value in layer.items() if key not in hidden} | {
        "CreatedDate": stamp(layer["created_at"])
    }


def _shown(layer: dict[str, Any]) -> dict[str, Any]:
    sha256 = base64.b64encode(bytes.fromhex(layer["digest"])).decode()
    content = {"CodeSha256": sha256, "CodeSize": layer["size"]}
    return {"Description": "", **_listed(layer), "LayerArn": layer["LayerArn"], "Content": content}


@service.change
def layer_put(state: State, change: Change, key: str, layer: dict[str, Any] | None) -> None:
    if layer is None:
        state.layers.delete(key)
    else:
        state.layers.put(key, layer)
