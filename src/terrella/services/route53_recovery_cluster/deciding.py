"""What a word the members of a cluster agreed on does to its switches. Every member comes to the same result.

An assertion rule must hold of the states a change leads to; a gating rule lets its targets be turned only while it
holds of its gates. Whatever rule a change concerns also demands that its switches were left alone for a while.
https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.safety-rules.html (the words of refusals are not
published and are ours)

    a configuration   {"revision", "panels" {arn: name}, "controls" {arn: {"name", "panel"}}, "rules" {arn: {"kind"
                      "assertion" or "gating", "name", "panel", "watched" [arn], "targets" [arn], "type", "threshold",
                      "inverted", "wait_s"}}}
    a switch's state  {"on", "at" when it was last turned, "index" of the word that did it}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import CONTROL

Plain = dict[str, Any]
NEVER = 0.0
EMPTY: Plain = {"revision": 0, "panels": {}, "controls": {}, "rules": {}}


def configured(states: dict[str, Plain], config: Plain, index: int) -> dict[str, Plain]:
    """The states of the switches of a configuration: a new one is off."""
    new = {"on": False, "at": NEVER, "index": index}
    return {arn: states.get(arn, new) for arn in config["controls"]}


def turned(
    config: Plain, states: dict[str, Plain], word: Plain, index: int
) -> tuple[dict[str, Plain], list[str] | None]:
    """The states after a word that turns switches, and why not: [code, message, resource, its type] or None."""
    wanted: dict[str, bool] = dict(word["entries"])
    for arn in wanted:
        if arn not in states:
            return states, ["ResourceNotFoundException", f"Routing control {arn} not found.", arn, CONTROL]
    later = {arn: wanted.get(arn, state["on"]) for arn, state in states.items()}
    for arn, rule in config["rules"].items():
        complaint = _complaint(rule, states, later, wanted, word["at"]) if arn not in word["override"] else None
        if complaint:
            return states, ["ConflictException", f"{complaint}: safety rule {rule['name']} ({arn}).", arn, "SafetyRule"]
    moved = {arn for arn, on in wanted.items() if on is not states[arn]["on"]}
    new = {arn: {"on": wanted[arn], "at": word["at"], "index": index} for arn in moved}
    return {**states, **new}, None


def holds(rule: Plain, on: Mapping[str, bool | None]) -> bool:
    """Is a rule true of these states?"""
    count, all = sum(bool(on.get(arn)) for arn in rule["watched"]), len(rule["watched"])
    enough = {"ATLEAST": rule["threshold"], "AND": all, "OR": 1}[rule["type"]]
    return (count >= enough) is not rule["inverted"]


def _complaint(
    rule: Plain, states: dict[str, Plain], later: dict[str, bool | None], wanted: dict[str, bool], at: float
) -> str | None:
    """What a rule has against a change, if it concerns the rule at all."""
    guarded = rule["watched"] if rule["kind"] == "assertion" else rule["targets"]
    if not any(arn in wanted for arn in guarded):
        return None
    if at - max((states[arn]["at"] for arn in guarded if arn in states), default=NEVER) < rule["wait_s"]:
        return "The wait period since the last change is not over"
    judged = later if rule["kind"] == "assertion" else {arn: state["on"] for arn, state in states.items()}
    if holds(rule, judged):
        return None
    if rule["kind"] == "assertion":
        return "The states after the change do not meet an assertion"
    return "The gating controls do not let the target controls be changed"
