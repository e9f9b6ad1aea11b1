"""What a request binds expressions to: ExpressionAttributeNames and ExpressionAttributeValues.

Everything that is given must be used, everything that is used must be given.
"""

from __future__ import annotations

import re
from typing import Any

from ....core.errors import AwsError, SerializationException, ValidationException
from ..values import Value, check_value, kind_of
from .nodes import Call, Node, Path, Placeholder, Sum
from .syntax import Malformed, path_text

Steps = tuple[str | int, ...]

LONGEST_KEY = 255
LARGEST_SUBSTITUTIONS = 2 * 1024 * 1024
_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+").fullmatch
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+").fullmatch


class Binding:
    """The names and values of one request, and which of them no expression has used yet."""

    __slots__ = ("names", "unused_names", "unused_values", "values")

    def __init__(self, names: dict[str, str], values: dict[str, Value]) -> None:
        self.names, self.values = names, values
        self.unused_names, self.unused_values = set(names), set(values)

    def steps(self, path: Path) -> Steps:
        """A path with its #names resolved. Raises Malformed for one that is not given."""
        for step in path.steps:
            if step.__class__ is str and step[0] == "#":
                return tuple(map(self._name, path.steps))
        return path.steps

    def value(self, placeholder: Placeholder) -> Value:
        """The value a :value stands for. Raises Malformed for one that is not given."""
        value = self.values.get(placeholder.name)
        if value is None:
            raise Malformed(
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder.name}"
            )
        self.unused_values.discard(placeholder.name)
        return value

    def resolve(self, node: Node) -> None:
        """Use every name and value in operands, in the order they are written. Raises Malformed."""
        if isinstance(node, Path):
            self.steps(node)
        elif isinstance(node, Placeholder):
            self.value(node)
        elif isinstance(node, Call):
            for argument in node.arguments:
                self.resolve(argument)
        elif isinstance(node, Sum):
            self.resolve(node.left)
            self.resolve(node.right)

    def static_type(self, node: Node) -> str | None:
        """The type of an operand that does not depend on the item; None if it does."""
        if isinstance(node, Placeholder):
            return kind_of(self.value(node))
        return "N" if isinstance(node, Call) and node.function == "size" else None

    def check_all_used(self) -> None:
        """ValidationException for names or values that no expression has used."""
        for what, given, unused in (
            ("Names", self.names, self.unused_names),
            ("Values", self.values, self.unused_values),
        ):
            if unused:
                keys = ", ".join(key for key in given if key in unused)
                raise ValidationException(
                    f"Value provided in ExpressionAttribute{what} unused in expressions: keys: {{{keys}}}"
                )

    def _name(self, step: str | int) -> str | int:
        if isinstance(step, int) or step[0] != "#":
            return step
        name = self.names.get(step)
        if name is None:
            raise Malformed(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {step}"
            )
        self.unused_names.discard(step)
        return name


def bind(names: Any, values: Any) -> Binding:
    """Judge what a request gives; None where it gives nothing. ValidationException as DynamoDB tells it."""
    if names is not None:
        _check_keys(names, "ExpressionAttributeNames", _NAME_KEY)
        for key, name in names.items():
            if name.__class__ is not str:
                raise SerializationException("Unexpected field type")
            if not name:
                raise ValidationException(
                    f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
                )
    if values is not None:
        _check_keys(values, "ExpressionAttributeValues", _VALUE_KEY)
        _check_values(values)
    return Binding(names or {}, values or {})


def _check_keys(given: Any, what: str, well_formed: Any) -> None:
    if given.__class__ is not dict:
        raise SerializationException("Unexpected field type")
    if not given:
        raise ValidationException(f"{what} must not be empty")
    for key in given:
        if len(key.encode()) > LONGEST_KEY:
            raise ValidationException(
                f"{what} contains invalid key: The expression attribute map contains a key that is too long; "
                f"size of key: {len(key.encode())}"
            )
        if not well_formed(key):
            raise ValidationException(f'{what} contains invalid key: Syntax error; key: "{key}"')


def _check_values(values: dict[str, Value]) -> None:
    total = 0
    for key, value in values.items():
        try:
            total += len(key) + check_value(value)
        except ValidationException as problem:
            raise ValidationException(
                f"ExpressionAttributeValues contains invalid value: {problem.message} for key {key}"
            ) from None
    if total > LARGEST_SUBSTITUTIONS:
        raise ValidationException("ExpressionAttributeValues exceeds max size")


# What may be wrong with operands once they are bound.


def check_distinct(operator: str, first: Node, rest: tuple[Node, ...], binding: Binding) -> None:
    """A path may not be compared with itself."""
    if isinstance(first, Path):
        steps = binding.steps(first)
        for other in rest:
            if isinstance(other, Path) and binding.steps(other) == steps:
                raise Malformed(
                    "The first operand must be distinct from the remaining operands for this operator or "
                    f"function; operator: {operator}, first operand: {path_text(steps)}"
                )


def check_count(call: Call, wanted: int) -> None:
    """A function takes so many operands."""
    if len(call.arguments) != wanted:
        raise Malformed(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.function}, number of operands: {len(call.arguments)}"
        )


def check_path(call: Call) -> None:
    """The first operand of some functions must be a document path."""
    if not isinstance(call.arguments[0], Path):
        raise Malformed(
            f"Operator or function requires a document path; operator or function: {call.function}"
        )


def check_types(operator: str, operands: tuple[Node, ...], allowed: str, binding: Binding) -> None:
    """Operands whose type is known must be of one of these types, given as "S N B"."""
    for operand in operands:
        kind = binding.static_type(operand)
        if kind is not None and kind not in allowed.split():
            raise incorrect_type(operator, kind)


def incorrect_type(operator: str, kind: str) -> Malformed:
    """The refusal of an operand of that type."""
    return Malformed(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )


def named(parameter: str, problem: Malformed) -> AwsError:
    """The refusal of an expression that came in that parameter."""
    return ValidationException(f"Invalid {parameter}: {problem}")
