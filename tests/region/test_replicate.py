"""A link between places: batches in order, gaps noticed, repeats harmless, only durable changes shipped."""

from __future__ import annotations

from typing import Any

from places import region

from terrella.region.replicate import Batch, Outbox
from terrella.region.service import Service
from terrella.store.journal import Change, MemoryJournal


def journal_with(*owed: bool) -> MemoryJournal:
    journal = MemoryJournal()
    for seq, to_peer in enumerate(owed, 1):
        to = ("b",) if to_peer else ()
        journal.append(Change(seq, 1.0, "a", 1.0, seq, "toy", "said", {}, to))
    return journal


def test_a_batch_holds_only_what_is_owed() -> None:
    due = Outbox("a", journal_with(True, False, True, False), "b").due(0.0)
    assert due is not None
    assert [change.seq for change in due.changes] == [1, 3]
    assert (due.after, due.upto) == (0, 3)


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
    due = outbox.due(0.0)
    assert due is not None and due.upto == 1
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


class Heard:
    """What was said, in order."""

    def __init__(self, maps: Any) -> None:
        self.all = maps.objects("toy.heard")


toy = Service("toy", Heard)


@toy.change
def said(state: Heard, change: Change, word: str) -> None:
    state.all.put(f"{len(state.all)}", word)


def batch(after: int, *words: str) -> Batch:
    """The changes that follow number `after`, numbered on from there."""
    changes = [Change(n, 1.0, "a", 1.0, n, "toy", "said", {"word": word}) for n, word in enumerate(words, after + 1)]
    return Batch("a", after, after + len(words), tuple(changes))


def test_what_comes_again_is_not_applied_again() -> None:
    here = region("b", toy)
    assert here.accept(batch(0, "one", "two")) == 2
    assert here.accept(batch(0, "one", "two", "three")) == 3
    assert [word for _, word in here.state["toy"].all.items()] == ["one", "two", "three"]
    assert here.journal.last == 3


def test_nothing_is_taken_beyond_a_gap_until_it_is_filled() -> None:
    here = region("b", toy)
    assert here.accept(batch(0, "one")) == 1
    assert here.accept(batch(2, "three")) == 1
    assert here.accept(batch(1, "two", "three")) == 3
    assert [word for _, word in here.state["toy"].all.items()] == ["one", "two", "three"]


def test_what_is_written_after_something_arrived_is_later_whatever_the_clocks_say() -> None:
    here = region("b", toy)
    ahead = here.clock.now() + 60
    (change,) = batch(0, "one").changes
    here.accept(Batch("a", 0, 1, (change._replace(accepted=ahead),)))
    here.commit(toy, "said", {"word": "two"})
    assert here.journal.read(1, 1)[0].accepted > ahead
