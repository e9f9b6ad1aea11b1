"""Actions before the last one of a rule: who asks must be known. Checked, and in the form the API shows them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ...core.errors import NotImplementedHere
from .errors import InvalidLoadBalancerAction, ValidationError

Plain = dict[str, Any]
OIDC, COGNITO, JWT = "authenticate-oidc", "authenticate-cognito", "jwt-validation"
KINDS = (OIDC, COGNITO, JWT)
UNASKED = ("deny", "allow", "authenticate")
WEEK_S = 604_800
ENDPOINTS = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")


def checked(action: Plain, protocol: str, before: list[Plain]) -> Plain:
    """An action of these kinds as it is kept. `before` are the actions it takes the place of, for their secret.

    Raises InvalidLoadBalancerAction, NotImplementedHere, ValidationError.
    """
    kind = action["Type"]
    if kind == COGNITO:
        raise NotImplementedHere("elbv2", "authenticate-cognito actions, as user pools have no sign-in pages here")
    if protocol != "HTTPS":
        raise InvalidLoadBalancerAction(f"An action of type '{kind}' can only be specified for HTTPS listeners")
    kept = {name: action[name] for name in ("Type", "Order") if action.get(name) is not None}
    if kind == JWT:
        return kept | {"JwtValidationConfig": _jwt(action.get("JwtValidationConfig"))}
    return kept | {"AuthenticateOidcConfig": _oidc(action.get("AuthenticateOidcConfig"), before)}


def shown(actions: list[Plain]) -> list[Plain]:
    """Actions as the API shows them: without secrets."""
    return [_without_secret(each) for each in actions]


def _without_secret(action: Plain) -> Plain:
    config = action.get("AuthenticateOidcConfig")
    if config is None:
        return action
    kept = {name: value for name, value in config.items() if name != "ClientSecret"}
    return action | {"AuthenticateOidcConfig": kept}


def _oidc(given: Plain | None, before: list[Plain]) -> Plain:
    if given is None:
        raise InvalidLoadBalancerAction("An action of type 'authenticate-oidc' must have its configuration")
    for name in ENDPOINTS:
        _check_url(name, given[name])
    config = {name: value for name, value in given.items() if value is not None and name != "UseExistingClientSecret"}
    if given.get("UseExistingClientSecret"):
        config["ClientSecret"] = _existing_secret(config, before)
    if not config.get("ClientSecret"):
        raise InvalidLoadBalancerAction("A client secret must be specified")
    timeout = config.setdefault("SessionTimeout", WEEK_S)
    if not 1 <= timeout <= WEEK_S:
        raise ValidationError(f"The session timeout must be between 1 and {WEEK_S} seconds")
    config.setdefault("SessionCookieName", "AWSELBAuthSessionCookie")
    config.setdefault("Scope", "openid")
    if config.setdefault("OnUnauthenticatedRequest", "authenticate") not in UNASKED:
        raise ValidationError(f"OnUnauthenticatedRequest must be one of: {', '.join(UNASKED)}")
    if len(config.get("AuthenticationRequestExtraParams") or {}) > 10:
        raise ValidationError("At most 10 extra parameters can be specified")
    return config


def _existing_secret(config: Plain, before: list[Plain]) -> str | None:
    for each in before:
        old = each.get("AuthenticateOidcConfig")
        if old is not None and (old["Issuer"], old["ClientId"]) == (config["Issuer"], config["ClientId"]):
            return str(old["ClientSecret"])
    return None


def _jwt(given: Plain | None) -> Plain:
    if given is None:
        raise InvalidLoadBalancerAction("An action of type 'jwt-validation' must have its configuration")
    _check_url("JwksEndpoint", given["JwksEndpoint"])
    for name in ("JwksEndpoint", "Issuer"):
        if len(given[name]) > 256:
            raise ValidationError(f"{name} cannot be longer than 256 characters")
    claims = given.get("AdditionalClaims") or []
    if len(claims) > 10:
        raise ValidationError("At most 10 additional claims can be specified")
    for each in claims:
        if each["Name"] in ("exp", "iss", "nbf", "iat"):
            raise ValidationError(f"The claim '{each['Name']}' is validated by default")
        most = 1 if each["Format"] == "single-string" else 10
        if not 1 <= len(each["Values"]) <= most:
            raise ValidationError(f"A claim of format '{each['Format']}' has 1 to {most} values")
    return {name: value for name, value in given.items() if value is not None}


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValidationError(f"{name} '{url}' must be a full URL that begins with https://")
