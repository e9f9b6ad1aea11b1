"""Properties of the code itself. What is not checked here is a wish, not a rule."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "terrella"

FLOORS = [
    ["core"],
    ["wire", "store", "net"],
    ["faults"],
    ["region"],
    ["services", "edge"],
    ["world"],
    ["gameday"],
    ["run"],
    ["console", "cli"],
]
FLOOR = {name: height for height, row in enumerate(FLOORS) for name in row}
STRANGERS = {"wire", "store", "net"}  # floor 1: each can be read alone
MACHINE = {
    "asyncio", "multiprocessing", "os", "select", "selectors", "signal", "socket", "ssl", "subprocess",
    "tempfile", "threading", "time", "uvloop", "sqlite3", "random.SystemRandom",
}  # fmt: skip
TOUCHES_THE_MACHINE = {"run", "console", "cli"}
LONGEST_FUNCTION, LONGEST_FILE = 60, 400


def sources() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def place(path: Path) -> tuple[str, ...]:
    return path.relative_to(SRC).with_suffix("").parts


def imports(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line, module path) of every import; ours are given relative to the package, others start with '!'."""
    here = place(path)[:-1]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - (node.level - 1)]
            yield node.lineno, (*base, *(node.module or "").split("."))
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, _absolute(node.module or "")
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, _absolute(name.name)


def _absolute(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    return tuple(parts[1:]) if parts[0] == "terrella" else ("!", parts[0])


def floor_violation(here: tuple[str, ...], target: tuple[str, ...]) -> str | None:
    target = tuple(part for part in target if part)
    if len(here) < 2 or not target or target[0] == "!" or target[0] not in FLOOR:
        return None
    if target[0] == here[0]:
        sideways = here[0] == "services" and len(target) > 1 and len(here) > 2 and target[1] != here[1]
        return f"service {here[1]} imports service {target[1]}" if sideways else None
    if FLOOR[target[0]] >= FLOOR[here[0]]:
        return f"{here[0]} imports {target[0]}"
    return None


def test_a_floor_imports_only_lower_floors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {violation}"
        for path in sources()
        for line, target in imports(path)
        if (violation := floor_violation(place(path), target))
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_machine_floor_touches_the_machine() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {target[1]}"
        for path in sources()
        if place(path)[0] not in TOUCHES_THE_MACHINE
        for line, target in imports(path)
        if target[0] == "!" and target[1] in MACHINE
    ]
    assert not wrong, "\n".join(wrong)


def test_the_planted_violations_would_be_found() -> None:
    assert floor_violation(("edge", "health"), ("gameday", "report"))
    assert floor_violation(("wire", "json"), ("store", "journal"))
    assert floor_violation(("services", "dynamodb", "items"), ("services", "route53", "state"))
    assert not floor_violation(("services", "dynamodb", "items"), ("core", "errors"))


def test_every_module_says_what_it_is() -> None:
    wrong = [str(path) for path in sources() if not ast.get_docstring(parsed(path))]
    assert not wrong, wrong


def test_functions_fit_on_a_screen() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_files_stay_small() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} {lines}"
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    wrong = [str(path) for path in sources() if drawers & set(place(path))]
    assert not wrong, wrong


def test_nothing_below_run_swallows_every_exception() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if place(path)[0] not in TOUCHES_THE_MACHINE
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_undone() -> None:
    marker = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*sources(), *(ROOT / "tests").rglob("*.py")]
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marker.search(line)
    ]
    assert not wrong, "\n".join(wrong)
