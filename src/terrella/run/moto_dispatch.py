"""Answering one AWS request with moto, without a web server between. Runs inside the sidecar process only.

moto's own router matches a request's URL against patterns of each service's backend; so do we, after writing
the URL as AWS would know it. Facts and pitfalls: moto 5.1 and 5.2; a test notices when its insides move.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import moto.backends
from moto.core.base_backend import BackendDict
from moto.core.request import Request
from werkzeug.exceptions import HTTPException

READS = (
    "Get", "List", "Describe", "Head", "BatchGet", "Search", "Lookup", "Simulate", "Validate", "Test",
    "Verify", "Decrypt", "Filter", "Preview",
)  # fmt: skip
HOSTS = {"iam": "iam.amazonaws.com"}
_NOT_IMPLEMENTED = re.compile(r"The (\w+) action has not been implemented")
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it came over the sidecar's socket; `backend` is moto's name of the service."""

    backend: str
    service: str
    region: str
    account: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def changes(self) -> bool:
        """Whether this may alter state. Operations not known to be reads count as changes."""
        action = self.action()
        if action:
            return not action.startswith(READS)
        return self.method not in ("GET", "HEAD")

    def action(self) -> str:
        """The name of the operation, where the request says it outright; REST requests do not."""
        target = self.headers.get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        found = _ACTION.search(self.body[:65536]) or _ACTION.search(self.query.encode())
        return found[1].decode() if found else ""


Answer = tuple[int, list[tuple[str, str]], bytes]


def answer(ask: Ask) -> Answer:
    """What moto says. NotImplementedError if it cannot; whatever else a defect in moto raises."""
    url = _url(ask)
    handler = _handler(ask.backend, url.partition("?")[0])
    if handler is None:
        raise NotImplementedError(f"{ask.method} {ask.path}")
    shown = _url(ask, own_host=True) if ask.service == "sqs" else url  # queue URLs repeat the asker's host
    request = Request.from_primitives(ask.method, shown, _headers(ask), ask.body)
    try:
        status, headers, body = handler(request, request.raw_url, request.headers)
    except HTTPException as refusal:
        status, headers, body = refusal.code, refusal.get_headers(), refusal.get_body()
    return int(status), _flat(headers, ask.method), _bytes(body)


def missing_action(ask: Ask, error: NotImplementedError) -> str:
    """The name of what moto has not got, from the request or from moto's own words."""
    found = _NOT_IMPLEMENTED.search(str(error))
    named = "".join(word.capitalize() for word in found[1].split("_")) if found else ""
    return ask.action() or named or f"{ask.method} {ask.path}"


def backends(name: str) -> BackendDict[Any]:
    """All state of one service: account -> region -> backend."""
    return moto.backends.get_backend(name)  # type: ignore[call-overload]


def _url(ask: Ask, own_host: bool = False) -> str:
    host = ask.headers.get("host", "")
    virtual = ask.service == "s3" and host.partition(":")[0].endswith(".amazonaws.com")
    if not (own_host or virtual):
        host = HOSTS.get(ask.service) or f"{_prefix(ask.service)}.{ask.region}.amazonaws.com"
    scheme = "http" if own_host else "https"
    # What stands in the request line may hold characters moto's URL parser trips over.
    path = quote(ask.path, safe="/%:@!$&'()*+,;=~-._")
    return f"{scheme}://{host}{path}" + (f"?{ask.query}" if ask.query else "")


@cache
def _prefix(service: str) -> str:
    """The first label of a service's host name, by AWS's endpoint rules."""
    from botocore.loaders import Loader

    return str(Loader().load_service_model(service, "service-2")["metadata"]["endpointPrefix"])


def _headers(ask: Ask) -> dict[str, str]:
    """moto tells account and region by the signature; requests of the world itself come without one."""
    headers = {name: value for name, value in ask.headers.items() if name != "x-moto-account-id"}
    if "authorization" not in headers and "X-Amz-Credential" not in ask.query:
        scope = f"world/20200101/{ask.region}/{ask.service}/aws4_request"
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return headers | {"x-moto-account-id": ask.account}


@cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], Callable[..., Any]]]:
    kind = backends(name).backend
    if name == "s3":
        _let_conditions_be()
    urls = kind.__new__(kind).urls  # type: ignore[call-overload]  # a backend without state, for all we want is its addresses
    return [(re.compile(pattern), handler) for pattern, handler in urls.items()]


def _let_conditions_be() -> None:
    """Judge bucket policies by their statements without a Condition.

    moto takes every condition for unmet, and a statement with an unmet condition for a refusal. So
    the usual "deny what comes without TLS" would close the bucket to everybody.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(bucket.policy)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        unconditional = [statement for statement in statements if not statement.get("Condition")]
        judged = IAMPolicy(json.dumps({**policy, "Statement": unconditional}))
        return judged.is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign, assignment]


def _handler(name: str, url: str) -> Callable[..., Any] | None:
    return next((handler for pattern, handler in _patterns(name) if pattern.match(url)), None)


def _flat(headers: Any, method: str) -> list[tuple[str, str]]:
    """Headers as text pairs. Whoever sends the answer on counts its length, but for HEAD nobody else can."""
    pairs = headers.items() if hasattr(headers, "items") else headers
    counted = {"content-length"} if method != "HEAD" else set()
    return [(str(name), str(value)) for name, value in pairs if str(name).lower() not in counted]


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return (
        b"" if body is None else b"".join(part if isinstance(part, bytes) else part.encode() for part in body)
    )
