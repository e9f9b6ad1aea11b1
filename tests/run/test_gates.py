"""Users and tokens before a listener, on real sockets, with a provider on this machine."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import orjson
from run.looping import on_loop
from run.test_http2 import NAME, Secure, page
from run.test_network_balancers import CLIENT
from services.elbv2.test_elbv2_gates import IDP, SET, encoded, token

ANSWERS = {
    "/token": {"access_token": "acc", "expires_in": 3600}, "/userinfo": {"sub": "u"}, "/jwks": {"keys": SET},
}  # fmt: skip


class Provider:
    """Answers what it is asked for, and remembers how."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def begin(self, found: Secure, folder: Path) -> str:
        """Where it is."""
        (folder / "idp.pem").write_bytes(found.authority.certificate("idp.example.com"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "idp.pem")
        made = await asyncio.start_server(self._talk, found.server_address(0), 0, ssl=context)
        found.open.append(made)
        return f"https://{found.server_address(0)}:{made.sockets[0].getsockname()[1]}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(each[15:]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length")), 0)
        self.heard.append(head + await reader.readexactly(length))
        body = orjson.dumps(ANSWERS[head.split(b" ")[1].decode()])
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()


async def asked(found: Secure, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status of an answer, and its headers; cookies as they are to be sent."""
    context = ssl.create_default_context(cafile=str(found.job.data.path / "ca.pem"))
    reader, writer = await asyncio.open_connection(
        *found.node(), local_addr=(CLIENT, 0), ssl=context, server_hostname=NAME
    )
    lines = [f"GET {path} HTTP/1.1", f"Host: {NAME}", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    first, *rest = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 8)).decode().strip().split("\r\n")
    writer.transport.abort()
    said: dict[str, str] = {}
    for name, _, value in (each.partition(": ") for each in rest):
        cookie = value.partition(";")[0]
        if name != "Set-Cookie":
            said[name] = value
        elif not cookie.endswith("="):
            said[name] = "; ".join(filter(None, [said.get(name), cookie]))
    return int(first.split(" ")[1]), said


@on_loop
async def test_a_user_gets_in_by_way_of_the_provider(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        provider = Provider()
        there = await provider.begin(found, tmp_path)
        config = {
            "Issuer": IDP, "AuthorizationEndpoint": f"{IDP}/authorize", "TokenEndpoint": f"{there}/token",
            "UserInfoEndpoint": f"{there}/userinfo", "ClientId": "me", "ClientSecret": "s3cret",
        }  # fmt: skip
        gate = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": config}
        await listen(found, gate)
        status, said = await asked(found, "/private")
        assert status == 302 and said["Location"].startswith(f"{IDP}/authorize?client_id=me&")
        state = said["Location"].partition("state=")[2]
        status, on = await asked(found, f"/oauth2/idpresponse?code=c0de&state={state}", Cookie=said["Set-Cookie"])
        assert (status, on["Location"]) == (302, f"https://{NAME}/private")
        assert b"grant_type=authorization_code&code=c0de&" in provider.heard[0]
        assert b"authorization: Bearer acc" in provider.heard[1]
        assert (await asked(found, "/private", Cookie=on["Set-Cookie"]))[0] == 200
        found.open[0].close()
        status, _ = await asked(found, f"/oauth2/idpresponse?code=c0de&state={state}", Cookie=said["Set-Cookie"])
        assert status == 500, "the provider is gone"


@on_loop
async def test_only_tokens_of_the_issuer_get_in(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        provider = Provider()
        there = await provider.begin(found, tmp_path)
        config = {"Issuer": IDP, "JwksEndpoint": f"{there}/jwks"}
        await listen(found, {"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": config})
        good, old = token(exp=4e9), token()
        assert (await asked(found, "/", Authorization=f"Bearer {good}"))[0] == 200
        assert (await asked(found, "/", Authorization=f"Bearer {old}"))[0] == 401
        assert (await asked(found, "/", Authorization=f"Bearer {encoded(b'{}')}"))[0] == 401
        assert (await asked(found, "/"))[0] == 401
        assert len(provider.heard) == 1, "a set of keys is remembered"


async def listen(found: Secure, gate: dict[str, Any]) -> None:
    """A listener that shows a page to those who pass a gate."""
    await found.listen(gate, page() | {"Order": 2})
