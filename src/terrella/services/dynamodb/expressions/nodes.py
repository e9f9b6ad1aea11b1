"""What expressions are made of. A step of a path that begins with # stands for a name given apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A document path as written: names, #names, and list indexes as integers."""

    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A :value."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given."""

    function: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and one of = <> < <= > >=."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """An operand within bounds, both included."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class Among:
    """An operand equal to one of several: IN."""

    operand: Operand
    candidates: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Two operands of an update and + or -."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an update does: SET, REMOVE, ADD or DELETE at a path."""

    section: str
    path: Path
    value: Operand | Sum | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """The actions of an update, as written, and the sections in the order they came."""

    actions: tuple[Action, ...]
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """The paths to keep."""

    paths: tuple[Path, ...]


Operand = Path | Placeholder | Call
Atom = Call | Compare | Between | Among
Condition = Atom | Not | All | Any
Node = (
    Path
    | Placeholder
    | Call
    | Compare
    | Between
    | Among
    | Not
    | All
    | Any
    | Sum
    | Action
    | Update
    | Projection
)


def children(node: Node) -> tuple[Node, ...]:
    """What a node is made of, in the order it is written."""
    match node:
        case Call():
            return node.arguments
        case Compare() | Sum():
            return (node.left, node.right)
        case Between():
            return (node.operand, node.low, node.high)
        case Among():
            return (node.operand, *node.candidates)
        case Not():
            return (node.condition,)
        case All() | Any():
            return node.conditions
        case Action():
            return (node.path,) if node.value is None else (node.path, node.value)
        case Update():
            return node.actions
        case Projection():
            return node.paths
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all it is made of, each before its own parts."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def operands_of(node: Condition) -> tuple[Node, ...]:
    """What stands where a value is expected. Conditions inside AND, OR and NOT do not."""
    return () if isinstance(node, Not | All | Any) else children(node)
