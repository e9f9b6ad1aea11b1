"""Custom domain names and the mappings from their paths to stages.

A regional domain name is unique within its region only, so every region of a service can have the same one:
that is what lets DNS move users between regions.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import AwsError, NotImplementedHere
from ...net.gateway_zones import hosted_zone_id
from ...region import certificates
from ...region.service import Context
from ...store.journal import Change
from .errors import BadRequestException, ConflictException, missing
from .state import State, new_id, page, service

LONGEST_NAME, LONGEST_LABEL, LONGEST_KEY = 255, 63, 300
MOST_MULTI_LEVEL = 200
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_KEY = re.compile(r"[a-zA-Z0-9$\-_.+!*'()/]*")


@service.operation
async def create_domain_name(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name = input["DomainName"].lower()
    _check_name(name)
    _check_absent(input)
    if name in ctx.state.domains:
        raise BadRequestException("The domain name you provided already exists.")
    configuration = await _configuration(ctx, input, name, new_id(ctx, 10))
    if name in ctx.state.domains:
        raise BadRequestException("The domain name you provided already exists.")
    domain = {
        "DomainName": name,
        "DomainNameArn": f"arn:aws:apigateway:{ctx.region}::/domainnames/{name}",
        "ApiMappingSelectionExpression": "$request.basepath",
        "RoutingMode": "API_MAPPING_ONLY",
        "DomainNameConfigurations": [configuration],
        "Tags": dict(input.get("Tags") or {}),
    }
    ctx.commit("domain_put", name=name, domain=domain)
    return domain


@service.operation
async def update_domain_name(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name = input["DomainName"].lower()
    old = ctx.state.domain(name)
    _check_absent(input)
    if not input.get("DomainNameConfigurations"):
        return old
    label = old["DomainNameConfigurations"][0]["ApiGatewayDomainName"].partition(".")[0].removeprefix("d-")
    configuration = await _configuration(ctx, input, name, label)
    domain = {**ctx.state.domain(name), "DomainNameConfigurations": [configuration]}
    ctx.commit("domain_put", name=name, domain=domain)
    return domain


@service.operation
def get_domain_name(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return ctx.state.domain(input["DomainName"].lower())


@service.operation
def get_domain_names(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return page([domain for _, domain in ctx.state.domains.items()], input)


@service.operation
def delete_domain_name(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name = ctx.state.domain(input["DomainName"].lower())["DomainName"]
    ctx.commit("domain_deleted", name=name)
    return {}


@service.operation
def create_api_mapping(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    domain = ctx.state.domain(input["DomainName"].lower())["DomainName"]
    mapping = {**_mapping(ctx, domain, input, ""), "ApiMappingId": new_id(ctx, 6)}
    ctx.commit("mapping_put", domain=domain, mapping=mapping)
    return mapping


@service.operation
def update_api_mapping(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    domain, old = _found(ctx, input)
    given = {key: value for key, value in input.items() if value is not None}
    mapping = {**old, **_mapping(ctx, domain, {**old, **given}, old["ApiMappingId"])}
    ctx.commit("mapping_put", domain=domain, mapping=mapping)
    return mapping


@service.operation
def get_api_mapping(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _found(ctx, input)[1]


@service.operation
def get_api_mappings(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return page(mappings_of(ctx.state, ctx.state.domain(input["DomainName"].lower())["DomainName"]), input)


@service.operation
def delete_api_mapping(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    domain, mapping = _found(ctx, input)
    ctx.commit("mapping_deleted", domain=domain, identifier=mapping["ApiMappingId"])
    return {}


def domain_of(state: State, host: str) -> str | None:
    """The domain a Host header belongs to: itself, or the wildcard above it."""
    if host in state.domains:
        return host
    wildcard = f"*.{host.partition('.')[2]}"
    return wildcard if wildcard in state.domains else None


def choose_mapping(mappings: list[dict[str, Any]], path: str) -> tuple[dict[str, Any], str] | None:
    """The mapping a path belongs to, and what is left of the path.

    With only single-level keys on a domain, the first part of the path must be the key. As soon as one key
    has several levels, the longest key the path begins with wins, be it in the middle of a word.
    """
    keys = {mapping.get("ApiMappingKey", ""): mapping for mapping in mappings}
    bare = path.lstrip("/")
    if any("/" in key for key in keys):
        fitting = [key for key in keys if key and bare.startswith(key)]
        key = max(fitting, key=len, default="")
    else:
        first = bare.partition("/")[0]
        key = first if first in keys else ""
    if key not in keys:
        return None
    rest = bare[len(key) :] if key else bare
    return keys[key], rest if rest.startswith("/") else f"/{rest}"


def mappings_of(state: State, domain: str) -> list[dict[str, Any]]:
    return [mapping for key, mapping in state.mappings.items() if key.partition("/")[0] == domain]


async def _configuration(
    ctx: Context[State], input: dict[str, Any], name: str, label: str
) -> dict[str, Any]:
    configurations = input.get("DomainNameConfigurations") or [{}]
    if len(configurations) > 1:
        raise BadRequestException("Only one domain name configuration is supported for REGIONAL endpoints")
    given = configurations[0]
    if given.get("EndpointType", "REGIONAL") != "REGIONAL":
        raise BadRequestException("HTTP APIs support only REGIONAL domain names")
    certificate = given.get("CertificateArn")
    if not certificate:
        raise BadRequestException("A certificate ARN must be provided for the domain name")
    await _check_certificate(ctx, certificate, name)
    return {
        "ApiGatewayDomainName": f"d-{label}.execute-api.{ctx.region}.amazonaws.com",
        "CertificateArn": certificate,
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": "REGIONAL",
        "HostedZoneId": hosted_zone_id(ctx.region),
        "IpAddressType": given.get("IpAddressType") or "ipv4",
        "SecurityPolicy": given.get("SecurityPolicy") or "TLS_1_2",
    }


async def _check_certificate(ctx: Context[State], arn: str, name: str) -> None:
    """The certificate must be of this region, issued, and for this name. Raises BadRequestException."""
    if not certificates.is_of_region(arn, ctx.region):
        raise BadRequestException(f"The provided certificate ARN {arn} must be in region {ctx.region}")
    if (why := await certificates.complaint(ctx, arn, name)) is not None:
        raise BadRequestException(why)


def _check_name(name: str) -> None:
    labels = name.removeprefix("*.").split(".")
    fits = len(name) <= LONGEST_NAME and len(labels) > 1
    if not fits or any(len(label) > LONGEST_LABEL or _LABEL.fullmatch(label) is None for label in labels):
        raise BadRequestException(f"Invalid domain name: {name}")


def _check_absent(input: dict[str, Any]) -> None:
    if input.get("MutualTlsAuthentication"):
        raise NotImplementedHere("apigatewayv2", "domain names with mutual TLS")
    if input.get("RoutingMode", "API_MAPPING_ONLY") != "API_MAPPING_ONLY":
        raise NotImplementedHere("apigatewayv2", "routing rules")


def _mapping(ctx: Context[State], domain: str, given: dict[str, Any], itself: str) -> dict[str, Any]:
    key = given.get("ApiMappingKey") or ""
    if len(key) > LONGEST_KEY or _KEY.fullmatch(key) is None or key.startswith("/") or key.endswith("/"):
        raise BadRequestException("Invalid API mapping key specified")
    _check_stage(ctx, given["ApiId"], given["Stage"])
    others = [each for each in mappings_of(ctx.state, domain) if each["ApiMappingId"] != itself]
    if any(each.get("ApiMappingKey", "") == key for each in others):
        raise ConflictException("ApiMapping key already exists for this domain name")
    if "/" in key and sum("/" in each.get("ApiMappingKey", "") for each in others) >= MOST_MULTI_LEVEL:
        raise BadRequestException("The number of multi-level API mappings exceeds the limit of 200")
    return {"ApiId": given["ApiId"], "ApiMappingKey": key, "Stage": given["Stage"]}


def _check_stage(ctx: Context[State], api_id: str, stage: str) -> None:
    """A mapping may lead to a REST API just as well. Raises NotFoundException."""
    if api_id not in ctx.state.apis and "apigateway" in ctx.here.services:
        try:
            ctx.call("apigateway", "GetStage", {"restApiId": api_id, "stageName": stage})
            return
        except AwsError as refusal:
            raise missing("API", api_id) from refusal
    ctx.state.one("Stage", api_id, stage)


def _found(ctx: Context[State], input: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    domain = ctx.state.domain(input["DomainName"].lower())["DomainName"]
    mapping = ctx.state.mappings.get(f"{domain}/{input['ApiMappingId']}")
    if mapping is None:
        raise missing("API mapping", input["ApiMappingId"])
    return domain, mapping


@service.change
def domain_put(state: State, change: Change, name: str, domain: dict[str, Any]) -> None:
    state.domains.put(name, domain)


@service.change
def domain_deleted(state: State, change: Change, name: str) -> None:
    state.domains.delete(name)
    for key in [key for key in state.mappings if key.partition("/")[0] == name]:
        state.mappings.delete(key)


@service.change
def mapping_put(state: State, change: Change, domain: str, mapping: dict[str, Any]) -> None:
    state.mappings.put(f"{domain}/{mapping['ApiMappingId']}", mapping)


@service.change
def mapping_deleted(state: State, change: Change, domain: str, identifier: str) -> None:
    state.mappings.delete(f"{domain}/{identifier}")
