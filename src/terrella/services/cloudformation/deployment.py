"""A deployment: one template with its parameters and tags, read in the situation of one stack.

`active` maps each resource whose condition holds to the resources it waits for. It is fixed when the
deployment is made, so a restart works on exactly the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import references
from .errors import ValidationError
from .intrinsics import Scope, Unknown, resolve, text
from .parameters import values
from .registry import lookup
from .rules import enforce

Plain = dict[str, Any]
URL_SUFFIX = "amazonaws.com"


def deployment(stack: Plain, region: str, account: str, source: Plain) -> Plain:
    """Plain data for a checked template. `source` has body, template, parameters, "
    "looked_up, tags and so on."""
    made = {**source, "active": {}}
    scope = scope_of(made, stack, region, account)
    enforce(scope)
    resources = made["template"]["Resources"]
    active = {
        logical_id: references.needs(resource, resources)
        for logical_id, resource in resources.items()
        if "Condition" not in resource or scope.condition(resource["Condition"])
    }
    made["active"] = {name: sorted(waits & set(active)) for name, waits in active.items()}
    draft = first_draft(made, stack, region, account)
    for logical_id in made["active"]:
        wanted(made, draft, logical_id)
    outputs(made, draft)
    return made


def first_draft(deployed: Plain, stack: Plain, region: str, account: str) -> Scope:
    """The situation before anything exists: every reference to an active resource is an Unknown."""
    active, definitions = deployed["active"], deployed["template"]["Resources"]

    def attribute(logical_id: str, name: str) -> Unknown | None:
        if logical_id not in active:
            return None
        kind = lookup(definitions[logical_id]["Type"])
        return Unknown(logical_id, name) if kind is None or kind.has(name) else None

    def physical(logical_id: str) -> Unknown | None:
        return Unknown(logical_id) if logical_id in active else None

    return scope_of(deployed, stack, region, account, physical, attribute, Unknown)


def scope_of(
    deployed: Plain,
    stack: Plain,
    region: str,
    account: str,
    physical: Callable[[str], Any] = lambda logical_id: Unknown(logical_id),
    attribute: Callable[[str, str], Any] = Unknown,
    exported: Callable[[str], Any] = lambda name: None,
) -> Scope:
    """The situation the template of a deployment is read in; without more, no resource exists yet."""
    template = deployed["template"]
    return Scope(
        template=template,
        parameters=values(template, deployed["parameters"], deployed["looked_up"]),
        pseudo=pseudo(stack, region, account),
        physical=physical,
        attribute=attribute,
        exported=exported,
        extensions="AWS::LanguageExtensions" in deployed["transforms"],
    )


def pseudo(stack: Plain, region: str, account: str) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html"""
    return {
        "AWS::AccountId": account,
        "AWS::NotificationARNs": stack["NotificationARNs"],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": stack["StackId"],
        "AWS::StackName": stack["StackName"],
        "AWS::URLSuffix": URL_SUFFIX,
    }


def wanted(deployed: Plain, scope: Scope, logical_id: str) -> Plain:
    """The thing a resource definition asks for, as far as it is known; it has no physical id yet."""
    definition = deployed["template"]["Resources"][logical_id]
    properties = resolve(definition.get("Properties", {}), scope)
    if not isinstance(properties, dict):
        raise ValidationError(
            f"Template format error: [/Resources/{logical_id}/Properties] must be an object."
        )
    return {
        "type": definition["Type"],
        "physical": None,
        "name": None,
        "made": False,
        "properties": properties,
        "metadata": resolve(definition.get("Metadata"), scope) if "Metadata" in definition else None,
        "attributes": {},
        "tags": deployed["tags"],
        "depends": deployed["active"].get(logical_id, []),
        "deletion": _policy(definition, "DeletionPolicy", scope),
        "replacing": _policy(definition, "UpdateReplacePolicy", scope),
    }


def outputs(deployed: Plain, scope: Scope) -> list[Plain]:
    """The outputs of a finished deployment, those whose condition holds."""
    rows = []
    for name, output in deployed["template"].get("Outputs", {}).items():
        if "Condition" in output and not scope.condition(output["Condition"]):
            continue
        value = text(resolve(output["Value"], scope))
        if not isinstance(value, str | Unknown):
            raise ValidationError(
                f"Template format error: Output {name} is malformed. The Value must be a string."
            )
        row = {"OutputKey": name, "OutputValue": value}
        if "Description" in output:
            row["Description"] = str(output["Description"])
        if "Export" in output:
            row["ExportName"] = text(resolve(output["Export"]["Name"], scope))
        rows.append(row)
    return rows


def imported(deployed: Plain, scope: Scope) -> list[str]:
    """Names of the exports a deployment really uses."""
    asked: set[str] = set()
    exported = scope.exported

    def note(name: str) -> str | None:
        asked.add(name)
        return exported(name)

    scope.exported = note
    for logical_id in deployed["active"]:
        wanted(deployed, scope, logical_id)
    outputs(deployed, scope)
    scope.exported = exported
    return sorted(asked)


def _policy(definition: Plain, name: str, scope: Scope) -> str:
    return str(resolve(definition.get(name, "Delete"), scope))
