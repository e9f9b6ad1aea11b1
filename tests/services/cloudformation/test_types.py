"""The resource types: each complete, each on the docs page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from terrella.services.cloudformation.known_types import known_types
from terrella.services.cloudformation.registry import listed, types
from terrella.services.cloudformation.resource_type import ResourceType
from terrella.wire import model

PAGE = Path(__file__).parents[3] / "docs" / "services" / "cloudformation.md"
BEGIN, END = "<!-- types: generated -->\n", "<!-- end of types -->"


@pytest.mark.parametrize("kind", types().values(), ids=lambda kind: kind.type)
def test_a_type_names_only_properties_it_has(kind: ResourceType) -> None:
    if kind.properties is not None:
        named = {*kind.required.split(), *(each.split(".")[0] for each in kind.create_only.split())}
        named |= {kind.name} if kind.name else set()
        assert named <= kind.known
    assert kind.type in known_types()
    assert "create" in kind.handlers


def test_the_docs_page_lists_the_types_there_are() -> None:
    """With UPDATE=1 in the environment the page is brought up to date."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    current = f"{before}{BEGIN}{listed()}{END}{after}"
    if os.environ.get("UPDATE"):
        PAGE.write_text(current)
    assert PAGE.read_text() == current


def test_every_operation_called_is_one_the_models_know() -> None:
    """Operations are named by strings; a slip of the pen would show only when a stack needs it."""
    import ast

    folder = Path(__file__).parents[3] / "src" / "terrella" / "services" / "cloudformation" / "resources"
    wrong = []
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        constants = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "call"):
                continue
            service, operation = node.args[:2]
            name = (
                service.value
                if isinstance(service, ast.Constant)
                else constants.get(getattr(service, "id", ""))
            )
            if isinstance(operation, ast.Constant) and operation.value not in model.load(name).operations:
                wrong.append(f"{path.name}:{node.lineno} {name} {operation.value}")
    assert not wrong, wrong
