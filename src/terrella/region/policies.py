"""Does a bucket's policy let a service of AWS's do something? As much of policies as such statements use.

A Deny that applies wins; without an Allow that applies the answer is no. A condition nobody here knows holds for no
request, so that it neither allows nor denies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Mapping
from typing import Any

Plain = dict[str, Any]


def allows(
    policy: Plain, principals: Collection[str], action: str, resource: str, facts: Mapping[str, str]
) -> bool:
    """Whether whoever goes by one of these names may. `facts` are what conditions ask for, by key in lower case."""
    applying = [each for each in _many(policy.get("Statement")) if _applies(each, principals, action, resource, facts)]
    effects = {each.get("Effect") for each in applying}
    return "Allow" in effects and "Deny" not in effects


def _applies(
    statement: Plain, principals: Collection[str], action: str, resource: str, facts: Mapping[str, str]
) -> bool:
    return (
        _names(statement, "Principal", lambda said: bool(_said(said) & {"*", *principals}))
        and _names(statement, "Action", lambda said: any(_like(action.lower(), each.lower()) for each in _many(said)))
        and _names(statement, "Resource", lambda said: any(_like(resource, each) for each in _many(said)))
        and all(
            _holds(operator, key, _many(wanted), facts)
            for operator, keys in (statement.get("Condition") or {}).items()
            for key, wanted in keys.items()
        )
    )


def _names(statement: Plain, what: str, fits: Callable[[Any], bool]) -> bool:
    if what in statement:
        return fits(statement[what])
    return f"Not{what}" in statement and not fits(statement[f"Not{what}"])


def _said(principal: Any) -> set[str]:
    """The names of a Principal: `*`, services, accounts (by number or by ARN)."""
    if not isinstance(principal, dict):
        return {str(each) for each in _many(principal)}
    return {str(each) for kind in principal.values() for each in _many(kind)}


def _holds(operator: str, key: str, wanted: list[Any], facts: Mapping[str, str]) -> bool:
    name, have = operator.removesuffix("IfExists"), facts.get(key.lower())
    if have is None:
        return operator.endswith("IfExists") or name.startswith(("StringNot", "ArnNot"))
    texts = [str(each) for each in wanted]
    if name in ("StringEquals", "ArnEquals", "StringLike", "ArnLike"):
        return any(_like(have, each) for each in texts) if name != "StringEquals" else have in texts
    if name in ("StringNotEquals", "ArnNotEquals", "StringNotLike", "ArnNotLike"):
        return not any(_like(have, each) for each in texts)
    if name == "Bool":
        return have.lower() in [each.lower() for each in texts]
    return False


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))  # only * and ? are wildcards


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
