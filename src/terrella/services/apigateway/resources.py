"""Resources: the tree of paths of a REST API. https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html"""

from __future__ import annotations

import re
from typing import Any

from ...region.service import Context
from .errors import BadRequestException, ConflictException
from .state import State, delete, new_id, page, put, service

Plain = dict[str, Any]
_PART = re.compile(r"[a-zA-Z0-9._\-:$,%]+|\{[a-zA-Z0-9._\-:]+\+?\}")


@service.operation
def create_resource(ctx: Context[State], input: Plain) -> Plain:
    resource = new_resource(ctx, input["restApiId"], input["parentId"], input["pathPart"])
    return {name: value for name, value in resource.items() if name != "resourceMethods"}


@service.operation
def get_resource(ctx: Context[State], input: Plain) -> Plain:
    resource = ctx.state.one("resource", input["restApiId"], input["resourceId"])
    return _as_asked(resource, input.get("embed"))


@service.operation
def get_resources(ctx: Context[State], input: Plain) -> Plain:
    ctx.state.api(input["restApiId"])
    found = [_as_asked(each, input.get("embed")) for each in ctx.state.all("resource", input["restApiId"])]
    return page(sorted(found, key=lambda each: each["path"]), input)


@service.operation
def update_resource(ctx: Context[State], input: Plain) -> Plain:
    """Another name or another parent; all below moves along."""
    api_id = input["restApiId"]
    resource = dict(ctx.state.one("resource", api_id, input["resourceId"]))
    if "parentId" not in resource:
        raise BadRequestException("Root resource cannot be updated")
    for each in input.get("patchOperations") or ():
        name = each["path"].lstrip("/")
        if name not in ("pathPart", "parentId"):
            raise BadRequestException(f"Invalid patch path {each['path']}")
        resource[name] = each.get("value")
    parent = ctx.state.one("resource", api_id, resource["parentId"])
    _check(ctx, api_id, parent, resource["pathPart"], resource["id"])
    old, path = resource["path"], _below(parent, resource["pathPart"])
    for each in ctx.state.all("resource", api_id):
        if each["path"].startswith(f"{old}/"):
            moved = {**each, "path": path + each["path"].removeprefix(old)}
            put(ctx, "resource", f"{api_id}/{each['id']}", moved)
    return _as_asked(put(ctx, "resource", f"{api_id}/{resource['id']}", {**resource, "path": path}), None)


@service.operation
def delete_resource(ctx: Context[State], input: Plain) -> Plain:
    api_id = input["restApiId"]
    resource = ctx.state.one("resource", api_id, input["resourceId"])
    if "parentId" not in resource:
        raise BadRequestException("Root resource cannot be deleted")
    for each in ctx.state.all("resource", api_id):
        if each["path"].startswith(f"{resource['path']}/"):
            delete(ctx, "resource", f"{api_id}/{each['id']}")
    return delete(ctx, "resource", f"{api_id}/{resource['id']}")


def new_resource(ctx: Context[State], api_id: str, parent_id: str, part: str) -> Plain:
    """Commit a resource below another."""
    parent = ctx.state.one("resource", api_id, parent_id)
    _check(ctx, api_id, parent, part, "")
    identifier = new_id(ctx, 6)
    resource = {
        "id": identifier, "parentId": parent_id, "pathPart": part, "path": _below(parent, part), "resourceMethods": {},
    }  # fmt: skip
    return put(ctx, "resource", f"{api_id}/{identifier}", resource)


def _check(ctx: Context[State], api_id: str, parent: Plain, part: str, itself: str) -> None:
    if _PART.fullmatch(part) is None:
        raise BadRequestException(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end."
        )
    if str(parent.get("pathPart", "")).endswith("+}"):
        raise BadRequestException(f"Cannot create a child of a resource with a greedy path variable: {parent['path']}")
    for each in ctx.state.all("resource", api_id):
        if each.get("parentId") != parent["id"] or each["id"] == itself:
            continue
        if each["pathPart"] == part:
            raise ConflictException("Another resource with the same parent already has this name: " + part)
        if each["pathPart"].startswith("{") and part.startswith("{") and _greedy(each["pathPart"]) == _greedy(part):
            raise BadRequestException(
                f"A sibling ({each['pathPart']}) of this resource already has a variable path part -- only one is "
                "allowed"
            )


def _greedy(part: str) -> bool:
    return part.endswith("+}")


def _below(parent: Plain, part: str) -> str:
    return f"{parent['path'].rstrip('/')}/{part}"


def _as_asked(resource: Plain, embed: list[str] | None) -> Plain:
    methods = resource["resourceMethods"]
    if not methods:
        return {name: value for name, value in resource.items() if name != "resourceMethods"}
    whole = "methods" in (embed or [])
    return {**resource, "resourceMethods": methods if whole else {name: {} for name in methods}}
