r"""Domain names as Route 53 keeps, returns and orders them.

Lower case, with a final dot; every character but a-z 0-9 - _ and the dot as a backslash and three octal
digits, so a wildcard is `\052.example.com.`. See "DNS domain name format" in the Route 53 Developer Guide.
"""

from __future__ import annotations

import functools
import re

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_TOKEN = re.compile(r"\\([0-3][0-7]{2})|\\(.)|(.)", re.DOTALL)
_SERVICE_ENDINGS = (
    ".amazonaws.com.",
    ".amazonaws.com.cn.",
    ".awsapprunner.com.",
    ".awsglobalaccelerator.com.",
    ".cloudfront.net.",
    ".elasticbeanstalk.com.",
    ".on.aws.",
)
_SERVICE_ZONES = {".awsglobalaccelerator.com.": "Z2BJ6XQ5FK7U4H", ".cloudfront.net.": "Z2FDTNDATAQYW2"}
LONGEST_LABEL, LONGEST_NAME = 63, 254  # RFC 1035 section 2.3.4; a name with its final dot


class BadName(ValueError):
    """Not a domain name. The text is Route 53's: a code, its meaning in brackets, and the offender."""

    def __init__(self, code: str, meaning: str, offender: str) -> None:
        super().__init__(f"FATAL problem: {code} ({meaning}) encountered with '{offender}'")


@functools.lru_cache(maxsize=8192)
def canonical(name: str) -> str:
    """The one spelling of a name that stands in state. BadName if it is none."""
    labels = labels_of(name)
    if labels == ("",):
        raise BadName("DomainNameEmpty", "Domain name is empty", name)
    for label in labels:
        if not label:
            raise BadName("DomainLabelEmpty", "Domain label is empty", name)
        if len(label) > LONGEST_LABEL:
            raise BadName("DomainLabelTooLong", "Domain label is too long", label)
    if sum(len(label) + 1 for label in labels) > LONGEST_NAME:
        raise BadName("DomainNameTooLong", "Domain name is too long", name)
    return "".join(_escaped(label) + "." for label in labels)


@functools.lru_cache(maxsize=8192)
def order(name: str) -> str:
    """Sorts names as ListResourceRecordSets lists them: labels reversed, the final dot counted."""
    return "".join(label + "." for label in reversed(labels_of(name)))


@functools.lru_cache(maxsize=8192)
def labels_of(name: str) -> tuple[str, ...]:
    """Labels with escapes undone. An escaped dot is part of its label."""
    labels: list[str] = []
    label: list[str] = []
    for octal, escaped, plain in _TOKEN.findall(name):
        if plain == ".":
            labels.append("".join(label))
            label = []
            continue
        character = chr(int(octal, 8)) if octal else escaped or plain
        if not character.isascii():
            raise BadName("UnsupportedCharacter", "Value contains unsupported characters", character)
        label.append(character.lower())
    if label or not labels:
        labels.append("".join(label))
    return tuple(labels)


def lies_within(name: str, zone: str) -> bool:
    """Whether a canonical name is the zone's own or below it."""
    return name == zone or name.endswith("." + zone)


def is_wildcard(name: str) -> bool:
    """Whether a canonical name stands for all names beside and below it."""
    return name.startswith("\\052.")


def is_of_a_service(name: str) -> bool:
    """Whether a canonical name is one AWS gives to a resource that aliases may target."""
    return name.endswith(_SERVICE_ENDINGS)


def zone_of_a_service(name: str) -> str | None:
    """The hosted zone of AWS that all names of a service are in, where it has but one (AliasTarget, API reference)."""
    return next((zone for ending, zone in _SERVICE_ZONES.items() if name.endswith(ending)), None)


def _escaped(label: str) -> str:
    return "".join(char if char in _PLAIN else f"\\{ord(char):03o}" for char in label)
