"""The data plane of JWT authorizers: whoever brings a token of the issuer, for the audience, with a scope, is let in.

The issuer's keys are fetched from where its discovery document says, and kept for two hours; a key that is not among
them is looked for again, at most once a minute.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson

from ...core.errors import AwsError
from ...region.ports import Unreached
from ...region.service import Context
from ...wire import jwt
from ...wire.http import Request
from .refusing import Refused
from .state import State

Plain = dict[str, Any]
PATIENCE_S = 1.5  # for the discovery document, and for the keys
LARGEST = 150_000
KEPT_S, AGAIN_S = 7200.0, 60.0


class _Wrong(Exception):
    """What the header www-authenticate says is wrong with a token."""


async def bearing(ctx: Context[State], request: Request, authorizer: Plain, scopes: list[str]) -> Plain:
    """The claims of the token a request brings, and its scopes. Raises Refused."""
    text = _brought(request, authorizer["IdentitySource"][0])
    if not text:
        raise Refused(401, "Unauthorized", [("www-authenticate", "Bearer")])
    try:
        claims = await _claims(ctx, text, authorizer["JwtConfiguration"])
    except _Wrong as wrong:
        raise Refused(401, "Unauthorized", [_challenge("", "invalid_token", str(wrong))]) from None
    granted = [each for each in _scopes_in(claims) if each in scopes]
    if scopes and not granted:
        why = "the token does not have a required scope"
        raise Refused(403, "Forbidden", [_challenge(" ".join(scopes), "insufficient_scope", why)])
    told = {name: _told(value) for name, value in claims.items()}
    return {"claims": told, "scopes": granted if scopes else None}


async def _claims(ctx: Context[State], text: str, config: Plain) -> Plain:
    """The claims of a token that is in order. Raises Refused, _Wrong."""
    token = jwt.read(text)
    if token is None:
        raise _Wrong("the token is malformed")
    if token.header.get("alg") not in jwt.HASHES:
        raise _Wrong(f"signing method {token.header.get('alg')} is invalid")
    kid = token.header.get("kid")
    keys = [each for each in await _keys(ctx, config["Issuer"], kid) if each.get("kid") == kid]
    if kid is None or not any(token.signed_by(each) for each in keys):
        raise _Wrong("the token's signature is invalid")
    _check(token.claims, config, ctx.now)
    return token.claims


def _check(claims: Plain, config: Plain, now: float) -> None:
    """Raises _Wrong."""
    if claims.get("iss") != config["Issuer"]:
        raise _Wrong("the token does not have a valid issuer")
    given = claims["aud"] if "aud" in claims else claims.get("client_id")
    audience = set(config.get("Audience") or ())
    if not audience & {each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str)}:
        raise _Wrong("the token does not have a valid audience")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        raise _Wrong("the token has expired")
    for name in ("nbf", "iat"):
        if name in claims and not (isinstance(claims[name], int | float) and claims[name] <= now):
            raise _Wrong(f"the token is not valid yet: {name}")


async def _keys(ctx: Context[State], issuer: str, kid: Any) -> list[Plain]:
    """The keys an issuer has published, remembered. Raises Refused, _Wrong."""
    since, keys = ctx.state.keys.get(issuer, (float("-inf"), []))
    there = any(each.get("kid") == kid for each in keys)
    if ctx.now - since < ctx.scaled(KEPT_S if there else AGAIN_S):
        return keys
    config = await _document(ctx, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    try:
        where = orjson.loads(config)["jwks_uri"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        where = None
    if not isinstance(where, str) or not where.startswith(("https://", "http://")):
        raise _Wrong("OIDC discovery endpoint communication error")
    found = jwt.keys_in(await _document(ctx, where), LARGEST)
    if found is None:
        raise _Wrong("JWKS endpoint communication error")
    ctx.state.keys[issuer] = (ctx.now, found)
    return found


async def _document(ctx: Context[State], url: str) -> bytes:
    """Raises Refused where there is no web, _Wrong."""
    parts = urlsplit(url)
    request = Request("GET", parts.path or "/", parts.query, {"host": parts.netloc, "accept": "application/json"})
    try:
        asked = ctx.here.ports.web.ask(f"{parts.scheme}://{parts.netloc}", request)
        response = await ctx.here.ports.tasks.within(PATIENCE_S, asked)
    except AwsError as error:
        raise Refused(error.status, error.message) from None
    except (Unreached, TimeoutError):
        raise _Wrong("OIDC discovery endpoint communication error") from None
    if response.status != 200 or len(response.body) > LARGEST:
        raise _Wrong("OIDC discovery endpoint communication error")
    body: bytes = response.body
    return body


def _brought(request: Request, source: str) -> str | None:
    """The token, with or without `Bearer` before it."""
    kind, _, name = source.removeprefix("$request.").partition(".")
    text = request.headers.get(name.lower()) if kind == "header" else dict(request.parameters).get(name)
    return (jwt.bearer(text) or text) if text else None


def _scopes_in(claims: Plain) -> list[str]:
    given = claims["scope"] if "scope" in claims else claims.get("scp")
    found = given.split(" ") if isinstance(given, str) else given if isinstance(given, list) else []
    return [str(each) for each in found if each]


def _told(value: Any) -> str:
    """A claim as integrations are told it: always as text, lists in brackets."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_told(each) for each in value)}]"
    return orjson.dumps(value).decode()


def _challenge(scope: str, error: str, why: str) -> tuple[str, str]:
    return "www-authenticate", f'Bearer scope="{scope}" error="{error}" error_description="{why}"'
