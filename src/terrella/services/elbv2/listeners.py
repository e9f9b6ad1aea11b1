"""Listeners: a protocol and a port of a load balancer, certificates, and what to do by default.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import actions, attributes, certificates, client_certificates, gates, health, limits, names, tags
from .errors import (
    DuplicateListener,
    IncompatibleProtocols,
    InvalidConfigurationRequest,
    ListenerNotFound,
    TooManyListeners,
    UnsupportedProtocol,
    ValidationError,
)
from .load_balancers import forget
from .paging import page
from .state import Plain, State, service

MOST = 50
PROTOCOLS = {"application": ("HTTP", "HTTPS"), "network": ("TCP", "TLS", "UDP", "TCP_UDP")}
COMPATIBLE = {
    "TCP": ("TCP", "TCP_UDP"), "TLS": ("TCP", "TLS"), "UDP": ("UDP", "TCP_UDP"), "TCP_UDP": ("TCP_UDP",),
}  # fmt: skip
ALPN = ("None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred")
SECURE = ("HTTPS", "TLS")
MUTUAL = "MutualAuthentication"
MOST_VERIFYING = 2  # listeners of a load balancer
LEFT_OUT = ("Arn", "DefaultRuleArn", "Attributes", "Certificates")


@service.operation
async def create_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    load_balancer = ctx.state.load_balancer(input["LoadBalancerArn"])
    given_tags = tags.checked(input.get("Tags") or [])
    for name, words in (("Protocol", "A listener protocol"), ("Port", "A listener port")):
        if not input.get(name):
            raise ValidationError(f"{words} must be specified")
    arn = names.child_arn(ctx, load_balancer["Arn"], "listener")
    settings = await _settings(ctx, input, load_balancer, None)
    load_balancer = ctx.state.load_balancer(input["LoadBalancerArn"])
    listener = settings | {
        "Arn": arn,
        "LoadBalancerArn": load_balancer["Arn"],
        "DefaultRuleArn": names.child_arn(ctx, arn, "listener-rule"),
        "Attributes": attributes.of_new_listener(settings["Protocol"]),
    }
    if len(ctx.state.listeners_of(load_balancer["Arn"])) >= MOST:
        raise TooManyListeners(f"The maximum number of listeners has been reached: {MOST}")
    _put(ctx, listener)
    if given_tags:
        tags.put(ctx, arn, given_tags)
    return {"Listeners": [described(listener)]}


@service.operation
async def modify_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.listener(input["ListenerArn"])
    load_balancer = ctx.state.load_balancer(old["LoadBalancerArn"])
    kept = {name: old.get(name) for name in ("Protocol", "Port", "SslPolicy", "AlpnPolicy", "DefaultActions", MUTUAL)}
    if input.get("Protocol", old["Protocol"]) not in SECURE:
        kept["SslPolicy"] = kept[MUTUAL] = None
    given = kept | {name: value for name, value in input.items() if value is not None}
    settings = await _settings(ctx, given, load_balancer, old)
    new = ctx.state.listener(input["ListenerArn"]) | settings
    _put(ctx, new)
    return {"Listeners": [described(new)]}


@service.operation
def describe_listeners(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    wanted, load_balancer = input.get("ListenerArns"), input.get("LoadBalancerArn")
    if bool(wanted) == bool(load_balancer):
        raise ValidationError("You must specify either listener ARNs or a load balancer ARN")
    if load_balancer:
        ctx.state.load_balancer(load_balancer)
        found = [described(each) for each in ctx.state.listeners_of(load_balancer)]
        return page("Listeners", found, input, "ListenerArn")
    missing = [arn for arn in wanted or () if arn not in ctx.state.listeners]
    if missing:
        raise ListenerNotFound(f"One or more listeners not found: {missing}" if len(missing) > 1 else None)
    return {"Listeners": [described(ctx.state.listener(arn)) for arn in wanted or ()]}


@service.operation
def delete_listener(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener = ctx.state.listener(input["ListenerArn"])
    for rule in ctx.state.rules_of(listener["Arn"]):
        forget(ctx, "rules", rule["Arn"])
    forget(ctx, "listeners", listener["Arn"])
    health.report_load_balancer(ctx, listener["LoadBalancerArn"])
    return {}


@service.operation
def modify_listener_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener = ctx.state.listener(input["ListenerArn"])
    new = attributes.merged(listener["Attributes"], input["Attributes"], attributes.LISTENER)
    _put(ctx, listener | {"Attributes": new})
    return {"Attributes": attributes.listed(new)}


@service.operation
def describe_listener_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": attributes.listed(ctx.state.listener(input["ListenerArn"])["Attributes"])}


def described(listener: Plain) -> Plain:
    """A listener as the API shows it: only its default certificate."""
    shown = {name: value for name, value in listener.items() if name not in LEFT_OUT and value is not None}
    shown["DefaultActions"] = gates.shown(listener["DefaultActions"])
    if listener["Certificates"]:
        shown["Certificates"] = [{"CertificateArn": listener["Certificates"][0]}]
        shown[MUTUAL] = listener.get(MUTUAL) or {"Mode": client_certificates.OFF}
    return {"ListenerArn": listener["Arn"], **shown}


async def _settings(ctx: Context[State], given: Plain, load_balancer: Plain, old: Plain | None) -> Plain:
    """What a listener is to be. Raises what CreateListener raises."""
    protocol, port = given["Protocol"], given["Port"]
    if protocol not in PROTOCOLS[load_balancer["Type"]]:
        if load_balancer["Type"] == "network" and protocol in ("QUIC", "TCP_QUIC"):
            raise NotImplementedHere("elbv2", f"listeners with protocol {protocol}")
        raise UnsupportedProtocol(f"Listener protocol '{protocol}' is not supported with a load balancer of type "
                                  f"'{load_balancer['Type']}'")  # fmt: skip
    others = [each for each in ctx.state.listeners_of(load_balancer["Arn"]) if old is None or each["Arn"] != old["Arn"]]
    if any(each["Port"] == port for each in others):
        raise DuplicateListener(
            f"A listener already exists on this port for this load balancer '{load_balancer['Arn']}'"
        )
    shown = [each["CertificateArn"] for each in given.get("Certificates") or () if each.get("CertificateArn")]
    policy = given.get("SslPolicy")
    if protocol in SECURE:
        limits.check_policy(policy or limits.DEFAULT_POLICY)
        extra = old["Certificates"][1:] if old else []
        shown = shown or (old["Certificates"][:1] if old else [])
        await certificates.check_default(ctx, shown)
        shown = [*shown, *(arn for arn in extra if arn not in shown)]
    elif shown or policy:
        what = "Certificates" if shown else "An SSL policy"
        raise ValidationError(f"{what} cannot be specified for {protocol} listeners")
    before = old["DefaultActions"] if old else ()
    checked = actions.checked(ctx, given["DefaultActions"], load_balancer, protocol, before)
    if load_balancer["Type"] == "network":
        _check_compatible(ctx, protocol, actions.forwarded_groups(checked))
    found = {"Protocol": protocol, "Port": port, "DefaultActions": checked, "Certificates": shown}
    found[MUTUAL] = _mutual(ctx, given.get(MUTUAL), protocol, others)
    alpn = _alpn(given.get("AlpnPolicy") or [], protocol)
    return found | {"SslPolicy": (policy or limits.DEFAULT_POLICY) if protocol in SECURE else None, "AlpnPolicy": alpn}


def _mutual(ctx: Context[State], given: Plain | None, protocol: str, others: list[Plain]) -> Plain | None:
    """How clients authenticate themselves. Raises InvalidConfigurationRequest, TrustStoreNotFound, ValidationError."""
    mode, store = (given or {}).get("Mode") or client_certificates.OFF, (given or {}).get("TrustStoreArn")
    if mode not in (client_certificates.OFF, client_certificates.PASSTHROUGH, client_certificates.VERIFY):
        raise ValidationError(f"Mutual authentication mode '{mode}' must be one of: 'off, passthrough, verify'")
    if mode == client_certificates.OFF:
        return None
    if protocol == "TLS":
        raise NotImplementedHere("elbv2", "mutual authentication on network load balancers")
    if protocol != "HTTPS":
        raise InvalidConfigurationRequest("Mutual authentication can only be specified for HTTPS listeners")
    assert given is not None
    if mode == client_certificates.PASSTHROUGH:
        extra = [name for name in ("TrustStoreArn", "IgnoreClientCertificateExpiry") if given.get(name)]
        if extra:
            raise ValidationError(f"{extra[0]} can only be specified with mutual authentication mode 'verify'")
        return {"Mode": mode}
    if not store:
        raise ValidationError("A trust store ARN must be specified with mutual authentication mode 'verify'")
    ctx.state.trust_store(store)
    if sum((each.get(MUTUAL) or {}).get("Mode") == mode for each in others) >= MOST_VERIFYING:
        raise InvalidConfigurationRequest(f"At most {MOST_VERIFYING} listeners of a load balancer verify clients")
    return {
        "Mode": mode,
        "TrustStoreArn": store,
        "IgnoreClientCertificateExpiry": bool(given.get("IgnoreClientCertificateExpiry")),
        "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": given.get("AdvertiseTrustStoreCaNames") or "off",
    }


def _check_compatible(ctx: Context[State], protocol: str, groups: list[str]) -> None:
    """Raises IncompatibleProtocols."""
    for arn in groups:
        found = ctx.state.target_group(arn)["Protocol"]
        if found not in COMPATIBLE[protocol]:
            raise IncompatibleProtocols(
                f"The target group protocol '{found}' is not compatible with the listener protocol '{protocol}'"
            )


def _alpn(given: list[str], protocol: str) -> list[str] | None:
    """The policy by which protocols are negotiated in TLS. Raises ValidationError."""
    if not given:
        return None
    if protocol != "TLS":
        raise ValidationError(f"An ALPN policy cannot be specified for {protocol} listeners")
    if len(given) > 1 or given[0] not in ALPN:
        raise ValidationError(f"The ALPN policy must be one of: {', '.join(ALPN)}")
    return given


def _put(ctx: Context[State], listener: Plain) -> None:
    ctx.commit("entry_put", table="listeners", key=listener["Arn"], value=listener)
    health.report_load_balancer(ctx, listener["LoadBalancerArn"])
