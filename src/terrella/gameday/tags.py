"""Tags mark writes: each carries one of its own, by which it is recognised in every region.

In stories whose people write the same items again and again the tag also says which item, so that a history of
tags is a history of items.
"""

from __future__ import annotations

import random

ITEMS = 24


def new_tag(rng: random.Random) -> str:
    """What marks one write, wherever it turns up."""
    return f"v-{rng.getrandbits(48):012x}"


def item_of(tag: str) -> str:
    """The item that a write with this tag is for."""
    return f"item-{int(tag.removeprefix('v-'), 16) % ITEMS}"
