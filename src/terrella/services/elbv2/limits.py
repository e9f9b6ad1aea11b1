"""Quotas of an account, and the security policies of listeners.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import SSLPolicyNotFound
from .state import Plain, State, service

LIMITS = {
    "target-groups": 3000, "targets-per-application-load-balancer": 1000, "listeners-per-application-load-balancer": 50,
    "rules-per-application-load-balancer": 100, "network-load-balancers": 50, "targets-per-network-load-balancer": 3000,
    "targets-per-availability-zone-per-network-load-balancer": 500, "listeners-per-network-load-balancer": 50,
    "condition-values-per-alb-rule": 5, "condition-wildcards-per-alb-rule": 6,
    "target-groups-per-application-load-balancer": 100, "target-groups-per-action-on-application-load-balancer": 5,
    "target-groups-per-action-on-network-load-balancer": 1, "certificates-per-application-load-balancer": 25,
    "certificates-per-network-load-balancer": 25, "targets-per-target-group": 1000,
    "target-id-registrations-per-application-load-balancer": 1000, "application-load-balancers": 50,
}  # fmt: skip
DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
_TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
_GCM = [
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
]  # fmt: skip
_CBC = [
    "ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384",
]  # fmt: skip
_SHA1 = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"]
_RSA = ["AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256", "AES128-SHA", "AES256-SHA"]
OLD, NEW = ["TLSv1", "TLSv1.1", "TLSv1.2"], ["TLSv1.2"]
POLICIES: dict[str, tuple[list[str], list[str]]] = {
    "ELBSecurityPolicy-2016-08": (OLD, [*_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-TLS13-1-3-2021-06": (["TLSv1.3"], _TLS13),
    "ELBSecurityPolicy-TLS13-1-2-2021-06": (["TLSv1.2", "TLSv1.3"], [*_TLS13, *_GCM, *_CBC]),
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06": (["TLSv1.2", "TLSv1.3"], [*_TLS13, *_GCM]),
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06": (["TLSv1.2", "TLSv1.3"], [*_TLS13, *_GCM, *_CBC, *_RSA[:4]]),
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06": (["TLSv1.2", "TLSv1.3"], [*_TLS13, *_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-TLS13-1-1-2021-06": ([*OLD[1:], "TLSv1.3"], [*_TLS13, *_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-TLS13-1-0-2021-06": ([*OLD, "TLSv1.3"], [*_TLS13, *_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-TLS-1-2-2017-01": (NEW, [*_GCM, *_CBC, *_RSA[:4]]),
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06": (NEW, [*_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-TLS-1-1-2017-01": (OLD[1:], [*_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-2015-05": (OLD, [*_GCM, *_CBC, *_SHA1, *_RSA]),
    "ELBSecurityPolicy-FS-2018-06": (OLD, [*_GCM, *_CBC, *_SHA1]),
    "ELBSecurityPolicy-FS-1-1-2019-08": (OLD[1:], [*_GCM, *_CBC, *_SHA1]),
    "ELBSecurityPolicy-FS-1-2-2019-08": (NEW, [*_GCM, *_CBC, *_SHA1]),
    "ELBSecurityPolicy-FS-1-2-Res-2019-08": (NEW, [*_GCM, *_CBC]),
    "ELBSecurityPolicy-FS-1-2-Res-2020-10": (NEW, _GCM),
}


@service.operation
def describe_account_limits(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Limits": [{"Name": name, "Max": str(most)} for name, most in LIMITS.items()]}


@service.operation_named("DescribeSSLPolicies")
def describe_ssl_policies(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    wanted = input.get("Names") or list(POLICIES)
    for name in wanted:
        check_policy(name)
    return {"SslPolicies": [_policy(name) for name in wanted]}


def check_policy(name: str) -> None:
    """Raises SSLPolicyNotFound."""
    if name not in POLICIES:
        raise SSLPolicyNotFound(f"SSL policy '{name}' not found")


def _policy(name: str) -> Plain:
    protocols, ciphers = POLICIES[name]
    return {
        "Name": name,
        "SslProtocols": protocols,
        "Ciphers": [{"Name": cipher, "Priority": at} for at, cipher in enumerate(ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
