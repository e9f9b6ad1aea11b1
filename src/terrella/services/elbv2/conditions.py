"""Conditions of rules: checked, and in the form the API shows them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from .errors import InvalidConfigurationRequest, TooManyRules, ValidationError

Condition = dict[str, Any]
MOST_VALUES, MOST_WILDCARDS, LONGEST = 5, 6, 128
FIELDS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")
SHORT = ("host-header", "path-pattern")  # may be given as plain Values
_HOST = re.compile(r"[A-Za-z0-9.*?-]+")
_PATH = re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&*?%!(),;=]+")
_METHOD = re.compile(r"[A-Z_-]{1,40}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")  # RFC 9110 section 5.1: a * is a * here
NOT_BY_HEADER = ("host",)


def checked(given: list[Condition]) -> list[Condition]:
    """The conditions of one rule. Raises ValidationError, InvalidConfigurationRequest, TooManyRules."""
    if not given:
        raise ValidationError("A condition must be specified")
    found = [_normal(each) for each in given]
    for field in ONCE:
        if sum(each["Field"] == field for each in found) > 1:
            raise InvalidConfigurationRequest(f"The rule cannot have more than one '{field}' condition")
    texts = [text for each in found for text in _texts(each)]
    if len(texts) > MOST_VALUES:
        raise TooManyRules(f"The rule cannot have more than {MOST_VALUES} condition values")
    if sum(text.count("*") + text.count("?") for text in texts) > MOST_WILDCARDS:
        raise ValidationError(f"The rule cannot have more than {MOST_WILDCARDS} condition wildcards")
    return found


def _normal(condition: Condition) -> Condition:
    field = condition.get("Field")
    if field not in FIELDS:
        raise ValidationError(f"Condition field '{field}' must be one of '[{', '.join(FIELDS)}]'")
    config = condition.get(FIELDS[field])
    plain = condition.get("Values")
    if config is None and field not in SHORT:
        raise ValidationError(f"A '{FIELDS[field]}' must be specified with '{field}'")
    if config is not None and plain:
        raise ValidationError(f"Only one of 'Values' or '{FIELDS[field]}' can be specified")
    config = config or {"Values": plain or [], "RegexValues": condition.get("RegexValues")}
    values, patterns = config.get("Values") or [], config.get("RegexValues") or []
    if bool(values) == bool(patterns):
        raise ValidationError("A condition value must be specified")
    for pattern in patterns:
        _check_pattern(field, pattern)
    for value in values:
        _CHECKS[field](value)
    kept: dict[str, Any] = {"Values": values} if values else {"RegexValues": patterns}
    if field == "http-header":
        kept = {"HttpHeaderName": _header_name(config.get("HttpHeaderName") or ""), **kept}
    shown = {"Field": field, **({"Values": values} if field in SHORT and values else {})}
    return {**shown, FIELDS[field]: kept}


def _texts(condition: Condition) -> list[str]:
    config = condition[FIELDS[condition["Field"]]]
    found = config.get("Values") or config.get("RegexValues") or []
    return [f"{each.get('Key', '')}{each['Value']}" if isinstance(each, dict) else each for each in found]


def _check_host(value: str) -> None:
    if len(value) > LONGEST or not _HOST.fullmatch(value):
        raise ValidationError(f"Condition value '{value}' contains a character that is not valid")
    if "." not in value:
        raise ValidationError(f"Condition value '{value}' must contain at least one '.' character")


def _check_path(value: str) -> None:
    if len(value) > LONGEST or not _PATH.fullmatch(value):
        raise ValidationError(f"Condition value '{value}' contains a character that is not valid")


def _check_method(value: str) -> None:
    if not _METHOD.fullmatch(value):
        raise ValidationError(f"Condition value '{value}' is not a valid HTTP request method")


def _check_text(value: str) -> None:
    if not value or len(value) > LONGEST:
        raise ValidationError(f"Condition value '{value}' must have 1 to {LONGEST} characters")


def _check_pair(value: dict[str, Any]) -> None:
    if not value.get("Value"):
        raise ValidationError("A query string condition needs a value")
    _check_text(value["Value"])
    if value.get("Key"):
        _check_text(value["Key"])


def _check_network(value: str) -> None:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValidationError(f"Condition value '{value}' is not a valid CIDR block") from None
    if "/" not in value or value == "255.255.255.255/32":
        raise ValidationError(f"Condition value '{value}' is not a valid CIDR block")


def _check_pattern(field: str, pattern: str) -> None:
    if field not in ("host-header", "path-pattern", "http-header"):
        raise ValidationError(f"Regular expressions cannot be used with '{field}'")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValidationError(f"The regular expression '{pattern}' is not valid: {error}") from None


def _header_name(name: str) -> str:
    if not _HEADER.fullmatch(name) or name.lower() in NOT_BY_HEADER:
        raise ValidationError(f"'{name}' is not a valid HTTP header name for a condition")
    return name


_CHECKS: dict[str, Any] = {
    "host-header": _check_host,
    "path-pattern": _check_path,
    "http-header": _check_text,
    "query-string": _check_pair,
    "http-request-method": _check_method,
    "source-ip": _check_network,
}
