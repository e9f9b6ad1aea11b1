"""Attributes of load balancers, listeners and target groups: names, defaults and what values they take.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
and API_TargetGroupAttribute.html. Those a node acts on are listed in docs/services/elbv2.md; the others are kept.
"""

from __future__ import annotations

import re
from typing import Any

from .errors import InvalidConfigurationRequest, ValidationError

Attributes = dict[str, str]
BOOLEAN = "true|false"
Rule = tuple[str, str | tuple[int, int]]  # default; a pattern, or the least and the most

LOAD_BALANCER: dict[str, Rule] = {
    "access_logs.s3.enabled": ("false", BOOLEAN),
    "access_logs.s3.bucket": ("", ".*"),
    "access_logs.s3.prefix": ("", ".*"),
    "deletion_protection.enabled": ("false", BOOLEAN),
    "load_balancing.cross_zone.enabled": ("true", BOOLEAN),
    "zonal_shift.config.enabled": ("false", BOOLEAN),
    "connection_logs.s3.enabled": ("false", BOOLEAN),
    "connection_logs.s3.bucket": ("", ".*"),
    "connection_logs.s3.prefix": ("", ".*"),
    "health_check_logs.s3.enabled": ("false", BOOLEAN),
    "health_check_logs.s3.bucket": ("", ".*"),
    "health_check_logs.s3.prefix": ("", ".*"),
    "client_keep_alive.seconds": ("3600", (60, 604_800)),
    "idle_timeout.timeout_seconds": ("60", (1, 4000)),
    "ipv6.deny_all_igw_traffic": ("false", BOOLEAN),
    "routing.http.desync_mitigation_mode": ("defensive", "monitor|defensive|strictest"),
    "routing.http.drop_invalid_header_fields.enabled": ("false", BOOLEAN),
    "routing.http.preserve_host_header.enabled": ("false", BOOLEAN),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ("false", BOOLEAN),
    "routing.http.xff_client_port.enabled": ("false", BOOLEAN),
    "routing.http.xff_header_processing.mode": ("append", "append|preserve|remove"),
    "routing.http2.enabled": ("true", BOOLEAN),
    "waf.fail_open.enabled": ("false", BOOLEAN),
    "dns_record.client_routing_policy": (
        "any_availability_zone",
        "any_availability_zone|availability_zone_affinity|partial_availability_zone_affinity",
    ),
    "secondary_ips.auto_assigned.per_subnet": ("0", (0, 7)),
}
NETWORK_ONLY = ("dns_record.", "secondary_ips.")
NETWORK_ALSO = ("access_logs.", "deletion_protection.", "load_balancing.", "zonal_shift.", "ipv6.")
TARGET_GROUP: dict[str, Rule] = {
    "deregistration_delay.timeout_seconds": ("300", (0, 3600)),
    "stickiness.enabled": ("false", BOOLEAN),
    "stickiness.type": ("lb_cookie", "lb_cookie|app_cookie|source_ip|source_ip_dest_ip|source_ip_dest_ip_proto"),
    "stickiness.lb_cookie.duration_seconds": ("86400", (1, 604_800)),
    "stickiness.app_cookie.cookie_name": ("", r"[!#$%&'*+.^_`|~0-9A-Za-z-]*"),
    "stickiness.app_cookie.duration_seconds": ("86400", (1, 604_800)),
    "slow_start.duration_seconds": ("0", (0, 900)),
    "load_balancing.algorithm.type": ("round_robin", "round_robin|least_outstanding_requests|weighted_random"),
    "load_balancing.algorithm.anomaly_mitigation": ("off", "on|off"),
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration",
        f"{BOOLEAN}|use_load_balancer_configuration",
    ),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1", r"off|[1-9]\d*"),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off", r"off|[1-9]\d?|100"),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1", r"[1-9]\d*"),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ("off", r"off|[1-9]\d?|100"),
    "lambda.multi_value_headers.enabled": ("false", BOOLEAN),
    "proxy_protocol_v2.enabled": ("false", BOOLEAN),
    "preserve_client_ip.enabled": ("true", BOOLEAN),
    "deregistration_delay.connection_termination.enabled": ("false", BOOLEAN),
    "target_health_state.unhealthy.connection_termination.enabled": ("true", BOOLEAN),
    "target_health_state.unhealthy.draining_interval_seconds": ("0", (0, 360_000)),
}
FOR_FUNCTIONS = (
    "lambda.multi_value_headers.enabled", "stickiness.enabled", "stickiness.type",
    "stickiness.lb_cookie.duration_seconds",
)  # fmt: skip
FOR_CONNECTIONS = (
    "proxy_protocol_v2.", "preserve_client_ip.", "deregistration_delay.connection_termination.",
    "target_health_state.",
)  # fmt: skip
FOR_REQUESTS = ("slow_start.", "load_balancing.algorithm.", "stickiness.lb_cookie.", "stickiness.app_cookie.")
SLOW_START = "slow_start.duration_seconds"
HEADER_VALUE = r"[a-zA-Z0-9_ :;.,\\/'?!(){}\[\]@<>=\-+*#&`|~^%]{0,1024}"
HEADER_NAME = r"[A-Za-z0-9_-]{1,40}"
RENAMED = (
    "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Issuer", "X-Amzn-Mtls-Clientcert-Subject",
    "X-Amzn-Mtls-Clientcert-Validity", "X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Mtls-Clientcert", "X-Amzn-Tls-Version",
    "X-Amzn-Tls-Cipher-Suite",
)  # fmt: skip


