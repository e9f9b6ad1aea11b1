"""What becomes of a request: an answer at once, or a target of a group. All but the sending.

`Node` is what a load balancer's node remembers between requests: whose turn it is, who is busy. Everything else is
state, and the request.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from ...wire.http import Response
from . import answers, choosing, matching, slow_start, sticking
from .gates import COGNITO, JWT, OIDC
from .matching import Ask
from .state import State
from .targets import key_of

Plain = dict[str, Any]
TRACE = "x-amzn-trace-id"
PRESERVE_HOST = "routing.http.preserve_host_header.enabled"
HOPS = 30  # addresses in X-Forwarded-For
ACTIONS = {OIDC: "authenticate", COGNITO: "authenticate", JWT: JWT}  # as logs name them


@dataclass(slots=True)
class Node:
    """One node of one load balancer: where it stands, and what it remembers."""

    zone: str
    rng: random.Random
    turns: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)  # requests under way, by group and target


@dataclass(slots=True)
class Forward:
    """A request on its way: `target` None means the group has none. `cookies` are to be set in any case."""

    group: Plain
    target: Plain | None
    ask: Ask
    cookies: list[str]

    @property
    def key(self) -> str:
        """Names the target among all targets of all groups."""
        return f"{self.group['Arn']} {key_of(self.target)}" if self.target else self.group["Arn"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A request that goes on, as one that `passed`, when it is known who asks."""

    action: Plain
    ask: Ask


def decide(
    state: State, listener: Plain, ask: Ask, node: Node, now: float, away: Collection[str] = ()
) -> Response | Forward | Gate:
    """What a node does with a request. `away` are zones traffic was shifted away from."""
    refused = _refused(ask)
    if refused is not None:
        return refused
    rule = matching.met(state.rules_of(listener["Arn"]), ask)
    *gates, action = rule["Actions"] if rule else listener["DefaultActions"]
    ask.rule, taken = str(rule["Priority"]) if rule else "0", [ACTIONS[each["Type"]] for each in gates]
    if gates and not ask.passed:
        ask.action = taken[0]
        return Gate(gates[0], ask)
    ask.action = ",".join([*taken, action["Type"]])
    if action["Type"] == "redirect":
        return answers.redirect(action["RedirectConfig"], ask)
    if action["Type"] == "fixed-response":
        return answers.fixed(action["FixedResponseConfig"])
    for transform in rule["Transforms"] if rule else ():
        ask = _transformed(transform, ask)
    arn, cookies = _group(action["ForwardConfig"], ask, node.rng, now)
    load_balancer = state.load_balancer(listener["LoadBalancerArn"])
    group = state.target_groups.get(arn) if arn else None
    if group is None:
        return answers.error(503)
    return Forward(group, target_for(state, load_balancer, group, ask, node, now, away), ask, cookies)


def target_for(
    state: State, load_balancer: Plain, group: Plain, ask: Ask, node: Node, now: float,
    away: Collection[str] = (),
) -> Plain | None:  # fmt: skip
    """The target of a group for a request; None if it has none."""
    arn = group["Arn"]
    fit = fit_targets(state, load_balancer, group, node.zone, now, away)
    if not fit:
        return None
    kind = sticking.kind_of(group)
    if kind is not None:
        named = {f"{arn} {key_of(each)}": each for each in fit}
        stays = sticking.remembered(ask.cookies(), kind, list(named))
        if stays is not None:
            return named[stays]
    node.turns[arn] += 1
    algorithm = group["Attributes"].get("load_balancing.algorithm.type", "round_robin")
    busy = node.busy
    if int(group["Attributes"].get(slow_start.DURATION, "0")):
        fit = _warmed(state, group, node, fit, now)
    return choosing.pick(fit, algorithm, node.turns[arn], lambda each: busy[f"{arn} {key_of(each)}"], node.rng)


def _warmed(state: State, group: Plain, node: Node, fit: list[Plain], now: float) -> list[Plain]:
    """The one whose turn it is; while it is in slow start only for its share of turns, else one that is not."""
    verdicts = state.verdicts.get(group["Arn"]) or {}
    shares = [slow_start.share(verdicts.get(key_of(each), {}).get(node.zone, {}), now) for each in fit]
    warm = [each for each, share in zip(fit, shares, strict=True) if share == 1.0]
    at = node.turns[group["Arn"]] % len(fit)
    if not warm or shares[at] == 1.0:
        return fit
    return [fit[at]] if node.rng.random() < shares[at] else [node.rng.choice(warm)]


