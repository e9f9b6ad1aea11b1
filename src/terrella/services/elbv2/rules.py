"""Rules of listeners: by priority, the default last.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
"""

from __future__ import annotations

import re
from typing import Any

from ...region.service import Context
from . import actions, conditions, gates, health, names, tags
from .errors import (
    InvalidConfigurationRequest,
    OperationNotPermitted,
    PriorityInUse,
    RuleNotFound,
    TooManyRules,
    ValidationError,
)
from .load_balancers import forget
from .paging import page
from .state import Plain, State, service

MOST, HIGHEST_PRIORITY = 100, 50_000
DEFAULT = "default"
REWRITES = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}


@service.operation
def create_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener = ctx.state.listener(input["ListenerArn"])
    load_balancer = ctx.state.load_balancer(listener["LoadBalancerArn"])
    if load_balancer["Type"] != "application":
        raise InvalidConfigurationRequest("Rules can only be created for listeners of application load balancers")
    given_tags = tags.checked(input.get("Tags") or [])
    there = ctx.state.rules_of(listener["Arn"])
    _check_priority(input["Priority"])
    if any(each["Priority"] == input["Priority"] for each in there):
        raise PriorityInUse(f"Priority '{input['Priority']}' is currently in use")
    rule = {
        "Arn": names.child_arn(ctx, listener["Arn"], "listener-rule"),
        "ListenerArn": listener["Arn"],
        "Priority": input["Priority"],
        "Conditions": conditions.checked(input["Conditions"]),
        "Actions": actions.checked(ctx, input["Actions"], load_balancer, listener["Protocol"]),
        "Transforms": _transforms(input.get("Transforms") or []),
    }
    if len(there) >= MOST:
        raise TooManyRules(f"The maximum number of rules has been reached: {MOST}")
    _put(ctx, rule)
    health.report_load_balancer(ctx, load_balancer["Arn"])
    if given_tags:
        tags.put(ctx, rule["Arn"], given_tags)
    return {"Rules": [described(rule)]}


@service.operation
def describe_rules(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    wanted, listener = input.get("RuleArns"), input.get("ListenerArn")
    if bool(wanted) == bool(listener):
        raise ValidationError("You must specify either listener rule ARNs or a listener ARN")
    if listener:
        found = [*map(described, ctx.state.rules_of(listener)), _default(ctx.state.listener(listener))]
        return page("Rules", found, input, "RuleArn")
    return {"Rules": [_any(ctx.state, arn) for arn in wanted or ()]}


@service.operation
def modify_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["RuleArn"]
    if _listener_of_default(ctx.state, arn) is not None:
        raise OperationNotPermitted(f"Default rule '{arn}' cannot be modified")
    rule = ctx.state.rule(arn)
    listener = ctx.state.listener(rule["ListenerArn"])
    load_balancer = ctx.state.load_balancer(listener["LoadBalancerArn"])
    new = dict(rule)
    if input.get("Conditions"):
        new["Conditions"] = conditions.checked(input["Conditions"])
    if input.get("Actions"):
        new["Actions"] = actions.checked(
            ctx, input["Actions"], load_balancer, listener["Protocol"], rule["Actions"]
        )
    if input.get("Transforms") or input.get("ResetTransforms"):
        new["Transforms"] = _transforms(input.get("Transforms") or [])
    _put(ctx, new)
    health.report_load_balancer(ctx, load_balancer["Arn"])
    return {"Rules": [described(new)]}


@service.operation
def delete_rule(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["RuleArn"]
    if _listener_of_default(ctx.state, arn) is not None:
        raise OperationNotPermitted(f"Default rule '{arn}' cannot be deleted")
    listener = ctx.state.listener(ctx.state.rule(arn)["ListenerArn"])
    forget(ctx, "rules", arn)
    health.report_load_balancer(ctx, listener["LoadBalancerArn"])
    return {}


@service.operation
def set_rule_priorities(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """All of them at once, so that two rules can change places."""
    wanted = {each["RuleArn"]: each["Priority"] for each in input["RulePriorities"]}
    for arn in wanted:
        if _listener_of_default(ctx.state, arn) is not None:
            raise OperationNotPermitted(f"The priority of default rule '{arn}' cannot be changed")
    found = [ctx.state.rule(arn) for arn in wanted]
    for priority in wanted.values():
        _check_priority(priority)
        if list(wanted.values()).count(priority) > 1:
            raise PriorityInUse(f"Priority '{priority}' is currently in use")
    for rule in found:
        for other in ctx.state.rules_of(rule["ListenerArn"]):
            if other["Arn"] not in wanted and other["Priority"] == wanted[rule["Arn"]]:
                raise PriorityInUse(f"Priority '{other['Priority']}' is currently in use")
    for rule in found:
        _put(ctx, rule | {"Priority": wanted[rule["Arn"]]})
    return {"Rules": [described(ctx.state.rule(arn)) for arn in wanted]}


def described(rule: Plain) -> Plain:
    """A rule as the API shows it."""
    return {
        "RuleArn": rule["Arn"],
        "Priority": str(rule["Priority"]),
        "Conditions": rule["Conditions"],
        "Actions": gates.shown(rule["Actions"]),
        "IsDefault": False,
        "Transforms": rule["Transforms"],
    }


def _default(listener: Plain) -> Plain:
    return {
        "RuleArn": listener["DefaultRuleArn"],
        "Priority": DEFAULT,
        "Conditions": [],
        "Actions": gates.shown(listener["DefaultActions"]),
        "IsDefault": True,
        "Transforms": [],
    }


def _any(state: State, arn: str) -> Plain:
    listener = _listener_of_default(state, arn)
    if listener is not None:
        return _default(listener)
    try:
        return described(state.rule(arn))
    except RuleNotFound:
        raise RuleNotFound(f"Rules '[{arn}]' not found") from None


def _listener_of_default(state: State, arn: str) -> Plain | None:
    return next((each for _, each in state.listeners.items() if each["DefaultRuleArn"] == arn), None)


def _put(ctx: Context[State], rule: Plain) -> None:
    ctx.commit("entry_put", table="rules", key=rule["Arn"], value=rule)


def _check_priority(priority: int) -> None:
    if not 1 <= priority <= HIGHEST_PRIORITY:
        raise ValidationError(f"Priority '{priority}' must be between 1 and {HIGHEST_PRIORITY}")


def _transforms(given: list[Plain]) -> list[Plain]:
    """One rewrite of the host and one of the URL, each by one regular expression."""
    kinds = [each["Type"] for each in given]
    if len(set(kinds)) < len(kinds):
        raise ValidationError("Each type of transform can be specified only once in a rule")
    for each in given:
        rewrites = (each.get(REWRITES[each["Type"]]) or {}).get("Rewrites") or []
        if len(rewrites) != 1:
            raise ValidationError(f"A '{each['Type']}' transform needs exactly one rewrite")
        try:
            re.compile(rewrites[0]["Regex"])
        except re.error as error:
            raise ValidationError(f"The regular expression '{rewrites[0]['Regex']}' is not valid: {error}") from None
    return given
