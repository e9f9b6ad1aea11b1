"""Requests that need no server of the user's: answers of the load balancer itself, and functions.

As a door of the region it answers for the load balancers' own names: what the operator, who stands nowhere, and the
simulated world use. A live world's nodes call `invoke` for their Lambda targets.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace

import orjson

from ...core.errors import AwsError
from ...net.addresses import client_ip
from ...region.region import Region
from ...region.service import Context
from ...wire.http import Request, Response
from . import answers, lambda_events, recording, sealing
from .deciding import Forward, Gate, Node, decide, forwarded
from .matching import Ask
from .records import Record
from .state import Plain, State, service
from .targets import PRINCIPAL

MULTI_VALUE = "lambda.multi_value_headers.enabled"
REASONS = {  # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
    "AccessDeniedException": "LambdaAccessDenied", "ResourceNotFoundException": "LambdaResourceNotFound",
    "TooManyRequestsException": "LambdaThrottling", "RequestTooLargeException": "LambdaRequestTooLarge",
}  # fmt: skip


def belongs(state: State, here: Region, host: str) -> bool:
    return host.endswith(".amazonaws.com") and state.named(host) is not None


@service.door(belongs)
async def answer(ctx: Context[State], request: Request) -> Response:
    """One request for a load balancer's own name, as its first node answers it. Servers are out of reach: 504."""
    load_balancer = ctx.state.named(request.host)
    assert load_balancer is not None
    ask = Ask(
        request.method, request.headers.get("host", ""), request.path, request.query, list(request.headers.items()),
        client_ip(request.source), 0, request.secure, 443 if request.secure else 80,
    )  # fmt: skip
    listener = next((each for each in ctx.state.listeners_of(load_balancer["Arn"]) if each["Port"] == ask.port), None)
    if listener is None or load_balancer["Type"] != "application":
        return answers.error(503)
    node = Node(load_balancer["Zones"][0]["ZoneName"], random.Random(ctx.here.rng.getrandbits(64)))
    record = recording.record_of(ask, request, ctx.now)
    decision = decide(ctx.state, listener, ask, node, ctx.now)
    record.forward = decision if isinstance(decision, Forward) else None
    response = await respond(ctx, load_balancer, decision, request.body, node.rng, record)
    recording.answered_with(ctx.here, load_balancer, node.zone, record, response)
    return response


def has_keys(state: State, here: Region, host: str) -> bool:
    return host == f"public-keys.auth.elb.{here.name}.amazonaws.com"


@service.door(has_keys, fixed=True)
async def tell_key(ctx: Context[State], request: Request) -> Response:
    """The public key by which targets verify what they are told of users."""
    kid = request.path.removeprefix("/")
    keys = next((each for _, each in ctx.state.identities.items() if each["Kid"] == kid), None)
    if keys is None:
        return Response(404, [], b"")
    return Response(200, [("Content-Type", "text/plain")], sealing.public_key(keys).encode())


async def respond(
    ctx: Context[State], load_balancer: Plain, decision: Response | Forward | Gate, body: bytes, rng: random.Random,
    record: Record | None = None,
) -> Response:  # fmt: skip
    """The answer to a request that goes to no server. What became of it is noted in its record, if it has one."""
    if isinstance(decision, Response):
        return decision
    if isinstance(decision, Gate):
        return answers.error(500)  # whom to ask who somebody is cannot be reached from here
    if decision.target is None:
        return _with_cookies(answers.error(503), decision.cookies)
    if decision.group["TargetType"] != "lambda":
        return answers.error(504)
    return _with_cookies(await invoke(ctx, load_balancer, decision, body, rng, record), decision.cookies)


async def invoke(
    ctx: Context[State], load_balancer: Plain, decision: Forward, body: bytes, rng: random.Random,
    record: Record | None = None,
) -> Response:  # fmt: skip
    """The answer of a Lambda target."""
    assert decision.target is not None
    if len(body) > lambda_events.LARGEST:
        _note(record, "LambdaRequestTooLarge")
        return answers.error(413)
    group, many = decision.group, decision.group["Attributes"].get(MULTI_VALUE) == "true"
    headers = forwarded(load_balancer, decision.ask, rng, ctx.now)
    event = lambda_events.event_of(decision.ask, headers, body, group["Arn"], many)
    if record is not None:
        record.trace = next((value for name, value in headers if name == "X-Amzn-Trace-Id"), "-")
        record.sent_at = ctx.here.clock.now()
    payload = await call_function(ctx, group["Arn"], decision.target["Id"], event, record)
    response = lambda_events.response_of(payload, many) if payload is not None else None
    if record is not None and response is not None:
        record.answered_at, record.target_status = ctx.here.clock.now(), response.status
    elif payload is not None:
        _note(record, "LambdaResponseTooLarge" if len(payload) > lambda_events.LARGEST else "LambdaInvalidResponse")
    return response or answers.error(502)


async def probe_function(ctx: Context[State], group: Plain, target: Plain) -> int | None:
    """The status a Lambda target answers a health check with; None when it answers nothing usable."""
    many = group["Attributes"].get(MULTI_VALUE) == "true"
    event = lambda_events.health_event(group["Arn"], group["HealthCheckPath"], many)
    payload = await call_function(ctx, group["Arn"], target["Id"], event)
    response = lambda_events.response_of(payload, many) if payload is not None else None
    return response.status if response else None


async def call_function(
    ctx: Context[State], group: str, function: str, event: Plain, record: Record | None = None
) -> bytes | None:
    """What a function returns, None if it fails, is throttled or may not be invoked."""
    caller = replace(ctx.caller, principal=PRINCIPAL, source_arn=group)
    input = {"FunctionName": function, "Payload": orjson.dumps(event)}
    try:
        outcome = await ctx.here.request("lambda", "Invoke", input, caller, ctx.region)
    except AwsError as error:
        _note(record, REASONS.get(error.error_code, "LambdaServiceException"))
        return None
    if outcome.get("FunctionError"):
        _note(record, "LambdaUnhandled")
        return None
    return outcome.get("Payload") or b"null"


def _note(record: Record | None, reason: str) -> None:
    if record is not None:
        record.reason = reason


def _with_cookies(response: Response, cookies: Collection[str]) -> Response:
    return Response(response.status, [*response.headers, *(("Set-Cookie", each) for each in cookies)], response.body)
