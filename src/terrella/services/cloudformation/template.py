"""Reading a template: JSON or YAML with the short forms, then the shape CloudFormation demands of it.

Invariant: what `read` returns has only strings as keys and holds plain JSON values; dates stay the strings
they were written as.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from . import parameters
from .errors import ValidationError
from .yaml_forms import load

MAX_BODY = 51_200  # bytes, in a request
MAX_OBJECT = 1_048_576  # bytes, by TemplateURL
MAX_RESOURCES = 500
SECTIONS = frozenset(
    (
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Transform",
        "Resources",
        "Outputs",
        "Hooks",
    )
)
EXTENDED_BY_TRANSFORM = frozenset(("Globals",))
RESOURCE_KEYS = frozenset(
    (
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "Metadata",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "CreationPolicy",
        "UpdatePolicy",
        "Description",
        "Version",
    )
)
DELETION_POLICIES = frozenset(("Delete", "Retain", "Snapshot", "RetainExceptOnCreate"))
_LOGICAL_ID = re.compile(r"[a-zA-Z0-9]+\Z")


def read(body: str) -> dict[str, Any]:
    """The template as plain data. ValidationError if it is not well formed."""
    text = body.lstrip("\ufeff")
    try:
        document = _json(text) if text.lstrip().startswith("{") else load(text)
    except yaml.MarkedYAMLError as error:
        raise ValidationError(_not_yaml(error)) from None
    except (yaml.YAMLError, RecursionError, UnicodeError):
        raise ValidationError("Template format error: YAML not well-formed.") from None
    if not isinstance(document, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return document


def check(template: dict[str, Any], transformed: bool = False) -> None:
    """Raise ValidationError unless the sections and resources are shaped as CloudFormation demands.

    A template with a transform is looked at again, more closely, once the transform has run.
    """
    awaiting = bool(template.get("Transform")) and not transformed
    _check_sections(template, awaiting)
    resources = template.get("Resources")
    if not resources:
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    if len(resources) > MAX_RESOURCES:
        raise ValidationError(
            f"Template format error: Number of resources, {len(resources)}, "
            f"is greater than maximum allowed, {MAX_RESOURCES}"
        )
    for logical_id, resource in resources.items():
        if not (awaiting and logical_id.startswith("Fn::ForEach::")):
            _check_resource(logical_id, resource, awaiting)
    for name, declared in template.get("Parameters", {}).items():
        parameters.declare(name, declared)
    _check_mappings(template.get("Mappings", {}))
    _check_outputs(template.get("Outputs", {}))
    _check_rules(template.get("Rules", {}))
    for section in ("Resources", "Mappings", "Parameters", "Conditions", "Outputs"):
        _refuse_null(template.get(section, {}), f"/{section}")


def limit(body: str, by_url: bool) -> None:
    """Raise ValidationError if the template is longer than its way in allows."""
    size, most = len(body.encode()), MAX_OBJECT if by_url else MAX_BODY
    if size > most and by_url:
        raise ValidationError(f"Template may not exceed {most} bytes in size.")
    if size > most:
        raise ValidationError(
            f"1 validation error detected: Value '{body[:100]}...' at 'templateBody' failed to satisfy "
            f"constraint: Member must have length less than or equal to {most}"
        )


def _check_sections(template: dict[str, Any], awaiting: bool) -> None:
    unknown = [
        key for key in template if key not in SECTIONS and not (awaiting and key in EXTENDED_BY_TRANSFORM)
    ]
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if str(template.get("AWSTemplateFormatVersion", "2010-09-09")) != "2010-09-09":
        raise ValidationError("Template format error: unsupported value for AWSTemplateFormatVersion.")
    description = template.get("Description", "")
    if not isinstance(description, str):
        raise ValidationError("Template format error: Description must be a string.")
    if len(description.encode()) > 1024:
        raise ValidationError("Template format error: Description exceeds maximum length of 1024.")
    for section in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata", "Rules"):
        if not isinstance(template.get(section, {}), dict):
            raise ValidationError(f"Template format error: {section} must be an object.")
    if template.get("Hooks"):
        raise ValidationError("The Hooks section is not supported in this world.")


def _check_resource(logical_id: str, resource: Any, awaiting: bool) -> None:
    where = f"[/Resources/{logical_id}]"
    if not _LOGICAL_ID.match(logical_id):
        raise ValidationError(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if len(logical_id) > 255:
        raise ValidationError(f"Template format error: Resource name {logical_id} exceeds 255 characters.")
    if not isinstance(resource, dict):
        raise ValidationError(f"Template format error: {where} resource definition is malformed")
    if not isinstance(resource.get("Type"), str):
        raise ValidationError(
            f"Template format error: {where} Every Resources object must contain a Type member."
        )
    unknown = [] if awaiting else [key for key in resource if key not in RESOURCE_KEYS]
    if unknown:
        raise ValidationError(f"Invalid template resource property '{unknown[0]}'")
    if not isinstance(resource.get("Properties", {}), dict):
        raise ValidationError(f"Template format error: {where}/Properties must be an object.")
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        value = resource.get(policy, "Delete")
        if not isinstance(value, dict) and str(value) not in DELETION_POLICIES:
            raise ValidationError(
                f"Template format error: Unrecognized {policy} {value} for resource {logical_id}"
            )
    if not isinstance(resource.get("Condition", ""), str):
        raise ValidationError("Template format error: Every Condition member must be a string.")
    needs = resource.get("DependsOn", [])
    listed = isinstance(needs, list) and all(isinstance(each, str) for each in needs)
    if not isinstance(needs, str) and not listed:
        raise ValidationError(
            f"Template format error: DependsOn must be a string or list of strings for {logical_id}."
        )


def _check_mappings(mappings: dict[str, Any]) -> None:
    for name, mapping in mappings.items():
        rows = mapping.values() if isinstance(mapping, dict) else [None]
        if not all(isinstance(row, dict) for row in rows):
            raise ValidationError(
                f"Template format error: Every Mappings attribute must be a String or a List. ({name})"
            )


def _check_outputs(outputs: dict[str, Any]) -> None:
    for name, output in outputs.items():
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError(
                f"Template format error: Output {name} is malformed. The Value member is missing."
            )
        if not isinstance(output.get("Condition", ""), str):
            raise ValidationError("Template format error: Every Condition member must be a string.")
        export = output.get("Export")
        if export is not None and (not isinstance(export, dict) or set(export) != {"Name"}):
            raise ValidationError(f"Template format error: Output {name} is malformed. Export needs a Name.")


def _check_rules(rules: dict[str, Any]) -> None:
    for name, rule in rules.items():
        assertions = rule.get("Assertions") if isinstance(rule, dict) else None
        if not isinstance(assertions, list) or not all(
            isinstance(each, dict) and "Assert" in each for each in assertions
        ):
            raise ValidationError(f"Template format error: Rule {name} must have a list of Assertions.")


def _refuse_null(value: Any, where: str) -> None:
    if value is None:
        raise ValidationError(f"Template format error: [{where}] 'null' values are not allowed in templates")
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in members:
        _refuse_null(each, f"{where}/{key}")


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        loose = _flow_yaml(text)
        if loose is not None:
            return loose
        raise ValidationError(
            f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise ValidationError("Template format error: JSON not well-formed.") from None


def _flow_yaml(text: str) -> Any | None:
    """A YAML document may itself begin with a brace."""
    try:
        return load(text)
    except (yaml.YAMLError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValidationError(f"Template format error: JSON not well-formed. Duplicate key: {key}")
        found[key] = value
    return found


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    detail = f" {error.problem}" if error.problem and error.problem.startswith("Duplicate") else ""
    return f"Template format error: YAML not well-formed.{where}{detail}"
