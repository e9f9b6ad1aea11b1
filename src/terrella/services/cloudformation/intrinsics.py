"""What `Ref`, `Fn::Sub` and their kin give, for a template in a given situation.

`resolve` is a pure walk. A reference to something that does not exist yet gives an `Unknown`, and whatever is
made from an Unknown is Unknown: that is how a change set can tell what it cannot tell.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...net.places import zone_ids
from .errors import ValidationError
from .subnets import subnets

CONDITIONS = frozenset(("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"))
VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_PLAIN_VARIABLE = re.compile(r"[A-Za-z0-9_.:]+\Z")


class NoValue:
    """`AWS::NoValue`: the property or list member is left out."""

    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE = NoValue()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that will be known once `logical_id` has been made. `attribute` None is its Ref."""

    logical_id: str
    attribute: str | None = None


@dataclass(slots=True)
class Scope:
    """The situation a template is read in.

    `physical(logical_id)` and `attribute(logical_id, name)` answer for resources; either may give an Unknown,
    or None for what does not exist.
    """

    template: dict[str, Any]
    parameters: dict[str, Any]
    pseudo: dict[str, Any]
    physical: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    exported: Callable[[str], Any]
    conditions: dict[str, bool] = field(default_factory=dict)
    extensions: bool = False  # AWS::LanguageExtensions was among the transforms

    def condition(self, name: str) -> bool:
        """The truth of a named condition, worked out once."""
        if name not in self.conditions:
            declared = self.template.get("Conditions", {})
            if name not in declared:
                raise ValidationError(f"Template format error: Unresolved condition dependency [{name}]")
            self.conditions[name] = False  # a condition that refers to itself is refused by `references`
            self.conditions[name] = _truth(resolve(declared[name], self))
        return self.conditions[name]


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every function worked out. ValidationError, in AWS's words, if one cannot be."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return _ref(argument, scope)
            if name in FUNCTIONS:
                return FUNCTIONS[name](argument, scope)
            if (
                name == "Condition"
                and isinstance(argument, str)
                and argument in scope.template.get("Conditions", {})
            ):
                return scope.condition(argument)
            if name.startswith("Fn::"):
                raise ValidationError(f"Template error: {name} is not a valid intrinsic function")
        found = {key: resolve(each, scope) for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not NO_VALUE}
    if isinstance(value, list):
        return [each for each in (resolve(each, scope) for each in value) if each is not NO_VALUE]
    return value


def unknown_in(value: Any) -> Unknown | None:
    """The first thing in a resolved value that is not known yet."""
    if isinstance(value, Unknown):
        return value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for each in members if (found := unknown_in(each))), None)


def text(value: Any) -> Any:
    """A scalar as CloudFormation writes it into a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | Unknown) else str(value)


def _ref(name: Any, scope: Scope) -> Any:
    if not isinstance(name, str):
        raise ValidationError("Template error: every Ref object must have a single String value.")
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in scope.parameters:
        return scope.parameters[name]
    if name in scope.pseudo:
        return scope.pseudo[name]
    found = scope.physical(name)
    if found is None:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources "
            "block of the template"
        )
    return found


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, attribute = get_att_parts(argument)
    attribute = resolve(attribute, scope)
    found = scope.attribute(logical_id, attribute)
    if found is None:
        raise ValidationError(
            f"Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
        )
    return found


def get_att_parts(argument: Any) -> tuple[str, Any]:
    """Logical id and attribute of either form of Fn::GetAtt."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not all(parts) or not isinstance(parts[0], str):
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name "
            "and the resource attribute"
        )
    return parts[0], parts[1] if len(parts) == 2 else ".".join(str(part) for part in parts[1:])


def sub_parts(argument: Any) -> tuple[str, dict[str, Any]]:
    """Text and own variables of either form of Fn::Sub."""
    if isinstance(argument, str):
        return argument, {}
    if (
        isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[0], str)
        and isinstance(argument[1], dict)
    ):
        return argument[0], argument[1]
    raise ValidationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
        "string as first argument, and an optional second argument to specify a mapping of values to replace "
        "in the string"
    )


def variables(wording: str) -> list[str]:
    """The names a Fn::Sub text refers to, `${!literal}` left out."""
    names = [name.strip() for name in VARIABLE.findall(wording) if not name.startswith("!")]
    if not all(_PLAIN_VARIABLE.match(name) for name in names):
        raise ValidationError(
            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
            "underscores, periods, and colons"
        )
    return names


def _sub(argument: Any, scope: Scope) -> Any:
    wording, own = sub_parts(argument)
    values: dict[str, Any] = {}
    for name in variables(wording):
        if name in own:
            values[name] = resolve(own[name], scope)
        elif "." in name and name not in scope.parameters:
            values[name] = _get_att(name, scope)
        else:
            values[name] = _ref(name, scope)
    unknown = unknown_in(list(values.values()))
    if unknown:
        return unknown

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        return "${" + name[1:] + "}" if name.startswith("!") else str(text(values[name.strip()]))

    return VARIABLE.sub(replace, wording)


