"""Debts know when something is still to be looked at."""

from __future__ import annotations

from terrella.region.replicate import Outbox
from terrella.run.debts import Debts
from terrella.store.journal import Change, MemoryJournal


def test_what_is_not_durable_yet_is_still_waiting() -> None:
    journal = MemoryJournal()
    debts = Debts(Outbox("a", journal, "b"))
    journal.append(Change(1, 1.0, "a", 1.0, 1, "toy", "said", {}, ("b",)))
    journal.durable = 0
    debts.owe(1)
    assert debts.due(0.0, 10) is None
    assert debts.waiting
    journal.durable = 1
    assert debts.due(0.0, 10) is not None
    assert not debts.waiting
