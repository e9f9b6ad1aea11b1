"""A statement's literals and parameters as values.

Every parameter is used once, in the order of the question marks (developer guide, "PartiQL parameters").
"""

from __future__ import annotations

from typing import Any

from ....core.errors import ValidationException
from .. import numbers
from ..expressions.binding import Binding, Steps
from ..expressions.nodes import Path, Placeholder
from ..values import Value, check_value, kind_of
from .nodes import Literal, Nested, Parameter, Parsed, Template

COUNT_DIFFERS = "Number of parameters in request and statement don't match."
MIXED_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
_SETS = {"S": "SS", "N": "NS", "B": "BS"}


class StatementBinding(Binding):
    """The values of one statement. Paths stand for themselves: a name may begin with anything."""

    __slots__ = ("parameters",)

    def __init__(self, parsed: Parsed, parameters: list[Value]) -> None:
        super().__init__({}, {})
        if len(parameters) != len(parsed.parameters):
            raise ValidationException(COUNT_DIFFERS)
        for value in parameters:
            check_value(value)
        self.parameters = dict(zip(parsed.parameters, parameters, strict=True))

    def steps(self, path: Path) -> Steps:
        """A path as it is written."""
        return path.steps

    def value(self, placeholder: Placeholder) -> Value:
        """The value of a literal. ValidationException if it can be none."""
        found = self.values.get(placeholder.name)
        if found is None:
            assert isinstance(placeholder, Literal)
            found = self.values[placeholder.name] = self._made(placeholder.template, "root")
            check_value(found)
        return found

    def item(self, literal: Literal) -> dict[str, Value]:
        """The attributes of a map literal, each of which is a value by itself. ValidationException."""
        template = literal.template
        if isinstance(template, Nested) and template.kind == "M":
            return {name: self._made(part, "root") for name, part in template.parts.items()}
        found = self.value(literal)
        if kind_of(found) != "M":
            raise ValidationException("The item of an INSERT statement must be a map: {...}")
        return found["M"]

    def _made(self, template: Template, where: str) -> Value:
        if isinstance(template, Parameter):
            return self.parameters[template.position]
        if isinstance(template, dict):
            return {"N": _normal(template["N"], where)} if "N" in template else dict(template)
        if template.kind == "M":
            return {"M": {name: self._made(part, f"{where}.{name}") for name, part in template.parts.items()}}
        members = [self._made(part, f"{where}[{number}]") for number, part in enumerate(template.parts)]
        return {"L": members} if template.kind == "L" else _set_of(members)


def _normal(text: str, where: str) -> str:
    try:
        return numbers.normal(text)
    except ValidationException as problem:
        raise ValidationException(f"{problem.message} under {where}") from None


def _set_of(members: list[Value]) -> dict[str, Any]:
    kinds = {kind_of(member) for member in members}
    kind = next(iter(kinds))
    if len(kinds) > 1 or kind not in _SETS:
        raise ValidationException(MIXED_BAG)
    return {_SETS[kind]: [member[kind] for member in members]}