def fit_targets(
    state: State, load_balancer: Plain, group: Plain, zone: str, now: float, away: Collection[str] = ()
) -> list[Plain]:
    """The targets of a group among which the node of a zone may choose."""
    there = choosing.in_reach(
        registered(state, group["Arn"], now), zone, choosing.crosses(group, load_balancer), away
    )
    verdicts = state.verdicts.get(group["Arn"]) or {}

    def healthy(target: Plain) -> bool:
        seen = verdicts.get(key_of(target), {}).get(zone)
        return group["TargetType"] == "lambda" or (seen is not None and seen["State"] == choosing.HEALTHY)

    return choosing.eligible(there, healthy, group) if there else []


def registered(state: State, group: str, now: float) -> list[Plain]:
    """The targets of a group that are there or draining."""
    return [each for each in state.targets.get(group) or () if each.get("GoneAt", now + 1) > now]


def forwarded(load_balancer: Plain, ask: Ask, rng: random.Random, now: float) -> list[tuple[str, str]]:
    """The headers a target gets: the client's, and those the load balancer adds.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    settings = load_balancer["Attributes"]
    mode = settings.get("routing.http.xff_header_processing.mode", "append")
    ours = {"x-forwarded-proto", "x-forwarded-port", TRACE} | ({"x-forwarded-for"} if mode != "preserve" else set())
    hidden = ours | ask.hidden
    kept = [(name, value) for name, value in ask.headers if name.lower() not in hidden]
    if settings.get(PRESERVE_HOST) != "true":
        kept = [(name, _host(value, ask.port) if name.lower() == "host" else value) for name, value in kept]
    if mode == "append":
        seen = [value for name, value in ask.headers if name.lower() == "x-forwarded-for"]
        port = settings.get("routing.http.xff_client_port.enabled") == "true"
        kept.append(
            ("X-Forwarded-For", ", ".join([*seen, f"{ask.source_ip}:{ask.source_port}" if port else ask.source_ip]))
        )
    kept.append(("X-Forwarded-Proto", "https" if ask.secure else "http"))
    kept.append(("X-Forwarded-Port", str(ask.port)))
    kept.append(("X-Amzn-Trace-Id", _trace(ask.header(TRACE), rng, now)))
    return kept + ask.added


def _host(value: str, port: int) -> str:
    """A port that is not the usual one is added, one beside a usual port is taken away.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    name, colon, given = value.rpartition(":")
    named = bool(colon) and given.isdecimal()
    if port in (80, 443):
        return name if named else value
    return value if named else f"{value}:{port}"


def _trace(given: str | None, rng: random.Random, now: float) -> str:
    """A root for a request without one; `Self` beside a root the client brought.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    """
    own = f"1-{int(now):08x}-{rng.getrandbits(96):024x}"
    if not given:
        return f"Root={own}"
    fields = [part for part in given.split(";") if not part.startswith("Self=")]
    if any(part.startswith("Root=") for part in fields):
        return ";".join([f"Self={own}", *fields])
    return ";".join([f"Root={own}", *fields])


def _refused(ask: Ask) -> Response | None:
    if ask.method == "TRACE":
        return answers.error(405)
    seen = ",".join(value for name, value in ask.headers if name.lower() == "x-forwarded-for")
    return answers.error(463) if seen.count(",") >= HOPS else None


def _group(config: Plain, ask: Ask, rng: random.Random, now: float) -> tuple[str | None, list[str]]:
    """The target group of a forward action by weight, or by what the client's cookie says; None if all weigh 0."""
    groups = config["TargetGroups"]
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    arns = [each["TargetGroupArn"] for each in groups]
    chosen = None
    if stickiness.get("Enabled"):
        chosen = sticking.remembered(ask.cookies(), sticking.BY_GROUP, arns)
    if chosen is None:
        weights = [each["Weight"] for each in groups]
        if not any(weights):
            return None, []
        chosen = arns[0] if len(arns) == 1 else rng.choices(arns, weights)[0]
    if not stickiness.get("Enabled"):
        return chosen, []
    return chosen, sticking.cookies_for(sticking.BY_GROUP, chosen, stickiness["DurationSeconds"], now)


def _transformed(transform: Plain, ask: Ask) -> Ask:
    """The request after a rewrite of its host, or of its path and query."""
    if transform["Type"] == "host-header-rewrite":
        (rewrite,) = transform["HostHeaderRewriteConfig"]["Rewrites"]
        host = _rewritten(rewrite, ask.host)
        headers = [(name, host if name.lower() == "host" else value) for name, value in ask.headers]
        return replace(ask, host=host, headers=headers)
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    url = _rewritten(rewrite, f"{ask.path}?{ask.query}" if ask.query else ask.path)
    path, _, query = url.partition("?")
    return replace(ask, path=path if path.startswith("/") else f"/{path}", query=query)


def _rewritten(rewrite: Plain, text: str) -> str:
    template = re.sub(r"\$(\d)", r"\\\1", rewrite["Replace"].replace("\\", "\\\\"))
    try:
        return re.sub(rewrite["Regex"], template, text, count=1)
    except (re.error, IndexError):
        return text  # a replacement that names a group the expression has not
