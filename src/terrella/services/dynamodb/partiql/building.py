"""The tree of a statement, a rule of the grammar at a time."""

from __future__ import annotations

import re
from typing import Any as Anything

from lark import Token, Transformer, v_args

from ..expressions import nodes
from ..expressions.nodes import Action, Call, Condition
from ..expressions.syntax import Malformed
from ..values import DEEPEST, TOO_DEEP
from .judging import NotWellFormed, assigned, check_condition
from .nodes import (
    Delete,
    Exists,
    Function,
    Insert,
    Literal,
    Nested,
    Order,
    Parameter,
    Place,
    Select,
    Source,
    Update,
)

GREATEST_EXPONENT = 2**31 - 1
MOST_SUMS = 100  # in a row
NO_ALIASES = "Aliasing is not supported"
_TYPES = {
    "BOOL": ("BOOL",), "BOOLEAN": ("BOOL",), "STRING": ("S",), "VARCHAR": ("S",), "CHAR": ("S",),
    "CHARACTER": ("S",), "SYMBOL": ("S",), "BLOB": ("B",), "CLOB": ("B",), "LIST": ("L",), "STRUCT": ("M",),
    "TUPLE": ("M",), "BAG": ("SS", "NS", "BS"), "NULL": ("NULL",), "INT": ("N",), "INT2": ("N",), "INT4": ("N",),
    "INT8": ("N",), "INTEGER": ("N",), "INTEGER2": ("N",), "INTEGER4": ("N",), "INTEGER8": ("N",), "BIGINT": ("N",),
    "SMALLINT": ("N",), "FLOAT": ("N",), "REAL": ("N",), "DECIMAL": ("N",), "NUMERIC": ("N",),
    "DOUBLE PRECISION": ("N",), "CHARACTER VARYING": ("S",),
}  # fmt: skip
_RETURNED = {
    ("ALL", "OLD"): "ALL_OLD", ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "OLD"): "UPDATED_OLD", ("MODIFIED", "NEW"): "UPDATED_NEW",
}  # fmt: skip
_NUMBER = re.compile(r"([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?").fullmatch


class _Where(tuple[Condition]):
    """The condition of a statement."""


class _Order(tuple[Order, ...]):
    """The keys of ORDER BY."""


class _Columns(tuple[nodes.Path, ...]):
    """What SELECT asks for; nothing where it asks for all."""


class _Returning(str):
    """What RETURNING asks for, as ReturnValues has it."""


