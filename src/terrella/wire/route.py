"""Which operation is this request? Headers, host, path and the name it was signed for decide, in that order.

The protocol is found per request: one service may be spoken to in several.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..core.errors import AwsError, UnknownOperationException
from . import hosts, model, paths, query
from .http import Request
from .model import Operation

CBOR = "smithy-rpc-v2-cbor"


class InvalidAction(AwsError):
    """A query service does not have that action."""


class MissingAction(AwsError):
    """A form without an action."""


@dataclass(slots=True, frozen=True)
class Call:
    """An operation, the protocol it was asked for in, and what its path said."""

    operation: Operation
    protocol: str
    labels: dict[str, str] | None = None


def resolve(request: Request, signing_name: str | None) -> Call:
    """The operation a request means.

    Raises UnknownOperationException, for query services InvalidAction or MissingAction.
    """
    target = request.headers.get("x-amz-target")
    if target is not None:
        call = _targets.get(target)
        return call if call is not None else _by_target(target)
    if "smithy-protocol" in request.headers:
        return _by_rpc_path(request)
    named = hosts.named(request.host)
    candidates = _candidates(signing_name, named)
    call = _by_path(request, candidates) or _by_action(request, candidates)
    if call is None:
        raise UnknownOperationException()
    return call


def _candidates(signing_name: str | None, named: hosts.Named | None) -> tuple[str, ...]:
    if signing_name is None:
        return named.services if named else ()
    signed = hosts.by_signing_name().get(signing_name, ())
    if named:  # the host may tell apart what the signature does not: s3 and s3control, elb and elbv2
        both = tuple(service for service in signed if service in named.services)
        return both or signed
    return signed


# JSON: the header names service and operation.

_targets: dict[str, Call] = {}  # only what exists gets in, so it cannot grow without bound


def _by_target(target: str) -> Call:
    prefix, _, name = target.rpartition(".")
    for service in _by_target_prefix().get(prefix, ()):
        operation = model.load(service).operations.get(name)
        if operation is not None:
            call = _targets[target] = Call(operation, "json")
            return call
    raise UnknownOperationException()


@functools.cache
def _by_target_prefix() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, head in model.heads().items():
        prefix = head.get("targetPrefix")
        if prefix and "json" in (head.get("protocols") or [head["protocol"]]):
            found[prefix] = (*found.get(prefix, ()), name)
        elif prefix:
            found.setdefault(prefix, (name,))
    return found


# RPC v2: /service/NAME/operation/NAME.


def _by_rpc_path(request: Request) -> Call:
    parts = request.path.strip("/").split("/")
    if request.headers["smithy-protocol"] != "rpc-v2-cbor" or len(parts) < 4:
        raise UnknownOperationException()
    word, prefix, other, name = parts[-4:]
    if (word, other) != ("service", "operation"):
        raise UnknownOperationException()
    for service in _by_target_prefix().get(prefix, ()):
        operation = model.load(service).operations.get(name)
        if operation is not None:
            return Call(operation, CBOR)
    raise UnknownOperationException()


# REST: method and path.


def _by_path(request: Request, candidates: tuple[str, ...]) -> Call | None:
    best: paths.Match | None = None
    path = hosts.full_path(request)
    for service in candidates:
        if _rest_protocol(service):
            found = paths.match(service, request, path)
            if found and (best is None or _across(found) > _across(best)):
                best = found
    if best is None:
        return None
    protocol = _rest_protocol(best.operation.service.name)
    assert protocol
    return Call(best.operation, protocol, best.labels)


def _across(found: paths.Match) -> tuple[bool, int]:
    """Between services a request that lacks nothing required counts for more than a longer path."""
    literal, complete, *_ = found.rank
    return complete, literal


@functools.cache
def _rest_protocol(service: str) -> str | None:
    protocols = _protocols(service)
    return next((name for name in protocols if name.startswith("rest-")), None)


def _protocols(service: str) -> list[str]:
    head = model.heads()[service]
    found: list[str] = head.get("protocols") or [head["protocol"]]
    return found


# Query: Action and Version in a form.


def _by_action(request: Request, candidates: tuple[str, ...]) -> Call | None:
    fields = query.form(request)
    action, version = fields.get("Action"), fields.get("Version")
    if candidates:
        candidates = tuple(service for service in candidates if _form_protocol(service))
        if not candidates:
            return None
        if action is None:
            raise MissingAction("The request must contain the parameter Action.")
    elif action is None:
        return None
    else:
        candidates = _by_version().get(version or "", ())
    exact = [service for service in candidates if model.heads()[service]["apiVersion"] == version]
    for service in (*exact, *candidates):
        operation = model.load(service).operations.get(action)
        if operation is not None:
            protocol = _form_protocol(service)
            assert protocol
            return Call(operation, protocol)
    raise InvalidAction(f"The action {action} is not valid for this web service.")


@functools.cache
def _form_protocol(service: str) -> str | None:
    return next((name for name in _protocols(service) if name in ("query", "ec2")), None)


@functools.cache
def _by_version() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, head in model.heads().items():
        if _form_protocol(name):
            version = head["apiVersion"]
            found[version] = (*found.get(version, ()), name)
    return found
