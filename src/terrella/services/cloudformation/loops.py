"""`Fn::ForEach` of the language extensions: a fragment of a template, once for each member of a list.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from typing import Any

from .errors import TransformFailed

Plain = dict[str, Any]
LOOP = "Fn::ForEach::"


def unrolled(template: Plain, parameters: dict[str, str]) -> Plain:
    """The template with every loop written out."""
    lists = {
        name: (parameters.get(name) or str(declared.get("Default", ""))).split(",")
        for name, declared in template.get("Parameters", {}).items()
        if declared.get("Type") == "CommaDelimitedList"
    }
    found: Plain = _walk(template, lists, {})
    return found


def _walk(value: Any, lists: dict[str, list[str]], bound: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _substituted(value, bound)
    if isinstance(value, list):
        return [_walk(each, lists, bound) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in bound:
        return bound[value["Ref"]]
    made: Plain = {}
    for key, each in value.items():
        if key.startswith(LOOP):
            made |= _repeated(key, each, lists, bound)
        else:
            made[_substituted(key, bound)] = _walk(each, lists, bound)
    return made


def _repeated(key: str, loop: Any, lists: dict[str, list[str]], bound: dict[str, str]) -> Plain:
    refusal = TransformFailed(f"Transform AWS::LanguageExtensions failed with: {key} layout is incorrect")
    if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[2], dict):
        raise refusal
    variable, collection, fragment = loop
    if isinstance(collection, dict):
        collection = lists.get(str(collection.get("Ref")))
    if not isinstance(collection, list):
        raise refusal
    made: Plain = {}
    for member in collection:
        made |= _walk(fragment, lists, {**bound, variable: str(_walk(member, lists, bound)).strip()})
    return made


def _substituted(wording: str, bound: dict[str, str]) -> str:
    for name, member in bound.items():
        plain = "".join(letter for letter in member if letter.isalnum())
        wording = wording.replace(f"${{{name}}}", member).replace(f"&{{{name}}}", plain)
    return wording
