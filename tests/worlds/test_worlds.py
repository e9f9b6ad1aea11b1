"""Stories of several regions as transcripts: commands, a rule of dashes, what the world answers.

    world REGION...            a world with these regions; the first command of a file
    table NAME                 a table in the first region, with a replica in every other
    put REGION TABLE KEY VALUE            delete REGION TABLE KEY
    strike KIND WORD...        heal       after SECONDS
    show TABLE                 what each region's replica holds

UPDATE=1 in the environment rewrites the answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.world.simulated import SimulatedWorld

HERE = Path(__file__).parent
RULE = "----"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_the_world_answers_as_written(path: Path) -> None:
    written = path.read_text()
    told = retell(written)
    if os.environ.get("UPDATE") == "1":
        path.write_text(told)
    else:
        assert told == written


def retell(text: str) -> str:
    """The same commands with the answers of today."""
    story, blocks = Story(), []
    for block in text.strip("\n").split("\n\n"):
        comments = [line for line in block.split("\n") if line.startswith("#")]
        commands = [c for c in block.split(f"\n{RULE}")[0].split("\n") if not c.startswith("#")]
        if not any(commands):
            blocks.append("\n".join(comments))
            continue
        answers = [answer for command in commands for answer in story.obey(*command.split())]
        blocks.append("\n".join([*comments, *commands, RULE, *(answers or ["ok"])]))
    return "\n\n".join(blocks) + "\n"


class Story:
    """A world and the commands it understands."""

    world: SimulatedWorld

    def obey(self, verb: str, *words: str) -> Sequence[str]:
        command: Callable[..., Sequence[str] | None] = getattr(self, f"_{verb}")
        try:
            return command(*words) or []
        except AwsError as error:
            return [f"{error.error_code}: {error.message}"]

    def _world(self, *regions: str) -> None:
        self.world, self.named = simulated.world(*regions), regions

    def _table(self, name: str) -> None:
        first, *others = self.named
        self._call(first, "CreateTable", {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        })  # fmt: skip
        self._after("30")
        for other in others:
            replicas = [{"Create": {"RegionName": other}}]
            self._call(first, "UpdateTable", {"TableName": name, "ReplicaUpdates": replicas})
            self._after("60")

    def _put(self, region: str, table: str, key: str, value: str) -> None:
        item = {"key": {"S": key}, "value": {"S": value}}
        self._call(region, "PutItem", {"TableName": table, "Item": item})

    def _delete(self, region: str, table: str, key: str) -> None:
        self._call(region, "DeleteItem", {"TableName": table, "Key": {"key": {"S": key}}})

    def _strike(self, kind: str, *words: str) -> None:
        simulated.after(self.world, 0, self.world.strike(kind, *words))

    def _heal(self) -> None:
        simulated.after(self.world, 0, self.world.heal())

    def _after(self, seconds: str) -> None:
        simulated.after(self.world, float(seconds.removesuffix("s")))

    def _show(self, table: str) -> Sequence[str]:
        width = max(map(len, self.named))
        return [f"{region:{width}}  {self._held(region, table)}".rstrip() for region in self.named]

    def _held(self, region: str, table: str) -> str:
        found = self.world.places[region].call("dynamodb", "Scan", {"TableName": table})
        items = [_plain(item) for item in found["Items"]]
        return " ".join(f"{item['key']['S']}={item['value']['S']}" for item in sorted(items, key=str)) or "-"

    def _call(self, region: str, operation: str, input: dict[str, Any]) -> None:
        """At once: whoever writes stands in the region itself, so no fault of the network is in the way."""
        place = self.world.places[region]
        simulated.after(self.world, 0, place.request("dynamodb", operation, input, region=region))


def _plain(item: Any) -> dict[str, Any]:
    plain: dict[str, Any] = item if isinstance(item, dict) else item.value()
    return plain
