"""Requests that must show who asks: users with a session of their provider, clients with a token.

`services.elbv2` says what is sent where and what an answer means; here the questions to providers are put.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from ...services.elbv2 import answers, gates, oidc, tokens
from ...services.elbv2.deciding import Gate
from ...services.elbv2.matching import Ask
from ...wire.http import Response
from .providers import NoProvider, Providers

if TYPE_CHECKING:
    from .sockets import Socket

log = logging.getLogger(__name__)
KEYS_S = 300.0  # how long a set of keys is remembered
FORM = {"content-type": "application/x-www-form-urlencoded"}
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that may go on, and cookies for its answer."""

    ask: Ask
    cookies: list[str]


class Gates:
    """Those of one region's load balancers."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self._keys: dict[str, tuple[float, list[Plain]]] = {}

    def close(self) -> None:
        self._providers.close()

    async def returned(self, socket: Socket, ask: Ask) -> Response | None:
        """The answer to a user who comes back from a provider; None to any other request."""
        if ask.path != oidc.CALLBACK or not ask.secure:
            return None
        state, listener = socket.context().state, socket.listener
        rules = [listener["DefaultActions"], *(each["Actions"] for each in state.rules_of(listener["Arn"]))]
        configs = [each["AuthenticateOidcConfig"] for rule in rules for each in rule if each["Type"] == gates.OIDC]
        if not configs:
            return None
        keys, now = state.identities.get(listener["LoadBalancerArn"]), socket.now()
        found = oidc.returned(keys, configs, ask, now)
        if isinstance(found, Response):
            return found
        config = found.config
        body = oidc.token_request(
            config, grant_type="authorization_code", code=found.code, redirect_uri=found.redirect
        )
        try:
            given, claims = await self._tokens(config, body)
        except NoProvider as error:
            log.info("a user cannot be authenticated: %s", error)
            return answers.error(500)
        return oidc.begun(keys, found, given, claims, now)

    async def passed(self, socket: Socket, gate: Gate) -> Response | Passed:
        """What becomes of a request before a gate."""
        if gate.action["Type"] == gates.JWT:
            return await self._with_token(gate, socket.now())
        config, now = gate.action["AuthenticateOidcConfig"], socket.now()
        load_balancer = socket.load_balancer["Arn"]
        keys = socket.context().state.identities.get(load_balancer)
        session, cookies = oidc.session_of(keys, config, gate.ask, now), []
        if session is not None and session["fresh"] <= now and session.get("refresh"):
            session = await self._refreshed(config, session, now)
            cookies = oidc.cookies_of(keys, config, session, now) if session is not None else []
        ask = replace(gate.ask, passed=True, hidden=gate.ask.hidden | oidc.HIDDEN)
        if session is not None:
            told = oidc.told(keys, load_balancer, config, session, now)
            return Passed(replace(ask, added=[*ask.added, *told]), cookies)
        if config["OnUnauthenticatedRequest"] == "allow":
            return Passed(ask, [])
        if config["OnUnauthenticatedRequest"] == "deny":
            return answers.error(401)
        return oidc.login(keys, config, gate.ask, f"{socket.node.rng.getrandbits(128):032x}", now)

    async def _refreshed(self, config: Plain, old: Plain, now: float) -> Plain | None:
        body = oidc.token_request(config, grant_type="refresh_token", refresh_token=old["refresh"])
        try:
            given, claims = await self._tokens(config, body)
        except NoProvider:
            return None
        return oidc.session(config, {"refresh_token": old["refresh"], **given}, claims, now, old["until"])

    async def _tokens(self, config: Plain, body: bytes) -> tuple[Plain, Plain]:
        """Tokens for a question to the token endpoint, and what is said of the user. Raises NoProvider."""
        given = _plain(await self._providers.ask("POST", config["TokenEndpoint"], FORM, body))
        if not isinstance(given.get("access_token"), str):
            raise NoProvider(f"{config['TokenEndpoint']} gives no access token")
        bearer = {"authorization": f"Bearer {given['access_token']}"}
        return given, _plain(await self._providers.ask("GET", config["UserInfoEndpoint"], bearer))

    async def _with_token(self, gate: Gate, now: float) -> Response | Passed:
        config = gate.action["JwtValidationConfig"]
        token = tokens.bearer(gate.ask.header("authorization"))
        if token is None:
            return answers.error(401)
        try:
            keys = await self._published(config["JwksEndpoint"])
        except NoProvider as error:
            log.info("a token cannot be validated: %s", error)
            return answers.error(500)
        if not tokens.accepted(token, keys, config, now):
            return answers.error(401)
        return Passed(replace(gate.ask, passed=True), [])

    async def _published(self, url: str) -> list[Plain]:
        """The keys of an issuer, remembered for a while. Raises NoProvider."""
        now = asyncio.get_running_loop().time()
        until, keys = self._keys.get(url, (0.0, []))
        if now < until:
            return keys
        found = tokens.keys_in((await self._providers.ask("GET", url, {})).body)
        if found is None:
            raise NoProvider(f"{url} is no set of at most {tokens.MOST_KEYS} keys")
        self._keys[url] = (now + KEYS_S, found)
        return found


def _plain(response: Response) -> Plain:
    """Raises NoProvider."""
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        found = None
    if response.status != 200 or not isinstance(found, dict):
        raise NoProvider(f"the provider answers {response.status}")
    return found
