"""stand in a city: `eval "$(terrella at tokyo)"`

Prints what a shell must know so that unmodified clients (curl, AWS CLI, SDKs) reach the world as somebody in
that city does: through its resolver, at the distance the internet puts between. A region will do as well: there
one stands in its VPC. Who has no credentials gets some that mean nothing outside. `--unset` prints how to leave;
proxies, certificates and AWS_ENDPOINT_URL that were set before must be set again.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex

from ..net.addresses import FRONT_DOOR
from ..net.places import UnknownPlace, city, find
from ._says import Sorry, ask_world, data_of, data_option, json_option

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
BUNDLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
NOT_PROXIED = ("NO_PROXY", "no_proxy")
DUMMIES = {
    "AWS_ACCESS_KEY_ID": "AKIATERRELLA",
    "AWS_SECRET_ACCESS_KEY": "terrella",
    "AWS_DEFAULT_REGION": "us-east-1",
}
LENT = "TERRELLA_LENT"  # which of these were not the user's own: they go when the user leaves
OVERRIDES = ("AWS_ENDPOINT_URL",)  # would lead past the city


def arguments(parser: argparse.ArgumentParser) -> None:
    data_option(parser)
    json_option(parser)
    parser.add_argument("city", metavar="CITY", nargs="?", help="`terrella cities` lists them; or a region")
    parser.add_argument("--unset", action="store_true", help="leave the world")


def run(args: argparse.Namespace) -> int:
    if args.unset:
        print(f"unset {' '.join((*PROXIES, *NOT_PROXIED, *BUNDLES, *_lent()))}")
        return 0
    if args.city is None:
        raise Sorry("Which city? `terrella cities` lists them.")
    try:
        name = _standing(args.city)
    except UnknownPlace as unknown:
        raise Sorry(str(unknown)) from None
    world = ask_world(args, "where")
    variables = environment(name, world["proxy"], str(data_of(args).ca_bundle), world["credentials"])
    if args.json:
        print(json.dumps(variables))
        return 0
    for variable, value in variables.items():
        print(f"export {variable}={shlex.quote(value)}")
    print(f"unset {' '.join(OVERRIDES)}")
    return 0


def _standing(name: str) -> str:
    """A city, or a region, in whose VPC one stands then. Raises UnknownPlace, which suggests cities."""
    try:
        return find(name, "region").name
    except UnknownPlace:
        return city(name).name


def environment(name: str, port: int, bundle: str, credentials: list[str]) -> dict[str, str]:
    """The variables of somebody in a city. A password is there because botocore needs one."""
    proxy = f"http://{name}:x@{FRONT_DOOR}:{port}"
    variables = dict.fromkeys(PROXIES, proxy)
    variables |= dict.fromkeys(NOT_PROXIED, "localhost,127.0.0.1")
    variables |= dict.fromkeys(BUNDLES, bundle)
    if not credentials and not os.environ.get("AWS_PROFILE"):
        missing = {key: value for key, value in DUMMIES.items() if not os.environ.get(key)}
        lent = [key for key in _lent() if key in DUMMIES]
        variables |= missing
        if missing or lent:
            variables[LENT] = " ".join([*lent, *missing])
    return variables


def _lent() -> list[str]:
    """What this shell was lent and still has, as it was; at last the variable that tells."""
    names = os.environ.get(LENT, "").split()
    return [*(name for name in names if DUMMIES.get(name) == os.environ.get(name, "")), *([LENT] if names else [])]
