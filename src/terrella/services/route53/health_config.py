"""What a health check may be configured as. Rules of CreateHealthCheck and UpdateHealthCheck, type by type.

Facts: "Values that you specify when you create or update health checks" in the Developer Guide.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from .errors import InvalidInput

Config = dict[str, Any]
PROBING = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})
MATCHING = frozenset({"HTTP_STR_MATCH", "HTTPS_STR_MATCH"})
SECURE = frozenset({"HTTPS", "HTTPS_STR_MATCH"})
INTERVALS = (10, 30)
DEFAULT_INTERVAL_S, DEFAULT_THRESHOLD = 30, 3
MOST_CHILDREN = 255
_OF_PROBES = (
    "IPAddress", "Port", "ResourcePath", "FullyQualifiedDomainName", "SearchString", "RequestInterval",
    "FailureThreshold", "MeasureLatency", "EnableSNI", "Regions",
)  # fmt: skip
_OF_CALCULATIONS = ("ChildHealthChecks", "HealthThreshold")
_OF_ALARMS = ("AlarmIdentifier", "InsufficientDataHealthStatus")
_OF_CONTROLS = ("RoutingControlArn",)


def completed(config: Config, created: bool = True) -> Config:
    """A checked configuration, to be `created` or updated, with the defaults AWS fills in. Raises InvalidInput."""
    kind = config["Type"]
    config = {key: value for key, value in config.items() if value is not None}
    _check_fields(config)
    if kind in PROBING:
        config = _probe_defaults(config)
        _check_probe(config)
    elif kind == "CALCULATED":
        _check_calculation(config, created)
    elif kind == "CLOUDWATCH_METRIC":
        _need(config, "AlarmIdentifier")
        config = {"InsufficientDataHealthStatus": "LastKnownStatus"} | config
    else:
        _need(config, "RoutingControlArn")
    return {"Inverted": False, "Disabled": False} | config


def updated(config: Config, input: dict[str, Any]) -> Config:
    """An existing configuration with the changes UpdateHealthCheck asks for. Raises InvalidInput."""
    fixed = ("HealthCheckId", "HealthCheckVersion", "ResetElements")
    changed = {key: value for key, value in input.items() if key not in fixed and value is not None}
    merged = config | changed
    for element in input.get("ResetElements") or ():
        merged.pop(element, None)
    if "ChildHealthChecks" in (input.get("ResetElements") or ()):
        merged["ChildHealthChecks"] = []
    return completed(merged, created=False)


def _check_fields(config: Config) -> None:
    kind = config["Type"]
    if kind in PROBING and "AlarmIdentifier" in config:  # in Route 53's own words
        raise _invalid("Basic health checks must not have an metric region specified.")
    families = {
        "CALCULATED": _OF_CALCULATIONS,
        "CLOUDWATCH_METRIC": _OF_ALARMS,
        "RECOVERY_CONTROL": _OF_CONTROLS,
    }
    own = families.get(kind, _OF_PROBES)
    for field in (*_OF_PROBES, *_OF_CALCULATIONS, *_OF_ALARMS, *_OF_CONTROLS):
        if field in config and field not in own:
            raise _invalid(f"{field} is not allowed for a health check of type {kind}")
    if "SearchString" in config and kind not in MATCHING:
        raise _invalid(f"SearchString is not allowed for a health check of type {kind}")
    if kind == "TCP" and "ResourcePath" in config:
        raise _invalid("ResourcePath is not allowed for a health check of type TCP")


def _probe_defaults(config: Config) -> Config:
    kind = config["Type"]
    defaults: Config = {
        "RequestInterval": DEFAULT_INTERVAL_S,
        "FailureThreshold": DEFAULT_THRESHOLD,
        "MeasureLatency": False,
        "EnableSNI": kind in SECURE,
    }
    if kind != "TCP":
        defaults |= {"Port": 443 if kind in SECURE else 80, "ResourcePath": "/"}
    return defaults | config


def _check_probe(config: Config) -> None:
    if "IPAddress" not in config and "FullyQualifiedDomainName" not in config:
        raise _invalid("either IPAddress or FullyQualifiedDomainName must be specified")
    if config["Type"] == "TCP":
        _need(config, "Port")
        if "IPAddress" in config and "FullyQualifiedDomainName" in config:
            raise InvalidInput(
                "TCP health checks that have IP address must not have a fully qualified domain name "
                "specified."
            )
    if config["Type"] in MATCHING:
        _need(config, "SearchString")
    if config["RequestInterval"] not in INTERVALS:
        raise _invalid("RequestInterval must be 10 or 30")
    if config["EnableSNI"] and config["Type"] not in SECURE:
        raise _invalid(f"EnableSNI is not allowed for a health check of type {config['Type']}")
    if "IPAddress" in config:
        _check_address(config["IPAddress"])
    if len(set(config.get("Regions") or ())) != len(config.get("Regions") or ()):
        raise _invalid("Regions must not name a region twice")


def _check_address(text: str) -> None:
    """AWS refuses addresses its checkers cannot reach. This world's public ones are loopback."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise _invalid(f"{text} is not a valid IP address") from error
    world = address.is_loopback or address in ipaddress.ip_network("198.18.0.0/15")
    if not world and not address.is_global:
        raise _invalid(f"{text} is a private or reserved IP address, which health checkers cannot reach")


def _check_calculation(config: Config, created: bool) -> None:
    _need(config, "ChildHealthChecks", "HealthThreshold")
    children = config["ChildHealthChecks"]
    if not children and created:
        raise _invalid("ChildHealthChecks must name at least one health check")
    if len(children) > MOST_CHILDREN:
        raise _invalid(f"ChildHealthChecks must name at most {MOST_CHILDREN} health checks")
    if len(set(children)) != len(children):
        raise _invalid("ChildHealthChecks must not name a health check twice")


def _need(config: Config, *fields: str) -> None:
    for field in fields:
        if field not in config:
            raise _invalid(f"{field} is required for a health check of type {config['Type']}")


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"Invalid parameter : {reason}")
