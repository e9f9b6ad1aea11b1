"""Safety rules of a control panel: assertions of the states after a change, gates that let changes happen.

https://docs.aws.amazon.com/recovery-cluster/latest/api/safetyrule.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import tags
from .clusters import present
from .deploying import alter
from .errors import ServiceQuotaExceededException, ValidationException
from .paging import page
from .state import Plain, State, again, new_hex, service

MOST = 20


@service.operation
def create_safety_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = again(ctx, "rules", input.get("ClientToken"))
    if old is not None:
        return _described(ctx, old)
    kind, given = _given(input, "AssertionRule", "GatingRule")
    panel = present(ctx, "panels", given["ControlPanelArn"])
    if len(ctx.state.of("rules", Panel=panel["Arn"])) >= MOST:
        raise ServiceQuotaExceededException(f"The quota of {MOST} safety rules in a control panel has been reached.")
    rule = {
        "Arn": f"{panel['Arn']}/safetyrule/{new_hex(ctx, 16)}",
        "Cluster": panel["Cluster"],
        "Panel": panel["Arn"],
        "Name": given["Name"],
        "Kind": kind,
        "Watched": given["AssertedControls" if kind == "assertion" else "GatingControls"],
        "Targets": given.get("TargetControls") or [],
        "Rule": given["RuleConfig"],
        "WaitMs": given["WaitPeriodMs"],
        "Token": input.get("ClientToken"),
        "Deleting": False,
    }
    _check(ctx, rule)
    made = alter(ctx, "rules", rule)
    tags.tag(ctx, made["Arn"], input.get("Tags"))
    return _described(ctx, made)


@service.operation
def describe_safety_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _described(ctx, ctx.state.one("rules", input["SafetyRuleArn"]))


@service.operation
def list_safety_rules(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    panel = ctx.state.one("panels", input["ControlPanelArn"])["Arn"]
    found = [
        {"ASSERTION" if each["Kind"] == "assertion" else "GATING": _rule(ctx, each)}
        for each in ctx.state.of("rules", Panel=panel)
    ]
    return page("SafetyRules", found, input)


@service.operation
def update_safety_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Its name and its wait period; whoever wants more makes another rule."""
    kind, given = _given(input, "AssertionRuleUpdate", "GatingRuleUpdate")
    old = present(ctx, "rules", given["SafetyRuleArn"])
    if old["Kind"] != kind:
        raise ValidationException(f"The safety rule {old['Arn']} is not of that kind.")
    rule = {**old, "Name": given["Name"], "WaitMs": given["WaitPeriodMs"]}
    _check(ctx, rule)
    return _described(ctx, alter(ctx, "rules", rule))


@service.operation
def delete_safety_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    alter(ctx, "rules", {**present(ctx, "rules", input["SafetyRuleArn"]), "Deleting": True})
    return {}


def _given(input: dict[str, Any], assertion: str, gating: str) -> tuple[str, Plain]:
    """Which of the two kinds was given. Raises ValidationException unless it is one."""
    if bool(input.get(assertion)) == bool(input.get(gating)):
        raise ValidationException(f"Exactly one of {assertion} and {gating} must be specified.")
    return ("assertion", input[assertion]) if input.get(assertion) else ("gating", input[gating])


def _check(ctx: Context[State], rule: Plain) -> None:
    """Raises ValidationException, ResourceNotFoundException."""
    for arn in (*rule["Watched"], *rule["Targets"]):
        if present(ctx, "controls", arn)["Panel"] != rule["Panel"]:
            raise ValidationException(f"The routing control {arn} is not in the control panel {rule['Panel']}.")
    if not rule["Watched"] or (rule["Kind"] == "gating" and not rule["Targets"]):
        raise ValidationException("A safety rule needs routing controls.")
    if rule["Rule"]["Type"] == "ATLEAST" and not 0 < rule["Rule"]["Threshold"] <= len(rule["Watched"]):
        raise ValidationException("The threshold must be between 1 and the number of routing controls of the rule.")
    if rule["WaitMs"] < 0:
        raise ValidationException("The wait period cannot be negative.")


def _described(ctx: Context[State], rule: Plain) -> Plain:
    return {"AssertionRule" if rule["Kind"] == "assertion" else "GatingRule": _rule(ctx, rule)}


def _rule(ctx: Context[State], rule: Plain) -> Plain:
    if rule["Kind"] == "assertion":
        controls = {"AssertedControls": rule["Watched"]}
    else:
        controls = {"GatingControls": rule["Watched"], "TargetControls": rule["Targets"]}
    return {
        **controls,
        "ControlPanelArn": rule["Panel"],
        "Name": rule["Name"],
        "RuleConfig": rule["Rule"],
        "SafetyRuleArn": rule["Arn"],
        "Status": ctx.state.status(rule),
        "WaitPeriodMs": rule["WaitMs"],
        "Owner": ctx.account,
    }
