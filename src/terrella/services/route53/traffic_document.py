"""Traffic policy documents: reading one, and every reason why it is none.

https://docs.aws.amazon.com/Route53/latest/APIReference/api-policies-traffic-policy-document-format.html

Invariant: whatever `read` returns can be made into record sets: every reference leads somewhere, and none in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...net.places import region_names
from . import names, traffic_rules, values
from .errors import InvalidTrafficPolicyDocument
from .traffic_rules import Branch, Reference, Wrong

Plain = dict[str, Any]
VERSIONS = ("2015-10-01", "2023-05-09")
TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "PTR", "SPF", "SRV", "TXT")
_ADDRESSES = ("A", "AAAA")
_ENDINGS = {
    "cloudfront": (".cloudfront.net.",),
    "application-load-balancer": (".amazonaws.com.", ".amazonaws.com.cn."),
    "elastic-load-balancer": (".amazonaws.com.", ".amazonaws.com.cn."),
    "network-load-balancer": (".amazonaws.com.", ".amazonaws.com.cn."),
    "elastic-beanstalk": (".elasticbeanstalk.com.",),
}
_MEMBERS = frozenset({"AWSPolicyFormatVersion", "RecordType", "StartRule", "StartEndpoint", "Endpoints", "Rules"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where traffic ends: a value of the policy's type, or the name of an AWS resource."""

    value: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A traffic policy document that makes sense."""

    type: str
    start: Reference
    endpoints: dict[str, Endpoint]
    rules: dict[str, list[Branch]]


def read(text: str) -> Document:
    """What a document says. Raises InvalidTrafficPolicyDocument with the first reason against it."""
    try:
        return _document(_json(text))
    except Wrong as wrong:
        raise InvalidTrafficPolicyDocument(f"Invalid traffic policy document: {wrong}") from wrong


def _json(text: str) -> Plain:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Wrong("it is not valid JSON") from error
    if not isinstance(found, dict):
        raise Wrong("it is not a JSON object")
    return found


def _document(found: Plain) -> Document:
    unknown = sorted(found.keys() - _MEMBERS)
    if unknown:
        raise Wrong(f"unknown element {unknown[0]}")
    if found.get("AWSPolicyFormatVersion") not in VERSIONS:
        raise Wrong(f"AWSPolicyFormatVersion must be one of {', '.join(VERSIONS)}")
    type = found.get("RecordType")
    if type not in TYPES:
        raise Wrong(f"RecordType must be one of {', '.join(TYPES)}")
    endpoints = {id: _endpoint(id, each, type) for id, each in _section(found, "Endpoints")}
    rules = {
        id: traffic_rules.read(id, each, found["AWSPolicyFormatVersion"]) for id, each in _section(found, "Rules")
    }
    document = Document(type, _start(found), endpoints, rules)
    _check_references(document)
    return document


def _section(found: Plain, name: str) -> Iterator[tuple[str, Plain]]:
    section = found.get(name, {})
    if not isinstance(section, dict):
        raise Wrong(f"{name} is not a JSON object")
    for id, each in section.items():
        if not isinstance(each, dict):
            raise Wrong(f"{name}: {id} is not a JSON object")
        yield id, each


def _start(found: Plain) -> Reference:
    given = [member for member in ("StartRule", "StartEndpoint") if member in found]
    if len(given) != 1:
        raise Wrong("exactly one of StartRule and StartEndpoint must be specified")
    if not isinstance(found[given[0]], str):
        raise Wrong(f"{given[0]} is not a string")
    return Reference("rule" if given[0] == "StartRule" else "endpoint", found[given[0]])


def _endpoint(id: str, found: Plain, type: str) -> Endpoint:
    kind, value = found.get("Type", "value"), found.get("Value")
    if not isinstance(kind, str) or kind not in ("value", "s3-website", *_ENDINGS):
        raise Wrong(f"endpoint {id}: Type {kind} is not supported")
    if not isinstance(value, str) or not value:
        raise Wrong(f"endpoint {id}: Value must be specified")
    if kind == "value":
        fault = values.check(type, value)
        if fault is not None:
            raise Wrong(f"endpoint {id}: {fault}")
        return Endpoint(value=value)
    if type not in _ADDRESSES:
        raise Wrong(f"endpoint {id}: an endpoint of type {kind} requires RecordType A or AAAA")
    if kind == "s3-website":
        return Endpoint(alias=_website(id, found.get("Region"), type))
    try:
        name = names.canonical(value)
    except names.BadName as bad:
        raise Wrong(f"endpoint {id}: {bad}") from bad
    if not name.endswith(_ENDINGS[kind]):
        raise Wrong(f"endpoint {id}: {value} is not the name of an endpoint of type {kind}")
    return Endpoint(alias=name)


def _website(id: str, region: Any, type: str) -> str:
    """The website endpoint of a region, which serves all of its buckets."""
    if type != "A":
        raise Wrong(f"endpoint {id}: an endpoint of type s3-website requires RecordType A")
    if region not in region_names():
        raise Wrong(f"endpoint {id}: Region must be the region of an endpoint of type s3-website")
    return f"s3-website-{region}.amazonaws.com."


def _check_references(document: Document) -> None:
    """Every reference leads to something that is there, and the rules form no circle."""
    for owner, reference in _references(document):
        known = document.rules if reference.kind == "rule" else document.endpoints
        if reference.id not in known:
            raise Wrong(f"{owner} refers to the {reference.kind} {reference.id}, which is not defined")
    for id, branches in document.rules.items():
        for branch in branches:
            to = branch.to
            if to.kind == "endpoint" and "MultiValueAnswer" in branch.fields and document.endpoints[to.id].alias:
                raise Wrong(f"rule {id}: a multivalue answer rule can only refer to endpoints of type value")
    _check_circles(document)


def _references(document: Document) -> Iterator[tuple[str, Reference]]:
    yield "the start", document.start
    for id, branches in document.rules.items():
        for branch in branches:
            yield f"rule {id}", branch.to


def _check_circles(document: Document) -> None:
    below = {id: {b.to.id for b in branches if b.to.kind == "rule"} for id, branches in document.rules.items()}
    while below:  # rules all of whose references are settled are settled, too
        settled = {id for id, ids in below.items() if not ids}
        if not settled:
            raise Wrong(f"the rules {', '.join(sorted(below))} refer to one another in a circle")
        below = {id: ids - settled for id, ids in below.items() if id not in settled}
