"""Text to statement by the grammar, once per text. What is wrong with a text is told in the service's words, as far
as they are known."""

from __future__ import annotations

from functools import cache, lru_cache

from lark import Lark, Token
from lark.exceptions import UnexpectedToken

from ....core.errors import ValidationException
from ..expressions.syntax import Malformed
from . import building
from .judging import NotWellFormed
from .nodes import Parsed, Statement
from .tokens import Unreadable, Words, tokens

NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: "
MOST_NESTING = 100
_BEGINNINGS = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "EXISTS"))
_OPERATORS = frozenset(("IS", "IN", "LIKE", "BETWEEN", "EQUAL", "COMPARATOR", "AND", "OR", "PLUS", "STAR"))
_INFIX = frozenset(("AND", "OR", "EQUAL", "COMPARATOR", "PLUS", "MINUS"))
_SYMBOLS = frozenset(("NAME", "QUOTED", "STRING", "NUMBER", "QUESTION"))


def parse(text: str) -> Parsed:
    """The statement a text makes. ValidationException."""
    found = _parse(text)
    if isinstance(found, str):
        raise ValidationException(found)
    return found


@lru_cache(maxsize=4096)
def _parse(text: str) -> Parsed | str:
    """The statement, or what is wrong: both are worth remembering."""
    try:
        words = tokens(text)
        _check_beginning(words)
        _check_nesting(words)
        statement: Statement = _parser().parse(text)  # type: ignore[assignment]
    except Unreadable:
        return NOT_WELL_FORMED
    except UnexpectedToken as problem:
        return NOT_WELL_FORMED + _detail(words, problem)
    except NotWellFormed as problem:
        return f"{NOT_WELL_FORMED}{problem}"
    except Malformed as problem:
        return str(problem)
    return Parsed(statement, tuple(word.start_pos or 0 for word in words if word.type == "QUESTION"))


@cache
def _parser() -> Lark:
    return Lark.open_from_package(
        __package__, "grammar.lark", parser="lalr", lexer=Words, transformer=building.Builder()
    )


def _check_beginning(words: list[Token]) -> None:
    if not words or words[0].type not in _BEGINNINGS:
        raise NotWellFormed("Expected data manipulation")


def _check_nesting(words: list[Token]) -> None:
    """A statement that nests deeper than anything DynamoDB can hold is not read at all."""
    depth = 0
    for word in words:
        if word.type.startswith("LEFT_") or word.type == "NOT":
            depth += 1
        elif word.type.startswith("RIGHT_"):
            depth -= 1
        if depth > MOST_NESTING:
            raise Malformed("The statement is nested too deeply")


def _detail(words: list[Token], problem: UnexpectedToken) -> str:
    """What the service says of the word it stumbled upon."""
    word, place = problem.token.type, problem.token.start_pos
    at = len(words) if word == "$END" else next(n for n, each in enumerate(words) if each.start_pos == place)
    before = words[at - 1].type if at else ""
    accepted = problem.accepts or set()
    ends = word in ("$END", "SEMICOLON")
    if words[0].type == "UPDATE" and "SET" in accepted and "$END" not in accepted:
        return "Expected data manipulation"
    if before == "DOT":
        return "Invalid path dot component"
    if before == "IS" or (before == "NOT" and "MISSING" in accepted and "NUMBER" not in accepted):
        return "Expected type name"
    if [each.type for each in words[at - 2 : at]] == ["DELETE", "FROM"]:
        return "Expected identifier for simple path"
    if "$END" in accepted or not (ends or "NUMBER" in accepted or "RIGHT_PAREN" in accepted):
        return "Unexpected token after expression"
    if "NUMBER" in accepted or ends:
        if ends:
            infix = before in _INFIX
            return "Missing right-hand side expression of infix operator" if infix else "Unexpected term"
        return "Unexpected operator" if word in _OPERATORS else _unexpected(word)
    return "Expected RIGHT_PAREN"


def _unexpected(word: str) -> str:
    return "Unexpected keyword" if word.replace("_", "").isalpha() and word not in _SYMBOLS else "Unexpected term"
