"""Headers that listeners add, rename or leave out.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
"""

from __future__ import annotations

from .answers import SERVER

Headers = list[tuple[str, str]]
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


def _header(attribute: str) -> str:
    """`routing.http.response.x_frame_options.header_value` sets X-Frame-Options."""
    return attribute.removeprefix(RESPONSE).removesuffix(SET).replace("_", "-").title()
