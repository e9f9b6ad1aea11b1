"""YAML as CloudFormation reads it: `!Ref X` is `{"Ref": "X"}`, a key stands once, a date is a string.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from typing import Any

import yaml

SHORT_FORMS = frozenset(
    (
        "Base64",
        "Cidr",
        "FindInMap",
        "GetAtt",
        "GetAZs",
        "If",
        "And",
        "Or",
        "Not",
        "Equals",
        "ImportValue",
        "Join",
        "Select",
        "Split",
        "Sub",
        "Transform",
        "Length",
        "ToJsonString",
        "ForEach",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "RefAll",
        "ValueOf",
        "ValueOfAll",
    )
)
BARE = frozenset(("Ref", "Condition"))

FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is
DEEPEST = 100  # levels of nesting; AWS's own templates stay below twenty
MOST = 200_000  # values, each alias counted as what it stands for


def load(text: str) -> Any:
    """The document. yaml.YAMLError if it is not one, or one that is made to hurt."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=FAST):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.constructor.ConstructorError(None, None, "nested too deeply", event.start_mark)  # type: ignore[arg-type]  # libyaml has marks of its own
    document = yaml.load(text, TemplateLoader)
    if aliases and _weight(document, {}) > MOST:
        raise yaml.YAMLError("aliases stand for too much")
    return document


class TemplateLoader(FAST):  # type: ignore[misc]  # one of two
    """PyYAML's safe loader, with YAML 1.1's numbers and booleans but nothing else implicit."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # `<<: *other` comes before the mapping's own keys, which win
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a scalar", key_node.start_mark
                )
            if str(key) in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"Duplicate key: {key}", key_node.start_mark
                )
            seen.add(str(key))
        return super().construct_mapping(node, deep)

    def construct_yaml_map(self, node: yaml.MappingNode) -> Any:
        data: dict[str, Any] = {}
        yield data
        data.update((_text(key), value) for key, value in self.construct_mapping(node, deep=True).items())


def _weight(value: Any, known: dict[int, int]) -> int:
    """Values within, shared ones counted every time they occur but worked out once."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if id(value) not in known:
        known[id(value)] = 1 + sum(_weight(each, known) for each in members)
    return known[id(value)]


def _text(key: Any) -> str:
    """Keys are strings; `true:` as a key is the word."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _short(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix not in SHORT_FORMS and suffix not in BARE:
        raise yaml.constructor.ConstructorError(None, None, f"unknown tag !{suffix}", node.start_mark)
    name = suffix if suffix in BARE else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode), "there are three kinds of nodes"
        value = next_value(loader, node)
    return {name: value}


def next_value(loader: TemplateLoader, node: yaml.MappingNode) -> Any:
    """A mapping below a tag, with its keys as strings."""
    return {_text(key): value for key, value in loader.construct_mapping(node, deep=True).items()}


def _without_dates() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    return {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


TemplateLoader.yaml_implicit_resolvers = _without_dates()
TemplateLoader.add_constructor("tag:yaml.org,2002:map", TemplateLoader.construct_yaml_map)
TemplateLoader.add_multi_constructor("!", _short)
