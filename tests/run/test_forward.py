"""What a caller is told of regions that cannot be reached."""

from __future__ import annotations

from terrella.run.forward import unknown_region


def test_a_region_the_world_could_have_is_offered_and_one_that_is_none_is_not() -> None:
    assert "`terrella up --regions us-west-2,...` makes one that has" in unknown_region("us-west-2").message
    said = unknown_region("eu-wst-1").message
    assert said.startswith("There is no region called 'eu-wst-1'. Did you mean eu-west-1")
    assert "terrella up" not in said
