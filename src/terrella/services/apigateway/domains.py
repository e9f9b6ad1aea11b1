"""Custom domain names of REST APIs and the base paths below them.

A regional domain name is unique within its region only, so every region of a service can have the same one:
that is what lets DNS move users between regions.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...net.gateway_zones import hosted_zone_id
from ...region import certificates
from ...region.service import Context
from .errors import BadRequestException, ConflictException, missing
from .patching import patched
from .state import State, delete, kept, new_id, page, put, service, shown

Plain = dict[str, Any]
ROOT = "(none)"
_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+")
KEPT = (
    "certificateName", "regionalCertificateArn", "regionalCertificateName", "securityPolicy",
    "endpointAccessMode", "tags",
)  # fmt: skip


@service.operation
async def create_domain_name(ctx: Context[State], input: Plain) -> Plain:
    name = str(input["domainName"]).lower()
    if _NAME.fullmatch(name) is None:
        raise BadRequestException(f"Invalid domain name: {name}")
    types = (input.get("endpointConfiguration") or {}).get("types") or ["EDGE"]
    if types != ["REGIONAL"]:
        raise NotImplementedHere("apigateway", f"domain names of endpoint type {types[0]}")
    if input.get("mutualTlsAuthentication"):
        raise NotImplementedHere("apigateway", "domain names with mutual TLS")
    await _check_certificate(ctx, str(input.get("regionalCertificateArn") or ""), name)
    if name in ctx.state.domains:
        raise BadRequestException("The domain name you provided already exists.")
    made = {
        "securityPolicy": "TLS_1_2",
        **kept(input, KEPT),
        "domainName": name,
        "domainNameArn": f"arn:aws:apigateway:{ctx.region}::/domainnames/{name}",
        "domainNameStatus": "AVAILABLE",
        "certificateUploadDate": float(int(ctx.now)),
        "endpointConfiguration": {"types": types, "ipAddressType": "ipv4"},
        "regionalDomainName": f"d-{new_id(ctx)}.execute-api.{ctx.region}.amazonaws.com",
        "regionalHostedZoneId": hosted_zone_id(ctx.region),
    }
    return put(ctx, "domains", name, made)


@service.operation
def get_domain_name(ctx: Context[State], input: Plain) -> Plain:
    return shown(ctx.state.domain(input["domainName"]))


@service.operation
def get_domain_names(ctx: Context[State], input: Plain) -> Plain:
    return page([each for _, each in ctx.state.domains.items()], input)


@service.operation
async def update_domain_name(ctx: Context[State], input: Plain) -> Plain:
    made = patched(ctx.state.domain(input["domainName"]), input.get("patchOperations"))
    if made["endpointConfiguration"]["types"] != ["REGIONAL"]:
        raise NotImplementedHere("apigateway", "domain names of other endpoint types than REGIONAL")
    await _check_certificate(ctx, str(made.get("regionalCertificateArn") or ""), made["domainName"])
    return put(ctx, "domains", made["domainName"], made)


@service.operation
def delete_domain_name(ctx: Context[State], input: Plain) -> Plain:
    name = ctx.state.domain(input["domainName"])["domainName"]
    for key in [key for key in ctx.state.mappings if key.partition("/")[0] == name]:
        delete(ctx, "mappings", key)
    return delete(ctx, "domains", name)


@service.operation
def create_base_path_mapping(ctx: Context[State], input: Plain) -> Plain:
    name, path = ctx.state.domain(input["domainName"])["domainName"], input.get("basePath") or ROOT
    if f"{name}/{path}" in ctx.state.mappings:
        raise ConflictException("Base path already exists for this domain name")
    mapping = _mapping(ctx, {**kept(input, ("restApiId", "stage")), "basePath": path})
    return put(ctx, "mappings", f"{name}/{path}", mapping)


@service.operation
def get_base_path_mapping(ctx: Context[State], input: Plain) -> Plain:
    return _found(ctx, input)[1]


@service.operation
def get_base_path_mappings(ctx: Context[State], input: Plain) -> Plain:
    return page(mappings_of(ctx.state, ctx.state.domain(input["domainName"])["domainName"]), input)


@service.operation
def update_base_path_mapping(ctx: Context[State], input: Plain) -> Plain:
    name, old = _found(ctx, input)
    operations = [
        {**each, "path": str(each["path"]).replace("/restapiId", "/restApiId")}
        for each in input.get("patchOperations") or ()
    ]
    made = _mapping(ctx, patched(old, operations))
    if made["basePath"] != old["basePath"]:
        delete(ctx, "mappings", f"{name}/{old['basePath']}")
    return put(ctx, "mappings", f"{name}/{made['basePath']}", made)


@service.operation
def delete_base_path_mapping(ctx: Context[State], input: Plain) -> Plain:
    name, mapping = _found(ctx, input)
    return delete(ctx, "mappings", f"{name}/{mapping['basePath']}")


def domain_of(state: State, host: str) -> str | None:
    """The domain a Host header belongs to: itself, or the wildcard above it."""
    if host in state.domains:
        return host
    wildcard = f"*.{host.partition('.')[2]}"
    return wildcard if wildcard in state.domains else None


def mappings_of(state: State, domain: str) -> list[Plain]:
    return [each for key, each in state.mappings.items() if key.partition("/")[0] == domain]


def choose_mapping(mappings: list[Plain], path: str) -> tuple[Plain, str] | None:
    """The mapping whose base path the first part of a path is, and what is left of the path."""
    paths = {each["basePath"]: each for each in mappings}
    first, slash, rest = path.lstrip("/").partition("/")
    if first in paths and first != ROOT:
        return paths[first], slash + rest or "/"
    return (paths[ROOT], path or "/") if ROOT in paths else None


def _mapping(ctx: Context[State], given: Plain) -> Plain:
    api = ctx.state.api(given["restApiId"])
    if given.get("stage"):
        ctx.state.one("stage", api["id"], given["stage"])
    return given


def _found(ctx: Context[State], input: Plain) -> tuple[str, Plain]:
    name = ctx.state.domain(input["domainName"])["domainName"]
    mapping: Plain | None = ctx.state.mappings.get(f"{name}/{input['basePath'] or ROOT}")
    if mapping is None:
        raise missing("base path mapping")
    return name, mapping


async def _check_certificate(ctx: Context[State], arn: str, name: str) -> None:
    """The certificate must be of this region, issued, and for this name. Raises BadRequestException."""
    if not certificates.is_of_region(arn, ctx.region):
        raise BadRequestException(f"Invalid certificate ARN: {arn}. Certificate must be in '{ctx.region}'.")
    if (why := await certificates.complaint(ctx, arn, name)) is not None:
        raise BadRequestException(why)
