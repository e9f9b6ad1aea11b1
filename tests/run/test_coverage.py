"""The coverage page says what the program does: no more, no less, and today's."""

from __future__ import annotations

from pathlib import Path

from terrella.run.borrowed import SERVICES
from terrella.run.coverage import owned, page
from terrella.wire import model

COMMITTED = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_committed_page_is_current() -> None:
    assert COMMITTED.read_text("utf-8") == page(owned()), (
        "run `python -m terrella.cli coverage --write docs/coverage.md`"
    )


def test_every_operation_of_a_service_is_works_or_refused() -> None:
    (service,) = [each for each in owned() if each.id == "route53"]
    text = page([service])
    works = text.partition("**Works**")[2].partition("**Refused**")[0]
    refused = text.partition("**Refused**")[2].partition("## Borrowed")[0]
    assert "ChangeResourceRecordSets" in works and "TestDNSAnswer" in works
    assert "CreateTrafficPolicy," in refused and "ChangeResourceRecordSets" not in refused


def test_every_handler_answers_an_operation_of_the_model() -> None:
    strays = {
        f"{service.id} {name}"
        for service in owned()
        for name in set(service.operations) - set(model.load(service.id).operations)
    }
    assert not strays


def test_borrowed_services_are_listed() -> None:
    text = page([])
    assert all(name in text.partition("## Borrowed")[2] for name in SERVICES)
