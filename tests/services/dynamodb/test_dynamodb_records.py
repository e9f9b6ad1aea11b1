"""Records: an item as it is kept."""

from __future__ import annotations

import tracemalloc

from terrella.services.dynamodb.records import json_from


def test_the_json_of_an_item_holds_on_to_no_more_memory_than_it_is_long() -> None:
    item = {"a": {"S": "x" * 100}}
    tracemalloc.start()
    try:
        kept = [json_from(item) for _ in range(1000)]
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held / len(kept) < len(kept[0]) + 100
