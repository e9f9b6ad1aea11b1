"""Which places a fault may name in a world that has only some regions."""

from __future__ import annotations

import pytest

from terrella import faults
from terrella.run.strikes import strangers


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("region-outage eu-west-1", []),
        ("region-outage eu-north-1", ["eu-north-1"]),
        ("partition us-west-1,sa-east-1 eu-west-1", []),  # health checkers probe from there
        ("latency us-west-2 100ms", []),
        ("pause us-west-1", ["us-west-1"]),
        ("process-kill sa-east-1", ["sa-east-1"]),
        ("control-plane-outage * us-west-2", ["us-west-2"]),
    ],
)
def test_a_fault_names_what_this_world_has_or_on_the_network_where_checkers_are(
    words: str, unknown: list[str]
) -> None:
    kind, *rest = words.split()
    assert strangers(faults.parse(kind, rest), ("us-east-1", "eu-west-1")) == unknown