def renaming(header: str) -> str:
    """The attribute of a listener that says under which name targets hear a header."""
    return f"routing.http.request.{header.lower().replace('-', '_')}.header_name"


IDLE = "tcp.idle_timeout.seconds"
LISTENER: dict[str, Rule] = {
    IDLE: ("350", (60, 6000)),
    **{renaming(each): (each, HEADER_NAME) for each in RENAMED},
    "routing.http.response.server.enabled": ("true", BOOLEAN),
    "routing.http.response.strict_transport_security.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_allow_origin.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_allow_methods.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_allow_headers.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_allow_credentials.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_expose_headers.header_value": ("", HEADER_VALUE),
    "routing.http.response.access_control_max_age.header_value": ("", HEADER_VALUE),
    "routing.http.response.content_security_policy.header_value": ("", HEADER_VALUE),
    "routing.http.response.x_content_type_options.header_value": ("", HEADER_VALUE),
    "routing.http.response.x_frame_options.header_value": ("", HEADER_VALUE),
}


def of_new_load_balancer(kind: str) -> Attributes:
    if kind == "network":
        names = (*NETWORK_ONLY, *NETWORK_ALSO)
        found = {name: rule[0] for name, rule in LOAD_BALANCER.items() if name.startswith(names)}
        return found | {"load_balancing.cross_zone.enabled": "false"}
    return {name: rule[0] for name, rule in LOAD_BALANCER.items() if not name.startswith(NETWORK_ONLY)}


def of_new_target_group(target_type: str, protocol: str | None) -> Attributes:
    """A load balancer as a target always sees the client; addresses do not unless datagrams come to them."""
    health = "target_group_health."
    if target_type == "lambda":
        return {name: TARGET_GROUP[name][0] for name in FOR_FUNCTIONS}
    without = FOR_REQUESTS if protocol not in ("HTTP", "HTTPS") else FOR_CONNECTIONS
    names = (name for name in TARGET_GROUP if not name.startswith((*without, "lambda.")) or name.startswith(health))
    found = {name: TARGET_GROUP[name][0] for name in names}
    if protocol in ("HTTP", "HTTPS"):
        return found
    if target_type == "alb":
        del found["preserve_client_ip.enabled"]
    elif target_type == "ip" and protocol in ("TCP", "TLS"):
        found["preserve_client_ip.enabled"] = "false"
    return found | {"stickiness.type": "source_ip"}


def of_new_listener(protocol: str) -> Attributes:
    if protocol in ("HTTP", "HTTPS"):
        without = (IDLE, *(map(renaming, RENAMED) if protocol == "HTTP" else ()))
        return {name: rule[0] for name, rule in LISTENER.items() if name not in without}
    return {IDLE: LISTENER[IDLE][0]} if protocol in ("TCP", "TCP_UDP") else {}


def merged(old: Attributes, given: list[dict[str, Any]], rules: dict[str, Rule]) -> Attributes:
    """The attributes after a change. Raises ValidationError, InvalidConfigurationRequest."""
    new = dict(old)
    for each in given:
        name, value = each.get("Key") or "", each.get("Value") or ""
        if name not in rules:
            raise ValidationError(f"Attribute key '{name}' is not recognized")
        if name not in old:
            raise InvalidConfigurationRequest(f"Attribute key '{name}' is not supported here")
        _check(name, value, rules[name][1])
        new[name] = value
    _check_slow_start(new)
    _check_names(new)
    if new.get("stickiness.type") == "app_cookie" and new.get("stickiness.enabled") == "true":
        _check_cookie(new.get("stickiness.app_cookie.cookie_name", ""))
    return new


def listed(found: Attributes) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in found.items()]


def _check(name: str, value: str, allowed: str | tuple[int, int]) -> None:
    if isinstance(allowed, tuple):
        least, most = allowed
        if not value.isdecimal() or not least <= int(value) <= most:
            raise ValidationError(f"'{name}' must be an integer between {least} and {most}")
    elif not re.fullmatch(allowed, value):
        choices = allowed.split("|") if re.fullmatch(r"[\w|]+", allowed) else None
        wanted = f"must be one of {choices}" if choices else f"cannot be '{value}'"
        raise ValidationError(f"'{name}' {wanted}")


def _check_names(new: Attributes) -> None:
    """Raises InvalidConfigurationRequest."""
    names = [new[each].lower() for each in map(renaming, RENAMED) if each in new]
    if len(set(names)) < len(names):
        raise InvalidConfigurationRequest("Each header must have a name of its own")


def _check_slow_start(new: Attributes) -> None:
    """Raises ValidationError, InvalidConfigurationRequest."""
    duration = int(new.get(SLOW_START, "0"))
    if 0 < duration < 30:
        raise ValidationError(f"'{SLOW_START}' must be 0 or an integer between 30 and 900")
    algorithm = new.get("load_balancing.algorithm.type", "round_robin")
    if duration and algorithm != "round_robin":
        raise InvalidConfigurationRequest(f"Slow start cannot be enabled with the '{algorithm}' algorithm")


def _check_cookie(name: str) -> None:
    if not name:
        raise InvalidConfigurationRequest("You must specify a cookie name for app_cookie stickiness")
    if name.startswith(("AWSALB", "AWSALBAPP", "AWSALBTG")):
        raise InvalidConfigurationRequest(f"The cookie name '{name}' is reserved for use by the load balancer")
