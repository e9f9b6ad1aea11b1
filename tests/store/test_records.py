"""Journal records: whole ones come back as they were, anything else is noticed."""

from __future__ import annotations

import pytest

from terrella.store.journal import Change
from terrella.store.records import Damaged, frame, offsets, promised_after, record_at, records

CHANGE = Change(
    7, 1.5, "eu-west-1", 1.25, 3, "dynamodb", "item_put",
    {"key": b"\x9a\x00", "n": 2**63, "deep": [{"a": None, "b": [True, 1.5, "ä"]}]}, ("edge", "us-east-1"),
)  # fmt: skip


def test_a_change_comes_back_as_it_was() -> None:
    record = record_at(frame(CHANGE, 4), 0)
    assert record.change == CHANGE
    assert (record.safe, record.end) == (4, len(frame(CHANGE, 4)))


def test_a_record_short_of_any_number_of_bytes_is_damaged() -> None:
    whole = frame(CHANGE, 4)
    for length in range(len(whole)):
        with pytest.raises(Damaged):
            record_at(whole[:length], 0)


def test_a_flipped_bit_anywhere_is_damage() -> None:
    whole = frame(CHANGE, 4)
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1
        with pytest.raises(Damaged):
            record_at(bytes(broken), 0)


def test_zeros_are_not_records() -> None:
    with pytest.raises(Damaged):
        list(records(frame(CHANGE, 4) + bytes(100)))


def test_offsets_are_where_records_begin() -> None:
    data = b"".join(frame(CHANGE._replace(seq=seq), 0) for seq in range(1, 5))
    assert [record_at(data, offset).change.seq for offset in offsets(data)] == [1, 2, 3, 4]


def test_a_later_record_tells_whether_a_broken_one_had_been_promised() -> None:
    later = frame(CHANGE._replace(seq=8), 7)
    assert promised_after(b"?" * 50 + later, 0, 7)
    assert not promised_after(b"?" * 50 + later, 0, 8)
    assert not promised_after(b"\x9a" * 50, 0, 1)


def test_what_is_not_plain_data_is_refused_when_written() -> None:
    with pytest.raises(TypeError):
        frame(CHANGE._replace(body={"handler": object()}), 0)
