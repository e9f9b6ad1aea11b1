"""What us-west-2 is told, and when it may give zones back: at the edges."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.services.route53 import copies, takeover
from terrella.services.route53.state import EDGE, HOME


class Outbox:
    def __init__(self, owes: bool) -> None:
        self._owes = owes

    def pending(self) -> bool:
        return self._owes


class Here:
    """As much of a region as is asked: what it owes to whom."""

    def __init__(self, **owed: bool) -> None:
        self.here, self.outboxes = self, {name.replace("_", "-"): Outbox(owes) for name, owes in owed.items()}


@pytest.mark.parametrize(("owed", "may"), [
    ({}, False),
    ({"us_east_1": False}, False),
    ({"us_east_1": False, "edge": True}, False),
    ({"us_east_1": True, "edge": False}, False),
    ({"us_east_1": False, "edge": False}, True),
])  # fmt: skip
def test_zones_are_given_back_when_everybody_has_everything(owed: dict[str, bool], may: bool) -> None:
    assert (HOME, EDGE) == ("us-east-1", "edge")
    ctx: Any = Here(**owed)
    assert takeover.can_give_back(ctx) is may


@pytest.mark.parametrize(("zone", "copied"), [
    (None, False),
    ({}, False),
    ({"AcceleratedRecovery": {"wanted": True}}, False),
    ({"AcceleratedRecovery": {"wanted": False, "copy": 3}}, False),
    ({"AcceleratedRecovery": {"wanted": True, "copy": 3}}, True),
])  # fmt: skip
def test_a_zone_is_copied_while_that_is_wanted_and_there_is_somebody_to_copy_to(zone: Any, copied: bool) -> None:
    assert copies.is_copied(zone) is copied