def _join(argument: Any, scope: Scope) -> Any:
    refusal = (
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a "
        "list of strings to be joined or a function that returns a list of strings (such as "
        "Fn::GetAZs) to be joined."
    )
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise ValidationError(refusal)
    parts = resolve(argument[1], scope)
    unknown = unknown_in(parts)
    if unknown:
        return unknown
    if not isinstance(parts, list) or any(isinstance(part, dict | list) for part in parts):
        raise ValidationError(refusal)
    return argument[0].join(str(text(part)) for part in parts)


def _split(argument: Any, scope: Scope) -> Any:
    whole = resolve(argument[1], scope) if isinstance(argument, list) and len(argument) == 2 else None
    if isinstance(whole, Unknown):
        return whole
    if not isinstance(whole, str) or not isinstance(argument[0], str) or not argument[0]:
        raise ValidationError(
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) "
            "a string to be split or a function that returns a string to be split."
        )
    return whole.split(argument[0])


def _select(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError(
            "Template error: Fn::Select requires a list argument with two elements: an integer "
            "index and a list"
        )
    index, choices = resolve(argument[0], scope), resolve(argument[1], scope)
    if isinstance(choices, Unknown):
        return choices
    if not isinstance(choices, list) or not str(index).isdigit():
        raise ValidationError("Template error: Fn::Select requires an integer index and a list of choices")
    if int(index) >= len(choices):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return choices[int(index)]


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise ValidationError(
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and "
            "the attribute for return value"
        )
    name, top, second = (text(resolve(each, scope)) for each in argument[:3])
    unknown = unknown_in([name, top, second])
    if unknown:
        return unknown
    mappings = scope.template.get("Mappings", {})
    if scope.extensions and len(argument) == 4 and second not in mappings.get(name, {}).get(top, {}):
        return resolve(argument[3]["DefaultValue"], scope)
    if name not in mappings:
        raise ValidationError(
            f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of template."
        )
    if second not in mappings[name].get(top, {}):
        raise ValidationError(f"Template error: Unable to get mapping for {name}::{top}::{second}")
    return mappings[name][top][second]


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise ValidationError("Template error: Fn::If requires a list argument with three parameters")
    return resolve(argument[1 if scope.condition(argument[0]) else 2], scope)


def _equals(argument: Any, scope: Scope) -> bool:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError("Template error: Fn::Equals requires a list argument with two elements")
    left, right = (resolve(each, scope) for each in argument)
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return bool(left == right)
    return bool(text(left) == text(right))


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValidationError("Template error: every condition must evaluate to true or false")


def _members(name: str, argument: Any, scope: Scope, least: int, most: int) -> list[bool]:
    if not isinstance(argument, list) or not least <= len(argument) <= most:
        raise ValidationError(
            f"Template error: every {name} object requires a list of at least {least} and at most {most} "
            "boolean parameters."
            if name != "Fn::Not"
            else "Template error: every Fn::Not object requires one boolean parameter."
        )
    return [_truth(resolve(each, scope)) for each in argument]


def _import_value(argument: Any, scope: Scope) -> Any:
    name = resolve(argument, scope)
    if isinstance(name, Unknown):
        return name
    value = scope.exported(str(name))
    if value is None:
        raise ValidationError(f"No export named {name} found.")
    return value


def _base64(argument: Any, scope: Scope) -> Any:
    value = resolve(argument, scope)
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, str):
        raise ValidationError("Template error: every Fn::Base64 object must have a String-typed value.")
    return base64.b64encode(value.encode()).decode()


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    """The zones of a region by name. Not every region has an a, b and c."""
    region = resolve(argument, scope) or scope.pseudo["AWS::Region"]
    return sorted(zone_ids(str(region)))


def _cidr(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        raise ValidationError("Template error: every Fn::Cidr object requires two or three parameters")
    block, count, bits = (*(resolve(each, scope) for each in argument), 32)[:3]
    return block if isinstance(block, Unknown) else subnets(str(block), count, bits)


def _only_extended(name: str, scope: Scope) -> None:
    if not scope.extensions:
        raise ValidationError(
            f"Template error: {name} is not supported without the AWS::LanguageExtensions transform"
        )


def _length(argument: Any, scope: Scope) -> Any:
    _only_extended("Fn::Length", scope)
    value = resolve(argument, scope)
    if not isinstance(value, list | Unknown):
        raise ValidationError("Template error: Fn::Length requires an array")
    return value if isinstance(value, Unknown) else len(value)


def _to_json(argument: Any, scope: Scope) -> Any:
    _only_extended("Fn::ToJsonString", scope)
    value = resolve(argument, scope)
    return unknown_in(value) or json.dumps(value, separators=(",", ":"))


FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not _members("Fn::Not", argument, scope, 1, 1)[0],
    "Fn::And": lambda argument, scope: all(_members("Fn::And", argument, scope, 2, 10)),
    "Fn::Or": lambda argument, scope: any(_members("Fn::Or", argument, scope, 2, 10)),
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _get_azs,
    "Fn::Cidr": _cidr,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json,
}
