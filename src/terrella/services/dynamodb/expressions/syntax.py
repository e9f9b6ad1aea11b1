"""Text to tree by the grammar, once per text; and everything wrong with a text whatever it will be bound to.

Order of failures and wording are DynamoDB's: syntax, redundant parentheses, functions, reserved words.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any as Anything

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from . import nodes
from .nodes import Call, Condition, Node, Path, Placeholder, Projection, Update
from .reserved import RESERVED

LONGEST, MOST_OPERATORS, MOST_CANDIDATES, DEEPEST_PATH = 4096, 300, 100, 32
GREATEST_INDEX = 2**31 - 1
CONDITION_FUNCTIONS = {
    "attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2,
}  # fmt: skip
OPERAND_FUNCTIONS = {"size": 1}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
ARITY = CONDITION_FUNCTIONS | OPERAND_FUNCTIONS | UPDATE_FUNCTIONS

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|0|[1-9][0-9]*|<>|<=|>=|[^ \t\r\n]")
_OPERATORS = (nodes.Compare, nodes.Between, nodes.Among, nodes.Not, nodes.Sum, Call)


class Malformed(Exception):
    """What is wrong with an expression, without the name of the parameter it came in."""


def condition(text: str) -> Condition:
    """Raises Malformed."""
    return _parsed("condition", text)


def update(text: str) -> Update:
    """Raises Malformed."""
    return _parsed("update", text)


def projection(text: str) -> Projection:
    """Raises Malformed."""
    return _parsed("projection", text)


def path_text(steps: tuple[str | int, ...]) -> str:
    """A path as the messages show it: [a, b, [3]]."""
    return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else step for step in steps) + "]"


def _parsed(kind: str, text: str) -> Anything:
    found = _parse(kind, text)
    if isinstance(found, str):
        raise Malformed(found)
    return found


@lru_cache(maxsize=4096)
def _parse(kind: str, text: str) -> Node | str:
    """The tree, or what is wrong: both are worth remembering."""
    if not text:
        return "The expression can not be empty;"
    size = len(text.encode())
    if size > LONGEST:
        return f"Expression size has exceeded the maximum allowed size; expression size: {size}"
    try:
        tree: Node = _parser(kind).parse(text)  # type: ignore[assignment]
        _check_functions(tree)
        _check_words(tree)
        _check_sections(tree)
        _check_bounds(tree)
    except Malformed as problem:
        return str(problem)
    except UnexpectedInput as problem:
        return _syntax_error(text, problem)
    return tree


@cache
def _parser(start: str) -> Lark:
    return Lark.open_from_package(
        __package__, "grammar.lark", start=start, parser="lalr", lexer="basic", transformer=_Builder()
    )


def _syntax_error(text: str, problem: UnexpectedInput) -> str:
    """The token where reading stopped, and the text from the token before it to the one after."""
    tokens = list(_TOKEN.finditer(text))
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        at = problem.token.start_pos or 0
    elif isinstance(problem, UnexpectedCharacters):
        at = problem.pos_in_stream
    else:
        at = len(text)
    number = next((i for i, token in enumerate(tokens) if token.end() > at), len(tokens))
    shown = tokens[number][0] if number < len(tokens) else "<EOF>"
    near = tokens[max(number - 1, 0) : number + 2]
    window = text[near[0].start() : near[-1].end()] if near else ""
    return f'Syntax error; token: "{shown}", near: "{window}"'


# Checks of the tree, one after another over the whole of it.


def _check_functions(tree: Node) -> None:
    updating = isinstance(tree, Update)
    calls = [node for node in nodes.walk(tree) if isinstance(node, Call)]
    for call in calls:
        if call.function not in ARITY:
            raise Malformed(f"Invalid function name; function: {call.function}")
    for call in calls:
        if updating != (call.function in UPDATE_FUNCTIONS):
            place = "an update" if updating else "a condition"
            raise Malformed(f"The function is not allowed in {place} expression; function: {call.function}")
    if updating:
        _check_appended(calls)
    else:
        _check_places(tree)


def _check_appended(calls: list[Call]) -> None:
    """if_not_exists may stand in another function, list_append in none."""
    for call in calls:
        if any(isinstance(inner, Call) and inner.function == "list_append" for inner in call.arguments):
            raise Malformed(
                "The function is not allowed to be used this way in an expression; function: list_append"
            )


def _check_places(tree: Node) -> None:
    """Only size() gives a value; it alone gives no condition."""
    inside = {id(operand) for node in nodes.walk(tree) for operand in nodes.operands_of(node)}  # type: ignore[arg-type]
    for node in nodes.walk(tree):
        if isinstance(node, Call) and (id(node) in inside) != (node.function in OPERAND_FUNCTIONS):
            raise Malformed(
                f"The function is not allowed to be used this way in an expression; function: {node.function}"
            )


def _check_words(tree: Node) -> None:
    for node in nodes.walk(tree):
        if isinstance(node, Path):
            for step in node.steps:
                if isinstance(step, int):
                    if step > GREATEST_INDEX:
                        raise Malformed(f"List index is not within the allowable range; index: [{step}]")
                elif step.upper() in RESERVED:
                    raise Malformed(f"Attribute name is a reserved keyword; reserved keyword: {step}")


def _check_sections(tree: Node) -> None:
    if isinstance(tree, Update):
        for number, section in enumerate(tree.sections):
            if section in tree.sections[:number]:
                raise Malformed(f'The "{section}" section can only be used once in an update expression;')


def _check_bounds(tree: Node) -> None:
    operators = 0
    for node in nodes.walk(tree):
        if isinstance(node, _OPERATORS):
            operators += 1
        elif isinstance(node, nodes.All | nodes.Any):
            operators += len(node.conditions) - 1
        elif isinstance(node, Path) and len(node.steps) > DEEPEST_PATH:
            raise Malformed(
                f"The document path has too many nesting levels; nesting levels: {len(node.steps)}"
            )
    if operators > MOST_OPERATORS:
        raise Malformed(f"The expression contains too many operators; operator count: {MOST_OPERATORS + 1}")


# Building.


class _Parens(tuple[Anything]):
    """What stood in parentheses; seen by the next rule only."""

    __slots__ = ()


def _bare(node: Anything) -> Anything:
    return node[0] if isinstance(node, _Parens) else node


def _joined(kind: type[nodes.All] | type[nodes.Any], left: Anything, right: Anything) -> Anything:
    """Chains of AND or OR are one node, so that long ones do not nest deeply. Parentheses end a chain."""
    head = left.conditions if isinstance(left, kind) else (_bare(left),)
    return kind((*head, _bare(right)))


@v_args(inline=True)
class _Builder(Transformer[Token, Anything]):
    """One method per rule of the grammar."""

    def condition(self, found: Anything) -> Anything:
        return _bare(found)

    def either(self, left: Anything, _or: Token, right: Anything) -> Anything:
        return _joined(nodes.Any, left, right)

    def both(self, left: Anything, _and: Token, right: Anything) -> Anything:
        return _joined(nodes.All, left, right)

    def negated(self, _not: Token, found: Anything) -> Anything:
        return nodes.Not(_bare(found))

    def comparison(self, left: Anything, operator: Token, right: Anything) -> Anything:
        return nodes.Compare(str(operator), _bare(left), _bare(right))

    def between(
        self, operand: Anything, _between: Token, low: Anything, _and: Token, high: Anything
    ) -> Anything:
        return nodes.Between(_bare(operand), _bare(low), _bare(high))

    def among(self, operand: Anything, _in: Token, *candidates: Anything) -> Anything:
        return nodes.Among(_bare(operand), tuple(map(_bare, candidates)))

    def parens(self, inner: Anything) -> Anything:
        if isinstance(inner, _Parens):
            raise Malformed("The expression has redundant parentheses;")
        return _Parens((inner,))

    def function(self, name: Token, *arguments: Anything) -> Anything:
        return Call(str(name), tuple(map(_bare, arguments)))

    def update(self, *sections: Anything) -> Anything:
        actions = tuple(action for _, found in sections for action in found)
        return Update(actions, tuple(name for name, _ in sections))

    def section(self, keyword: Token, *actions: Anything) -> Anything:
        name = keyword.upper()
        return name, [nodes.Action(name, path, value) for path, value in actions]

    def assignment(self, path: Path, value: Anything) -> Anything:
        return path, _bare(value)

    def sum(self, left: Anything, operator: Token, right: Anything) -> Anything:
        return nodes.Sum(str(operator), _bare(left), _bare(right))

    def removal(self, path: Path) -> Anything:
        return path, None

    def change(self, path: Path, value: Placeholder) -> Anything:
        return path, value

    def projection(self, *paths: Path) -> Anything:
        return Projection(paths)

    def path(self, name: str, *steps: Anything) -> Path:
        return Path((name, *steps))

    def member(self, name: str) -> str:
        return name

    def element(self, index: Token) -> int:
        return int(index)

    def name(self, token: Token) -> str:
        return str(token)

    def value(self, token: Token) -> Placeholder:
        return Placeholder(str(token))
