"""A link between places: batches in order, gaps noticed, repeats harmless, only durable changes shipped."""

from __future__ import annotations

from terrella.region.replicate import Outbox
from terrella.store.journal import Change, MemoryJournal


def journal_with(*owed: bool) -> MemoryJournal:
    journal = MemoryJournal()
    for seq, to_peer in enumerate(owed, 1):
        to = ("b",) if to_peer else ()
        journal.append(Change(seq, 1.0, "a", 1.0, seq, "toy", "said", {}, to))
    return journal


def test_a_batch_holds_only_what_is_owed() -> None:
    batch = Outbox("a", journal_with(True, False, True, False), "b").due(0.0)
    assert batch is not None
    assert [change.seq for change in batch.changes] == [1, 3]
    assert (batch.after, batch.upto) == (0, 3)


def test_nothing_owed_is_nothing_due() -> None:
    outbox = Outbox("a", journal_with(False, False), "b")
    assert outbox.due(0.0) is None
    assert outbox.pending() == []


def test_batches_chain_across_changes_that_concern_nobody() -> None:
    journal = journal_with(True, False, False, True)
    outbox = Outbox("a", journal, "b")
    first, second = outbox.due(0.0, limit=1), outbox.due(0.0, limit=1)
    assert first is not None and second is not None
    assert second.after == first.upto == 1


def test_only_durable_changes_leave() -> None:
    journal = journal_with(True, True)
    journal.durable = 1
    outbox = Outbox("a", journal, "b")
    batch = outbox.due(0.0)
    assert batch is not None and batch.upto == 1
    assert outbox.due(0.0) is None


def test_silence_rewinds_to_the_last_acknowledgement() -> None:
    outbox = Outbox("a", journal_with(True, True, True), "b")
    outbox.due(0.0, limit=1)
    outbox.due(0.0, limit=1)
    outbox.ack(1, 1.0)
    assert not outbox.rewind_if_silent(1.5, patience=1.0)
    assert outbox.rewind_if_silent(2.5, patience=1.0)
    again = outbox.due(2.5)
    assert again is not None and (again.after, again.upto) == (1, 3)


def test_pending_is_what_a_loss_would_lose() -> None:
    outbox = Outbox("a", journal_with(True, False, True), "b")
    outbox.due(0.0)
    outbox.ack(1, 0.0)
    assert [change.seq for change in outbox.pending()] == [3]
    outbox.ack(3, 0.0)
    assert outbox.pending() == []


def test_a_new_link_begins_where_the_peer_says() -> None:
    outbox = Outbox("a", journal_with(True, True), "b")
    outbox.resume(1, 0.0)
    batch = outbox.due(0.0)
    assert batch is not None and (batch.after, batch.upto) == (1, 2)
