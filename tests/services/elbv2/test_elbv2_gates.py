"""Actions that must know who asks: users of a provider, clients with tokens."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto
import orjson
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from services.elbv2.elbv2_parts import fixed, forward
from services.elbv2.test_elbv2_trust_stores import KEY as SECRET
from services.elbv2.test_elbv2_trust_stores import certificate

from terrella.services.elbv2 import oidc, sealing, tokens
from terrella.services.elbv2.matching import Ask
from terrella.wire.http import Request, Response

IDP = "https://idp.example.com"
CONFIG = {
    "Issuer": IDP, "AuthorizationEndpoint": f"{IDP}/authorize?tenant=1", "TokenEndpoint": f"{IDP}/token",
    "UserInfoEndpoint": f"{IDP}/userinfo", "ClientId": "me", "ClientSecret": "s3cret",
}  # fmt: skip
WHOLE = CONFIG | {"SessionCookieName": "AWSELBAuthSessionCookie", "Scope": "openid", "SessionTimeout": 100}
NOW = 1_000_000.0
KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def keys(here: Any) -> dict[str, Any]:
    ctx = here.region.context("elbv2")
    sealing.ensure(ctx, "lb")
    found: dict[str, Any] = ctx.state.identities.get("lb")
    return found


def asked(path: str, query: str = "", **cookies: str) -> Ask:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Ask("GET", "web.example.com", path, query, [("cookie", text)], secure=True, port=443)


def set_cookies(response: Response) -> dict[str, str]:
    said = [value.partition(";")[0] for name, value in response.headers if name == "Set-Cookie"]
    return {name: value for name, _, value in (each.partition("=") for each in said) if value}


def location(response: Response) -> str:
    return next(value for name, value in response.headers if name == "Location")


def test_a_user_goes_to_the_provider_comes_back_and_has_a_session(keys: dict[str, Any]) -> None:
    away = oidc.login(keys, WHOLE, asked("/private", "x=1"), "once", NOW)
    there = urlsplit(location(away))
    question = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert (away.status, there.netloc, there.path, question["tenant"]) == (302, "idp.example.com", "/authorize", "1")
    assert question["redirect_uri"] == "https://web.example.com/oauth2/idpresponse"
    assert (question["response_type"], question["scope"], question["client_id"]) == ("code", "openid", "me")
    back = asked(oidc.CALLBACK, f"code=c&state={question['state']}", **set_cookies(away))
    found = oidc.returned(keys, [WHOLE], back, NOW + 60)
    assert isinstance(found, oidc.Login) and found.back == "https://web.example.com/private?x=1"
    on = oidc.begun(keys, found, {"access_token": "acc", "expires_in": 5}, {"sub": "u"}, NOW + 60)
    assert (on.status, location(on)) == (302, found.back)
    session = oidc.session_of(keys, WHOLE, asked("/private", **set_cookies(on)), NOW + 150)
    assert session is not None and (session["claims"], session["fresh"]) == ({"sub": "u"}, NOW + 65)
    assert oidc.session_of(keys, WHOLE, asked("/private", **set_cookies(on)), NOW + 160) is None
    other = WHOLE | {"ClientId": "another"}
    assert oidc.session_of(keys, other, asked("/private", **set_cookies(on)), NOW + 61) is None


def test_who_does_not_come_from_a_login_of_his_own_is_refused(keys: dict[str, Any]) -> None:
    away = oidc.login(keys, WHOLE, asked("/"), "once", NOW)
    state = parse_qs(urlsplit(location(away)).query)["state"][0]
    own = set_cookies(away)

    def status(query: str, now: float = NOW, configs: Any = (WHOLE,), **cookies: str) -> int:
        found = oidc.returned(keys, list(configs), asked(oidc.CALLBACK, query, **cookies), now)
        assert isinstance(found, Response)
        return found.status

    assert status(f"code=c&state={state}") == 401
    assert status(f"code=c&state={state}", AWSALBAuthNonce="another") == 401
    assert status(f"code=c&state={state[:-2]}xx", **own) == 401
    assert status(f"code=c&state={state}", NOW + 901, **own) == 401
    assert status(f"code=c&state={state}", NOW, [], **own) == 401
    assert status(f"error=access_denied&state={state}", **own) == 561


def test_a_session_too_large_for_a_cookie_comes_in_shards(keys: dict[str, Any]) -> None:
    session = oidc.session(WHOLE, {"access_token": "a" * 6000}, {"sub": "u"}, NOW, NOW + 100)
    cookies = oidc.cookies_of(keys, WHOLE, session, NOW)
    kept = dict(each.partition(";")[0].split("=", 1) for each in cookies)
    assert max(map(len, cookies)) < 4200 and len([value for value in kept.values() if value]) > 1
    assert oidc.session_of(keys, WHOLE, asked("/", **kept), NOW) == session


def test_targets_can_verify_what_they_hear_of_users(here: Any, keys: dict[str, Any]) -> None:
    session = oidc.session(WHOLE, {"access_token": "acc"}, {"sub": "u", "name": "Ünal"}, NOW, NOW + 100)
    told = dict(oidc.told(keys, "arn", WHOLE, session, NOW))
    assert (told["X-Amzn-Oidc-Identity"], told["X-Amzn-Oidc-Accesstoken"]) == ("u", "acc")
    head, claims, signature = told["X-Amzn-Oidc-Data"].split(".")
    header = orjson.loads(base64.urlsafe_b64decode(head))
    assert (header["alg"], header["signer"], header["client"]) == ("ES256", "arn", "me")
    assert orjson.loads(base64.urlsafe_b64decode(claims))["name"] == "Ünal"
    host = f"public-keys.auth.elb.{here.region.name}.amazonaws.com"
    pem: Any = asyncio.run(here.region.handle(Request("GET", f"/{header['kid']}", "", {"host": host}, b"")))
    raw = base64.urlsafe_b64decode(signature)
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = load_pem_public_key(pem.body)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(both, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_secrets_are_not_shown_and_need_not_be_repeated(here: Any) -> None:
    listener = secure_listener(here)
    gate = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": CONFIG}
    path = [{"Field": "path-pattern", "Values": ["/a"]}]
    last = fixed("well") | {"Order": 2}
    (rule,) = here.elb.create_rule(ListenerArn=listener, Priority=1, Conditions=path, Actions=[last, gate])["Rules"]
    shown = rule["Actions"][0]["AuthenticateOidcConfig"]
    assert "ClientSecret" not in shown and shown["SessionTimeout"] == 604_800
    config = {name: value for name, value in CONFIG.items() if name != "ClientSecret"}
    again = gate | {"AuthenticateOidcConfig": config | {"UseExistingClientSecret": True, "Scope": "openid email"}}
    here.elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[again, last])
    kept = here.region.state["elbv2"].rule(rule["RuleArn"])["Actions"][0]["AuthenticateOidcConfig"]
    assert (kept["ClientSecret"], kept["Scope"]) == ("s3cret", "openid email")


@pytest.mark.parametrize(("actions", "code"), [
    ([{"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": CONFIG}], "InvalidLoadBalancerAction"),
    ([{"Type": "authenticate-oidc", "AuthenticateOidcConfig": CONFIG}, fixed("x")], "ValidationError"),
    ([{"Type": "authenticate-oidc", "Order": 1,
       "AuthenticateOidcConfig": CONFIG | {"TokenEndpoint": "http://idp.example.com/token"}},
      fixed("x") | {"Order": 2}], "ValidationError"),
    ([fixed("x") | {"Order": 1}, fixed("y") | {"Order": 2}], "TooManyActions"),
    ([{"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {
        "UserPoolArn": "a", "UserPoolClientId": "b", "UserPoolDomain": "c"}}, fixed("x") | {"Order": 2}],
     "NotImplemented"),
])  # fmt: skip
def test_actions_that_do_not_go_together_are_refused(here: Any, actions: list[Any], code: str) -> None:
    path = [{"Field": "path-pattern", "Values": ["/a"]}]
    with pytest.raises(ClientError) as refused:
        here.elb.create_rule(ListenerArn=secure_listener(here), Priority=1, Conditions=path, Actions=actions)
    assert refused.value.response["Error"]["Code"] == code


def secure_listener(here: Any) -> str:
    """An HTTPS listener with a certificate of its own."""
    key = SECRET.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    acm = boto.client(here.region, "acm")
    shown = acm.import_certificate(Certificate=certificate("web").public_bytes(Encoding.PEM), PrivateKey=key)
    made = here.elb.create_listener(
        LoadBalancerArn=here.load_balancer()["LoadBalancerArn"], Protocol="HTTPS", Port=443,
        Certificates=[{"CertificateArn": shown["CertificateArn"]}], DefaultActions=[forward(here.group())],
    )  # fmt: skip
    arn: str = made["Listeners"][0]["ListenerArn"]
    return arn


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(alg: str = "RS256", **claims: Any) -> str:
    whole = {"iss": IDP, "exp": NOW + 60} | claims
    said = ".".join(encoded(orjson.dumps(part)) for part in ({"alg": alg, "kid": "k"}, whole))
    return f"{said}.{encoded(KEY.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


PUBLIC = KEY.public_key().public_numbers()
NUMBERS = {"e": encoded(PUBLIC.e.to_bytes(3, "big")), "n": encoded(PUBLIC.n.to_bytes(256, "big"))}
SET = [{"kty": "RSA", "kid": "k", **NUMBERS}]


@pytest.mark.parametrize(("given", "fine"), [
    (token(), True), (token(nbf=NOW - 1, iat=NOW - 1), True), (token(exp=NOW), False), (token(exp="never"), False),
    (token(nbf=NOW + 1), False), (token(iat=NOW + 1), False), (token(iss="https://another"), False),
    (token("none"), False), (token("HS256"), False), (token()[:-8] + "AAAAAAAA", False), ("a.b", False),
])  # fmt: skip
def test_which_tokens_are_accepted(given: str, fine: bool) -> None:
    assert tokens.accepted(given, SET, {"Issuer": IDP}, NOW) is fine


@pytest.mark.parametrize(("form", "values", "given", "fine"), [
    ("single-string", ["a"], "a", True), ("single-string", ["a"], "b", False), ("single-string", ["a"], None, False),
    ("space-separated-values", ["a", "b"], "c b a", True), ("space-separated-values", ["a", "b"], "a", False),
    ("string-array", ["a"], ["a", "b"], True), ("string-array", ["a"], "a", False),
])  # fmt: skip
def test_which_claims_are_enough(form: str, values: list[str], given: Any, fine: bool) -> None:
    config = {"Issuer": IDP, "AdditionalClaims": [{"Name": "c", "Format": form, "Values": values}]}
    claims = {} if given is None else {"c": given}
    assert tokens.accepted(token(**claims), SET, config, NOW) is fine


def test_a_set_of_keys_is_small() -> None:
    assert tokens.keys_in(orjson.dumps({"keys": SET})) == SET
    assert tokens.keys_in(orjson.dumps({"keys": SET * 11})) is None
    assert tokens.keys_in(b"{}") is None and tokens.keys_in(b" " * 200_000) is None
    assert tokens.bearer("Bearer  abc") == "abc" and tokens.bearer("Basic abc") is None and tokens.bearer(None) is None
