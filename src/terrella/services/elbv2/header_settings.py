"""Headers that listeners add, rename or leave out.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
"""

from __future__ import annotations

import re
from typing import Any

from . import client_certificates
from .answers import SERVER
from .attributes import RENAMED, renaming
from .client_certificates import Secured

Headers = list[tuple[str, str]]
TLS = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
DROP_INVALID = "routing.http.drop_invalid_header_fields.enabled"
_VALID = re.compile(r"[-A-Za-z0-9]+")
RESPONSE = "routing.http.response."
SET = ".header_value"
OWN_SERVER = f"{RESPONSE}server.enabled"


def dressed(settings: dict[str, str], headers: Headers) -> Headers:
    """The headers of an answer as a listener with these attributes sends them."""
    given = {name: value for name, value in settings.items() if value and name.endswith(SET)}
    added = [(_header(name), value) for name, value in given.items()]
    if added:
        replaced = {name.lower() for name, _ in added}
        headers = [*(each for each in headers if each[0].lower() not in replaced), *added]
    if settings.get(OWN_SERVER) == "false":
        headers = [each for each in headers if (each[0].lower(), each[1]) != ("server", SERVER)]
    return headers


def of_client(
    settings: dict[str, str], listener: dict[str, Any], secured: Secured | None
) -> tuple[Headers, frozenset[str]]:
    """What targets hear of a client's TLS beside its headers, and the names it may not use for headers of its own.

    `settings` are the load balancer's attributes.
    """
    if secured is None:
        return [], frozenset()
    names = {each: listener["Attributes"].get(renaming(each)) or each for each in RENAMED}
    mode = (listener.get("MutualAuthentication") or {}).get("Mode", client_certificates.OFF)
    added = list(client_certificates.told(secured.chain, mode))
    if settings.get(TLS) == "true":
        added += [("X-Amzn-Tls-Version", secured.version), ("X-Amzn-Tls-Cipher-Suite", secured.cipher)]
    spoken = [each for each in RENAMED if "Mtls" in each and mode != client_certificates.OFF]
    spoken += [each for each in RENAMED if "Amzn-Tls" in each and settings.get(TLS) == "true"]
    hidden = frozenset(name.lower() for each in spoken for name in (each, names[each]))
    return [(names[name], value) for name, value in added], hidden


def kept(settings: dict[str, str], headers: Headers) -> Headers:
    """The headers of a request that are passed on: all, unless the load balancer drops those of unusual names."""
    if settings.get(DROP_INVALID) != "true":
        return headers
    return [each for each in headers if _VALID.fullmatch(each[0])]


def _header(attribute: str) -> str:
    """`routing.http.response.x_frame_options.header_value` sets X-Frame-Options."""
    return attribute.removeprefix(RESPONSE).removesuffix(SET).replace("_", "-").title()
