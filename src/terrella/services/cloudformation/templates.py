"""Operations about templates themselves: give one back, sum one up, say whether it is valid."""

from __future__ import annotations

import json
from typing import Any

from ...region.service import Context
from . import capabilities, change_sets, source, transforms
from .errors import TransformFailed, ValidationError
from .state import State, service

Plain = dict[str, Any]


@service.operation
def get_template(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html"""
    if "ChangeSetName" in input:
        found = change_sets.find(ctx, input)
        body, deployed = found["body"], found["target"]
    else:
        stack = ctx.state.stack(input.get("StackName", ""))
        deployed = stack["target"] or stack["current"]
        body = deployed["body"] if deployed else None
    if body is None:
        return {"StagesAvailable": []}
    if input.get("TemplateStage") == "Processed":
        if deployed is None:
            raise ValidationError("The processed template is not available: a transform failed.")
        body = json.dumps(deployed["template"])
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"] if deployed else ["Original"]}


@service.operation
async def validate_template(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html"""
    draft = await source.fetch(ctx, input)
    rows = [
        {
            "ParameterKey": name,
            "NoEcho": _flag(declared),
            **({"DefaultValue": str(declared["Default"])} if "Default" in declared else {}),
            **_described(declared),
        }
        for name, declared in draft.template.get("Parameters", {}).items()
    ]
    return {"Parameters": rows, **_head(ctx, draft)}


@service.operation
async def get_template_summary(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html"""
    if "StackName" in input:
        stack = ctx.state.stack(input["StackName"])
        deployed = stack["current"] or stack["target"]
        if deployed is None:
            raise ValidationError(f"Stack {input['StackName']} has no template yet")
        input = {"TemplateBody": deployed["body"]}
    draft = await source.fetch(ctx, input)
    rows = [
        {
            "ParameterKey": name,
            "ParameterType": declared["Type"],
            "NoEcho": _flag(declared),
            "ParameterConstraints": _constraints(declared),
            **({"DefaultValue": str(declared["Default"])} if "Default" in declared else {}),
            **_described(declared),
        }
        for name, declared in draft.template.get("Parameters", {}).items()
    ]
    types = sorted({resource["Type"] for resource in draft.template["Resources"].values()})
    answer = {"Parameters": rows, "ResourceTypes": types, **_head(ctx, draft)}
    for member, section in (("Version", "AWSTemplateFormatVersion"), ("Metadata", "Metadata")):
        if section in draft.template:
            value = draft.template[section]
            answer[member] = value if isinstance(value, str) else json.dumps(value)
    return answer


def _head(ctx: Context[State], draft: source.Draft) -> Plain:
    """What both operations tell; references are checked on the way, after transforms where there are any."""
    asked = transforms.declared(draft.template)
    defaults = {
        name: str(declared.get("Default", ""))
        for name, declared in draft.template.get("Parameters", {}).items()
    }
    try:
        expanded = source.expand(ctx, draft, defaults)
    except TransformFailed:
        if not asked:
            raise
        expanded = draft.template  # AWS runs no macro here, so a bad one does not show
    answer: Plain = {"DeclaredTransforms": asked} if asked else {}
    if "Description" in draft.template:
        answer["Description"] = draft.template["Description"]
    needed, types = capabilities.required(expanded)
    if needed:
        answer["Capabilities"] = [needed]
        answer["CapabilitiesReason"] = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return answer


def _flag(declared: Plain) -> bool:
    return str(declared.get("NoEcho", "false")).lower() == "true"


def _described(declared: Plain) -> Plain:
    return {"Description": str(declared["Description"])} if "Description" in declared else {}


def _constraints(declared: Plain) -> Plain:
    return (
        {"AllowedValues": [str(each) for each in declared["AllowedValues"]]}
        if "AllowedValues" in declared
        else {}
    )
