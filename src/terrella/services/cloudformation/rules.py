"""The `Rules` of a template: assertions about its parameters, made before anything is touched.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from __future__ import annotations

from collections.abc import Callable
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
    if not isinstance(claim, dict) or len(claim) != 1:
        return str(text(claim)) == "true"
    ((name, argument),) = claim.items()
    parts = argument if isinstance(argument, list) else []
    if name in CLAIMS and len(parts) == 2:
        left, right = (resolve(each, scope) for each in parts)
        return bool(CLAIMS[name](left if isinstance(left, list) else [left], right))
    if name == "Fn::Not" and len(parts) == 1:
        return not _holds(parts[0], scope)
    if name in ("Fn::And", "Fn::Or") and len(parts) >= 2:
        return (all if name == "Fn::And" else any)(_holds(each, scope) for each in parts)
    if name == "Fn::Equals":
        return bool(resolve(claim, scope))
    raise ValidationError(f"Template error: {name} as it is written is not supported in a rule in this world")


def _among(value: Any, members: Any) -> bool:
    members = members if isinstance(members, list) else [members]
    return text(value) in [text(each) for each in members]


CLAIMS: dict[str, Callable[[list[Any], Any], bool]] = {
    "Fn::Contains": lambda members, value: _among(value, members),
    "Fn::EachMemberEquals": lambda members, value: all(text(each) == text(value) for each in members),
    "Fn::EachMemberIn": lambda members, allowed: all(_among(each, allowed) for each in members),
}