@v_args(inline=True)
class Builder(Transformer[Token, Anything]):
    """One method per rule of the grammar."""

    def start(self, statement: Anything, _end: Token | None = None) -> Anything:
        return statement

    def select(self, *children: Anything) -> Select:
        sources = [each for each in children if isinstance(each, Source)]
        if len(sources) > 1:
            raise Malformed("Only select from a single table or index is supported.")
        columns = _first(children, _Columns)
        where, order = _first(children, _Where), _first(children, _Order)
        return Select(sources[0], tuple(columns) or None, where[0] if where else None, tuple(order or ()))

    def insert(self, _insert: Token, _into: Token, source: Source, _value: Token, item: Anything) -> Insert:
        if not isinstance(item, Literal):
            raise Malformed(f"Unsupported data type: {_name(item)} under key root at {_at(item)}")
        return Insert(source, item)

    def update(self, *children: Anything) -> Update:
        where = _first(children, _Where)
        actions = tuple(each for each in children if isinstance(each, Action))
        return Update(_first(children, Source), actions, where[0] if where else None, _returning(children))

    from_update = update

    def delete(self, *children: Anything) -> Delete:
        where, returning = _first(children, _Where), _returning(children)
        if returning not in (None, "ALL_OLD"):
            what, when = next(names for names, value in _RETURNED.items() if value == returning)
            raise Malformed(
                f"Invalid returning clause: RETURNING {what} {when} *. Only RETURNING ALL OLD * is allowed in DELETE "
                "statements."
            )
        return Delete(_first(children, Source), where[0] if where else None, returning)

    def exists(self, _exists: Token, _left: Token, select: Select, _right: Token) -> Exists:
        return Exists(select)

    # Clauses.

    def columns(self, *children: Anything) -> _Columns:
        return _Columns(each for each in children if not isinstance(each, Token))

    def column(self, path: Anything, *alias: Token) -> Anything:
        if alias:
            raise Malformed(NO_ALIASES)
        if not isinstance(path, Place):
            raise Malformed(f"Unexpected path component at {_at(path)}")
        return path

    def source(self, source: Source, *alias: Token) -> Source:
        if alias:
            raise Malformed(NO_ALIASES)
        return source

    def target(self, *children: Token) -> Source:
        names = [_unquoted(each) for each in children if each.type != "DOT"]
        if "" in names:
            raise Malformed("Path component cannot be an empty string")
        if len(names) > 2:
            raise Malformed("A path may contain at most 2 components in the FROM clause")
        return Source(names[0], names[1] if len(names) > 1 else None)

    def where(self, _where: Token, condition: Anything) -> _Where:
        check_condition(condition)
        return _Where((condition,))

    def order(self, _order: Token, _by: Token, *keys: Anything) -> _Order:
        return _Order(each for each in keys if isinstance(each, Order))

    def key(self, path: Anything, direction: Token | None = None) -> Order:
        if not isinstance(path, Place) or len(path.steps) > 1:
            raise Malformed("Only attribute names are supported in ORDER BY clause")
        return Order(str(path.steps[0]), direction is not None and direction.type == "DESC")

    def assignment(self, path: Place, _equal: Token, value: Anything) -> Action:
        return assigned(path, value)

    def removal(self, path: Place) -> Action:
        return Action("REMOVE", path)

    def returning(self, _returning: Token, what: Token, when: Token, _star: Token) -> _Returning:
        found = _RETURNED.get((what.upper(), when.upper()))
        if found is None:
            raise NotWellFormed("Malformed returning clause")
        return _Returning(found)

    # Conditions.

    def either(self, left: Anything, _or: Token, right: Anything) -> nodes.Any:
        return nodes.Any((*(left.conditions if isinstance(left, nodes.Any) else (left,)), right))

    def both(self, left: Anything, _and: Token, right: Anything) -> nodes.All:
        return nodes.All((*(left.conditions if isinstance(left, nodes.All) else (left,)), right))

    def negated(self, _not: Token, condition: Anything) -> nodes.Not:
        return nodes.Not(condition)

    def comparison(self, left: Anything, operator: Token, right: Anything) -> Anything:
        symbol = "<>" if operator == "!=" else str(operator)
        truth = _truth(right)
        if truth is not None and symbol in ("=", "<>") and isinstance(left, Call) and left.function != "size":
            return left if truth == (symbol == "=") else nodes.Not(left)
        return nodes.Compare(symbol, left, right)

    def between(self, operand: Anything, *children: Anything) -> Anything:
        low, high = (each for each in children if not isinstance(each, Token))
        return _perhaps_not(children, nodes.Between(operand, low, high))

    def among(self, operand: Anything, *children: Anything) -> Anything:
        candidates = tuple(each for each in children if not isinstance(each, Token))
        if len(candidates) == 1 and isinstance(candidates[0], Literal):
            template = candidates[0].template
            if isinstance(template, Nested) and template.kind == "L" and children[-1] is candidates[0]:
                candidates = tuple(
                    Literal(f"{candidates[0].name}.{number}", part, candidates[0].at)
                    for number, part in enumerate(template.parts)
                )
        return _perhaps_not(children, nodes.Among(operand, candidates))

    @v_args(inline=False)
    def test(self, children: list[Anything]) -> Anything:
        operand, _is, *rest = children
        name = " ".join(each.upper() for each in rest if each.type != "NOT")
        if name == "MISSING":
            negative = any(each.type == "NOT" for each in rest)
            return Call("attribute_exists" if negative else "attribute_not_exists", (operand,))
        if name not in _TYPES:
            raise NotWellFormed("Expected type name")
        tests: list[Condition] = [
            Call("attribute_type", (operand, Literal(f":{kind}", {"S": kind}, ""))) for kind in _TYPES[name]
        ]
        return _perhaps_not(rest, tests[0] if len(tests) == 1 else nodes.Any(tuple(tests)))

    # Operands.

    def sum(self, left: Anything, operator: Token, right: Anything) -> nodes.Sum:
        length, first = 0, left
        while isinstance(first, nodes.Sum):
            length, first = length + 1, first.left
        if length > MOST_SUMS:
            raise Malformed("The statement has too many arithmetic operators")
        return nodes.Sum(str(operator), left, right)

    def parens(self, _left: Token, inner: Anything, _right: Token) -> Anything:
        return inner

    def function(self, name: Token, *children: Anything) -> Function:
        arguments = tuple(each for each in children if not isinstance(each, Token))
        return Function(name.lower(), arguments, _place(name))

    def path(self, name: Token, *steps: Anything) -> Place:
        found = (_unquoted(name), *steps)
        if "" in found:
            raise Malformed("Path component cannot be an empty string")
        return Place(found, _place(name))

    def member(self, _dot: Token, name: Token) -> str:
        return _unquoted(name)

    def element(self, _left: Token, index: Token, _right: Token) -> str | int:
        if index.type == "STRING":
            return _unquoted(index)
        if not index.isdigit():
            raise NotWellFormed("Invalid path component")
        return int(index)

    # Literals.

    def string(self, token: Token) -> Literal:
        return _literal(token, {"S": _unquoted(token)})

    def number(self, *tokens: Token) -> Literal:
        found = _NUMBER(tokens[-1])
        assert found is not None
        exponent = int(found[3] or 0)
        if not -GREATEST_EXPONENT <= exponent <= GREATEST_EXPONENT or len(found[2]) - exponent > GREATEST_EXPONENT:
            raise NotWellFormed("")
        sign = "-" if tokens[0].type == "MINUS" else ""
        return _literal(tokens[0], {"N": sign + tokens[-1]})

    def constant(self, token: Token) -> Literal:
        if token.type == "MISSING":
            raise Malformed(f"Unsupported data type: MISSING under key root at {_place(token)}")
        return _literal(token, {"NULL": True} if token.type == "NULL" else {"BOOL": token.type == "TRUE"})

    def parameter(self, token: Token) -> Literal:
        return _literal(token, Parameter(token.start_pos or 0))

    def array(self, *children: Anything) -> Literal:
        return _nested("L", children[0], [_part(each) for each in children if not isinstance(each, Token)])

    def bag(self, *children: Anything) -> Literal:
        members = [_part(each) for each in children if not isinstance(each, Token)]
        if not members:
            raise Malformed("Empty bags are not supported")
        return _nested("BAG", children[0], members)

    def struct(self, *children: Anything) -> Literal:
        return _nested("M", children[0], dict(each for each in children if not isinstance(each, Token)))

    def pair(self, name: Anything, _colon: Token, value: Anything) -> tuple[str, Anything]:
        template = name.template if isinstance(name, Literal) else None
        if not isinstance(template, dict) or "S" not in template:
            raise Malformed("The keys of a map must be strings in single quotes")
        return template["S"], _part(value)


