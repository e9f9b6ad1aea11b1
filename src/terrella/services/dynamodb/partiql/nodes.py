"""What PartiQL statements are made of. Conditions, operands and updates are those of the expression language; what
PartiQL adds is where in the text they stand, literals, and the statements themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..expressions.nodes import Action, Call, Condition, Path, Placeholder


@dataclass(frozen=True, slots=True)
class Parameter:
    """A question mark, by its place in the text."""

    position: int


@dataclass(frozen=True, slots=True)
class Nested:
    """A list, map or set literal that may hold parameters: its type and parts, and how deep it goes."""

    kind: str
    parts: Any
    depth: int


Template = dict[str, Any] | Parameter | Nested
"""What becomes a value when parameters are given. Numbers are as written."""


@dataclass(frozen=True, slots=True)
class Literal(Placeholder):
    """A value in the text. `at` is its place as messages give it: line, column and length."""

    template: Template
    at: str


@dataclass(frozen=True, slots=True)
class Place(Path):
    """A document path and its place in the text."""

    at: str


@dataclass(frozen=True, slots=True)
class Function(Call):
    """A function and its place in the text."""

    at: str


@dataclass(frozen=True, slots=True)
class SetChange(Action):
    """What set_add and set_delete do, and the place of what they are given first."""

    at: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A table, and the index that is read."""

    table: str
    index: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT; no columns are all of them."""

    source: Source
    columns: tuple[Path, ...] | None
    where: Condition | None
    order: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT INTO ... VALUE {...}."""

    source: Source
    item: Literal


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE, or the form that begins with FROM. `returning` is the value of ReturnValues that says the same."""

    source: Source
    actions: tuple[Action, ...]
    where: Condition | None
    returning: str | None


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE FROM."""

    source: Source
    where: Condition | None
    returning: str | None


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS (SELECT ...), a condition of a transaction."""

    select: Select


Write = Insert | Update | Delete
Statement = Select | Write | Exists


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement and the places of its parameters, in order."""

    statement: Statement
    parameters: tuple[int, ...]
