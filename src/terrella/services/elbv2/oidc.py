"""Users who authenticate themselves at a provider of theirs (OpenID Connect): where they are sent, what comes back with
them, the session they get, and what targets hear of them. All but the questions to the provider.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from ...wire.http import Response
from . import answers, sealing
from .matching import Ask

Plain = dict[str, Any]
CALLBACK = "/oauth2/idpresponse"
NONCE = "AWSALBAuthNonce"
LOGIN_S = 900
TOKEN_S = 120  # how long what targets are told is valid
SHARD = 4000  # characters of a cookie
MOST_SHARDS = 4
HIDDEN = frozenset({"x-amzn-oidc-identity", "x-amzn-oidc-data", "x-amzn-oidc-accesstoken"})


@dataclass(frozen=True, slots=True)
class Login:
    """A user who has come back from the provider: by which configuration, with which code, and where to go on."""

    config: Plain
    code: str
    back: str
    redirect: str


def session_of(keys: Plain, config: Plain, ask: Ask, now: float) -> Plain | None:
    """The session a request belongs to: {"claims", "access", "refresh", "fresh" and "until" in seconds}."""
    cookies, name = ask.cookies(), config["SessionCookieName"]
    text = "".join(cookies.get(f"{name}-{at}", "") for at in range(MOST_SHARDS))
    found = sealing.opened(keys, text) if text else None
    if found is None or found.get("of") != _of(config) or found["until"] <= now:
        return None
    return found


def login(keys: Plain, config: Plain, ask: Ask, nonce: str, now: float) -> Response:
    """The way to the provider."""
    back = f"https://{ask.host}{ask.path}" + (f"?{ask.query}" if ask.query else "")
    state = sealing.sealed(keys, {"of": _of(config), "back": back, "nonce": nonce, "since": now})
    asked = {
        "client_id": config["ClientId"],
        "redirect_uri": f"https://{ask.host}{CALLBACK}",
        "response_type": "code",
        "scope": config["Scope"],
        "state": state,
        **(config.get("AuthenticationRequestExtraParams") or {}),
    }
    there = config["AuthorizationEndpoint"]
    location = f"{there}{'&' if '?' in there else '?'}{urlencode(asked, quote_via=quote)}"
    cookie = f"{NONCE}={nonce}; Path=/; HttpOnly; Secure; SameSite=None"
    return _redirect(location, [cookie])


def returned(keys: Plain, configs: list[Plain], ask: Ask, now: float) -> Login | Response:
    """What a user who comes back from the provider brings."""
    given = {name: values[0] for name, values in parse_qs(ask.query).items()}
    state = sealing.opened(keys, given.get("state", ""))
    if state is None or "nonce" not in state or ask.cookies().get(NONCE) != state["nonce"]:
        return answers.error(401)
    if now - state["since"] > LOGIN_S:
        return answers.error(401)
    config = next((each for each in configs if _of(each) == state["of"]), None)
    if config is None:
        return answers.error(401)
    if "error" in given or "code" not in given:
        return answers.error(561)
    return Login(config, given["code"], state["back"], f"https://{ask.host}{CALLBACK}")


def begun(keys: Plain, login: Login, tokens: Plain, claims: Plain, now: float) -> Response:
    """On to where the user wanted to go, with a session."""
    new = session(login.config, tokens, claims, now, now + login.config["SessionTimeout"])
    gone = f"{NONCE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None"
    return _redirect(login.back, [*cookies_of(keys, login.config, new, now), gone])


def session(config: Plain, tokens: Plain, claims: Plain, now: float, until: float) -> Plain:
    """A session that lasts until then; it is fresh for as long as its access token is."""
    fresh = now + float(tokens["expires_in"]) if tokens.get("expires_in") else until
    return {
        "of": _of(config), "claims": claims, "access": tokens["access_token"], "refresh": tokens.get("refresh_token"),
        "fresh": fresh, "until": until,
    }  # fmt: skip


def cookies_of(keys: Plain, config: Plain, session: Plain, now: float) -> list[str]:
    """A session as cookies, in as many shards as it needs."""
    text, lasts = sealing.sealed(keys, session), max(0, int(session["until"] - now))
    shards = [text[at : at + SHARD] for at in range(0, len(text), SHARD)]
    name = config["SessionCookieName"]
    kept = f"Max-Age={lasts}; Path=/; Secure; HttpOnly; SameSite=None"
    found = [f"{name}-{at}={shard}; {kept}" for at, shard in enumerate(shards)]
    spare = range(len(shards), MOST_SHARDS)
    return [*found, *(f"{name}-{at}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None" for at in spare)]


def told(keys: Plain, signer: str, config: Plain, session: Plain, now: float) -> list[tuple[str, str]]:
    """What targets hear of a user. `signer` is the load balancer."""
    expires = int(now) + TOKEN_S
    header = {
        "typ": "JWT", "kid": keys["Kid"], "alg": "ES256", "iss": config["Issuer"], "client": config["ClientId"],
        "signer": signer, "exp": expires,
    }  # fmt: skip
    claims = session["claims"]
    data = sealing.signed(keys, header, {**claims, "exp": expires, "iss": config["Issuer"]})
    return [
        ("X-Amzn-Oidc-Accesstoken", session["access"]),
        ("X-Amzn-Oidc-Identity", str(claims.get("sub", ""))),
        ("X-Amzn-Oidc-Data", data),
    ]


def token_request(config: Plain, **given: str) -> bytes:
    """The body of a question to the token endpoint."""
    return urlencode({**given, "client_id": config["ClientId"], "client_secret": config["ClientSecret"]}).encode()


def _of(config: Plain) -> list[str]:
    """Names a configuration: sessions of one are none of another."""
    return [config["Issuer"], config["ClientId"], config["SessionCookieName"]]


def _redirect(location: str, cookies: list[str]) -> Response:
    found = answers.error(302)
    set_cookies = [("Set-Cookie", each) for each in cookies]
    return Response(302, [*found.headers, ("Location", location), *set_cookies], found.body)
