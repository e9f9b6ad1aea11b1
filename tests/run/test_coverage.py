"""The coverage page says what the program does: no more, no less, and today's."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

from terrella.region.service import Service
from terrella.run.borrowed import SERVICES
from terrella.run.coverage import owned, page
from terrella.wire import model

COMMITTED = Path(__file__).parents[2] / "docs" / "coverage.md"


def operations_of(service: Service[Any]) -> list[str]:
    return [each for known in service.models for each in model.load(known).operations]


def test_the_committed_page_is_current() -> None:
    assert COMMITTED.read_text("utf-8") == page(owned()), (
        "run `python -m terrella.cli coverage --write docs/coverage.md`"
    )


def test_every_operation_of_a_service_is_works_or_refused() -> None:
    (service,) = [each for each in owned() if each.id == "lambda"]
    text = page([service])
    works = text.partition("**Works**")[2].partition("**Refused**")[0]
    refused = text.partition("**Refused**")[2].partition("## Borrowed")[0]
    assert "CreateFunction," in works and "Invoke," in works
    assert "ListCapacityProviders" in refused and "CreateFunction," not in refused


def test_no_operation_that_does_nothing_but_refuse_is_said_to_work() -> None:
    pretending = []
    for service in owned():
        for name, handler in service.operations.items():
            (function,) = ast.parse(textwrap.dedent(inspect.getsource(handler))).body
            assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            does = [each for each in function.body if not isinstance(each, ast.Expr)]
            if len(does) == 1 and ast.unparse(does[0]).startswith("raise NotImplementedHere"):
                pretending.append(f"{service.id} {name}")
    assert not pretending


def test_every_handler_answers_an_operation_of_the_model() -> None:
    strays = {
        f"{service.id} {name}"
        for service in owned()
        for name in set(service.operations) - set(operations_of(service))
    }
    assert not strays


def test_no_two_models_of_a_service_name_an_operation_alike() -> None:
    for service in owned():
        names = operations_of(service)
        assert len(names) == len(set(names)), service.id


def test_borrowed_services_are_listed() -> None:
    text = page([])
    assert all(name in text.partition("## Borrowed")[2] for name in SERVICES)