def _first(children: tuple[Anything, ...], kind: type) -> Anything:
    return next((each for each in children if isinstance(each, kind)), None)


def _returning(children: tuple[Anything, ...]) -> str | None:
    found = _first(children, _Returning)
    return None if found is None else str(found)


def _perhaps_not(children: Anything, condition: Anything) -> Anything:
    negative = any(isinstance(each, Token) and each.type == "NOT" for each in children)
    return nodes.Not(condition) if negative else condition


def _truth(node: Anything) -> bool | None:
    template = node.template if isinstance(node, Literal) else None
    return template.get("BOOL") if isinstance(template, dict) else None


def _place(token: Token) -> str:
    return f"{token.line}:{token.column}:{len(token)}"


def _at(node: Anything) -> str:
    return node.at if isinstance(node, Place | Function | Literal) else "1:1:1"


def _name(node: Anything) -> str:
    return node.function if isinstance(node, Call) else "expression"


def _unquoted(token: Token) -> str:
    if token.type in ("STRING", "QUOTED"):
        quote = token[0]
        return token[1:-1].replace(quote + quote, quote)
    return str(token)


def _literal(token: Token, template: Anything) -> Literal:
    return Literal(f":{token.start_pos}", template, _place(token))


def _part(node: Anything) -> Anything:
    """What stands inside a literal must be one."""
    if not isinstance(node, Literal):
        raise Malformed(f"Unsupported data type: {_name(node)} under key root at {_at(node)}")
    return node.template


def _nested(kind: str, token: Token, parts: Anything) -> Literal:
    inner = parts.values() if isinstance(parts, dict) else parts
    depth = 1 + max((each.depth for each in inner if isinstance(each, Nested)), default=0)
    if depth > DEEPEST:
        raise Malformed(TOO_DEEP)
    return _literal(token, Nested(kind, parts, depth))
