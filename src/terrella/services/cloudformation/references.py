"""Who needs whom: the references of a template, that each leads somewhere, and that none goes in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .errors import ValidationError
from .intrinsics import CONDITIONS, get_att_parts, sub_parts, variables

PSEUDO = frozenset(
    f"AWS::{name}"
    for name in (
        (
            "AccountId",
            "NotificationARNs",
            "NoValue",
            "Partition",
            "Region",
            "StackId",
            "StackName",
            "URLSuffix",
        )
    )
)


def graph(template: dict[str, Any]) -> dict[str, set[str]]:
    """For each resource of the template, the resources it must wait for."""
    return {
        logical_id: needs(resource, template["Resources"])
        for logical_id, resource in template["Resources"].items()
    }


def needs(resource: dict[str, Any], among: Iterable[str]) -> set[str]:
    """Logical ids among those given that a resource definition refers to."""
    depends = resource.get("DependsOn", [])
    names = {depends} if isinstance(depends, str) else set(depends)
    for part in ("Properties", "Metadata"):
        names |= {name for name, _ in referred(resource.get(part))}
    return names & set(among)


def check(template: dict[str, Any]) -> None:
    """Raise ValidationError for a name nothing has, or for a circle."""
    resources, parameters = template["Resources"], template.get("Parameters", {})
    known = set(resources) | set(parameters) | PSEUDO
    missing: set[str] = set()
    for resource in resources.values():
        missing |= {name for name, _ in referred(resource.get("Properties"))} - known
        depends = resource.get("DependsOn", [])
        missing |= ({depends} if isinstance(depends, str) else set(depends)) - set(resources)
    _refuse(missing, "Resources")
    outputs = {name for output in template.get("Outputs", {}).values() for name, _ in referred(output)}
    _refuse(outputs - known, "Outputs")
    _check_conditions(template, set(parameters) | PSEUDO)
    for logical_id in template.get("Resources", {}):
        _check_attributes(template, logical_id)
    circle = circular(graph(template))
    if circle:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(circle)}]")


def circular(edges: dict[str, set[str]]) -> list[str]:
    """Names that stand in a circle or wait for one that does; empty if all can be put in order."""
    left = {name: set(waits) for name, waits in edges.items()}
    while True:
        free = [name for name, waits in left.items() if not waits & set(left)]
        if not free:
            break
        for name in free:
            del left[name]
    while True:  # what merely waits for the circle is not part of it
        awaited = set().union(*left.values()) if left else set()
        ends = [name for name in left if name not in awaited]
        if not ends:
            return sorted(left)
        for name in ends:
            del left[name]


def referred(value: Any) -> Iterator[tuple[str, str | None]]:
    """Every name a value refers to by Ref, Fn::GetAtt or Fn::Sub, with the attribute where there is one."""
    if isinstance(value, list):
        for each in value:
            yield from referred(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                if not isinstance(argument, str):
                    raise ValidationError("Template error: every Ref object must have a single String value.")
                yield argument, None
                return
            if name == "Fn::GetAtt":
                logical_id, attribute = get_att_parts(argument)
                yield logical_id, attribute if isinstance(attribute, str) else ""
                yield from referred(attribute)
                return
            if name == "Fn::Sub":
                yield from _in_text(argument)
                return
        for each in value.values():
            yield from referred(each)


def conditions_in(value: Any) -> Iterator[str]:
    """Names of the conditions a value asks for by Fn::If."""
    if isinstance(value, list):
        for each in value:
            yield from conditions_in(each)
    elif isinstance(value, dict):
        choice = value.get("Fn::If")
        if len(value) == 1 and isinstance(choice, list) and choice and isinstance(choice[0], str):
            yield choice[0]
        for each in value.values():
            yield from conditions_in(each)


def _in_text(argument: Any) -> Iterator[tuple[str, str | None]]:
    wording, own = sub_parts(argument)
    yield from referred(own)
    for name in variables(wording):
        if name not in own:
            logical_id, _, attribute = name.partition(".")
            yield logical_id, attribute or None


def _check_conditions(template: dict[str, Any], known: set[str]) -> None:
    declared = template.get("Conditions", {})
    edges: dict[str, set[str]] = {}
    for name, condition in declared.items():
        if not isinstance(condition, dict) or len(condition) != 1 or next(iter(condition)) not in CONDITIONS:
            raise ValidationError(
                f"Template format error: Conditions can only be boolean operations on parameters and other "
                f"conditions ({name})"
            )
        missing = {each for each, _ in referred(condition)} - known
        _refuse(missing, "Conditions")
        edges[name] = set(_conditions_named(condition))
    asked = {name for names in edges.values() for name in names} | set(
        conditions_in([template["Resources"], template.get("Outputs", {})])
    )
    for part in (*template["Resources"].values(), *template.get("Outputs", {}).values()):
        asked |= {part["Condition"]} if "Condition" in part else set()
    missing = asked - set(declared)
    if missing:
        raise ValidationError(
            f"Template format error: Unresolved condition dependency {sorted(missing)[0]} in the Resources "
            "block of the template"
        )
    if circular(edges):
        raise ValidationError(f"Template error: Found circular condition dependency: {circular(edges)}")


def _conditions_named(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _conditions_named(each)
    elif isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("Condition"), str):
            yield value["Condition"]
        else:
            for each in value.values():
                yield from _conditions_named(each)


def _check_attributes(template: dict[str, Any], logical_id: str) -> None:
    for name, attribute in referred(template["Resources"][logical_id].get("Properties")):
        if attribute is not None and name not in template["Resources"]:
            raise ValidationError(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            )


def _refuse(missing: set[str], block: str) -> None:
    if missing:
        names = ", ".join(sorted(missing))
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{names}] in the {block} block of "
            "the template"
        )
