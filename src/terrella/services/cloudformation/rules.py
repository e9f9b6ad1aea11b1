"""The `Rules` of a template: assertions about its parameters, made before anything is touched.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from __future__ import annotations

from typing import Any

from .errors import ValidationError
from .intrinsics import Scope, resolve, text


def enforce(scope: Scope) -> None:
    """Raise ValidationError with the description of every assertion that does not hold."""
    broken = []
    for name, rule in scope.template.get("Rules", {}).items():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], scope):
            continue
        broken += [
            str(assertion.get("AssertDescription", f"Rule {name} does not hold"))
            for assertion in rule.get("Assertions", [])
            if not _holds(assertion["Assert"], scope)
        ]
    if broken:
        raise ValidationError(f"Template validation error: {'; '.join(broken)}")


def _holds(claim: Any, scope: Scope) -> bool:
    if isinstance(claim, dict) and len(claim) == 1:
        ((name, argument),) = claim.items()
        if name in CLAIMS:
            return bool(CLAIMS[name](*(resolve(each, scope) for each in argument)))
        if name == "Fn::Not":
            return not _holds(argument[0], scope)
        if name == "Fn::And":
            return all(_holds(each, scope) for each in argument)
        if name == "Fn::Or":
            return any(_holds(each, scope) for each in argument)
        if name == "Fn::Equals":
            return bool(resolve(claim, scope))
        raise ValidationError(f"Template error: {name} is not supported in a rule in this world")
    return str(text(claim)) == "true"


def _contains(members: list[Any], value: Any) -> bool:
    return text(value) in [text(each) for each in members]


CLAIMS = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": lambda members, value: all(text(each) == text(value) for each in members),
    "Fn::EachMemberIn": lambda members, allowed: all(_contains(allowed, each) for each in members),
}
