"""The parameters of a template: what the caller gave, checked and made into values for `Ref`.

Values kept in a stack's state are the strings the caller sent; `values` turns them into strings and lists.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from typing import Any

from .errors import ValidationError

SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>\Z")
MASK = "****"


def given(
    template: dict[str, Any], passed: list[dict[str, Any]], previous: dict[str, str] | None = None
) -> dict[str, str]:
    """The string each declared parameter has, checked. ValidationError in AWS's words."""
    declared = template.get("Parameters", {})
    chosen = _chosen(declared, passed, previous)
    found: dict[str, str] = {}
    for name, declaration in declared.items():
        if name in chosen:
            found[name] = chosen[name]
        elif "Default" in declaration:
            found[name] = _default(declaration["Default"])
    missing = [name for name in declared if name not in found]
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in found.items():
        _check(name, value, declared[name])
    return found


def values(template: dict[str, Any], strings: dict[str, str], looked_up: dict[str, str]) -> dict[str, Any]:
    """What `Ref` gives for each parameter. `looked_up` holds the values of SSM parameters by their names."""
    found: dict[str, Any] = {}
    for name, string in strings.items():
        kind = template.get("Parameters", {}).get(name, {}).get("Type", "String")
        by_ssm = SSM_VALUE.match(kind)
        if by_ssm:
            kind, string = by_ssm.group(1), looked_up[string]
        found[name] = _items(string) if _is_list(kind) else string
    return found


def ssm_names(template: dict[str, Any], strings: dict[str, str]) -> set[str]:
    """Names of the SSM parameters whose values this template's parameters stand for."""
    return {
        strings[name]
        for name, declaration in template.get("Parameters", {}).items()
        if SSM_VALUE.match(declaration["Type"])
    }


def secret(template: dict[str, Any]) -> set[str]:
    """Names of the parameters nobody may read back."""
    return {
        name
        for name, declaration in template.get("Parameters", {}).items()
        if str(declaration.get("NoEcho", "false")).lower() == "true"
    }


def shown(
    template: dict[str, Any], strings: dict[str, str], looked_up: dict[str, str]
) -> list[dict[str, Any]]:
    """The parameters as a stack's description shows them."""
    hidden = secret(template)
    declared = template.get("Parameters", {})
    rows = []
    for name, value in strings.items():
        row = {"ParameterKey": name, "ParameterValue": MASK if name in hidden else value}
        if SSM_VALUE.match(declared.get(name, {}).get("Type", "")) and value in looked_up:
            row["ResolvedValue"] = looked_up[value]
        rows.append(row)
    return rows


def declare(name: str, declared: Any) -> None:
    """Raise ValidationError unless a parameter is declared as CloudFormation demands."""
    if not isinstance(declared, dict) or not isinstance(declared.get("Type"), str):
        raise ValidationError("Template format error: Every Parameters object must contain a Type member.")
    if not name.isalnum():
        raise ValidationError(f"Template format error: Parameter name {name} is non alphanumeric.")
    for key in ("MinValue", "MaxValue", "MinLength", "MaxLength"):
        if not _number(declared.get(key, 0)):
            raise ValidationError(f"Template format error: Every {key} member must be a number.")
    for key in ("Default", "AllowedPattern", "ConstraintDescription", "Description"):
        if isinstance(declared.get(key, ""), list | dict | type(None)):
            raise ValidationError(f"Template format error: Every {key} member must be a string.")
    allowed = declared.get("AllowedValues", [])
    if not isinstance(allowed, list) or any(isinstance(each, list | dict) for each in allowed):
        raise ValidationError("Template format error: Every AllowedValues member must be a list of strings.")


def _number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _chosen(
    declared: dict[str, Any], passed: list[dict[str, Any]], previous: dict[str, str] | None
) -> dict[str, str]:
    unknown = [each["ParameterKey"] for each in passed if each.get("ParameterKey") not in declared]
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(map(str, unknown))}] do not exist in the template")
    chosen: dict[str, str] = {}
    for each in passed:
        name = each["ParameterKey"]
        if name in chosen:
            raise ValidationError(f"Duplicate entry found for parameter {name}")
        if not each.get("UsePreviousValue"):
            if "ParameterValue" in each:
                chosen[name] = each["ParameterValue"]
        elif previous is None or name not in previous:
            raise ValidationError(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a "
                "parameter key not in the previous template"
            )
        else:
            chosen[name] = previous[name]
    return chosen


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_list(kind: str) -> bool:
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def _items(string: str) -> list[str]:
    return [each.strip() for each in string.split(",")] if string else []


def _check(name: str, value: str, declared: dict[str, Any]) -> None:
    kind = declared["Type"]
    if SSM_VALUE.match(kind):
        return
    for each in _items(value) if _is_list(kind) else [value]:
        wrong = _complaint(name, each, kind, declared)
        if wrong:
            reason = declared.get("ConstraintDescription")
            raise ValidationError(
                f"Parameter {name} failed to satisfy constraint: {reason}" if reason else wrong
            )


def _complaint(name: str, value: str, kind: str, declared: dict[str, Any]) -> str | None:
    allowed = declared.get("AllowedValues")
    if allowed is not None and value not in [_default(each) for each in allowed]:
        return f"Parameter '{name}' must be one of AllowedValues"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not _matches(pattern, value):
        return f"Parameter '{name}' must match pattern {pattern}"
    if kind in ("Number", "List<Number>"):
        return _number_complaint(name, value, declared)
    if len(value) < float(declared.get("MinLength", 0)):
        return f"Parameter '{name}' must contain at least {declared['MinLength']} characters"
    if "MaxLength" in declared and len(value) > float(declared["MaxLength"]):
        return f"Parameter '{name}' must contain at most {declared['MaxLength']} characters"
    return None


def _number_complaint(name: str, value: str, declared: dict[str, Any]) -> str | None:
    if not _number(value):
        return f"Parameter '{name}' must be a number."
    number = float(value)
    if "MinValue" in declared and number < float(declared["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {declared['MinValue']}"
    if "MaxValue" in declared and number > float(declared["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {declared['MaxValue']}"
    return None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(str(pattern), value) is not None
    except re.error:
        raise ValidationError(
            f"Template format error: AllowedPattern {pattern} is not a regular expression."
        ) from None
