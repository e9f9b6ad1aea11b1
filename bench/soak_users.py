"""What users of a region that is killed do meanwhile, and what they may find afterwards."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from terrella.run.http_client import HttpClient, HttpFailure

from .soak_region import asked

Plain = dict[str, Any]

TABLE, INDEX = "soak", "by-writer"
WRITERS, KEYS_EACH, SHARED = 6, 12, 3


@dataclass
class Known:
    """What each item may be: of a key, the states it may be in, the first of them acknowledged; of a counter, how
    often it was surely raised, and how often at most."""

    states: dict[str, list[int | None]] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def sent(self, key: str, state: int | None) -> None:
        self.states.setdefault(key, [None]).append(state)

    def done(self, key: str) -> None:
        """Everything before the last state is over: a writer has one request under way."""
        del self.states[key][:-1]

    def raised(self, key: str, surely: int, at_most: int) -> None:
        least, most = self.counts.get(key, (0, 0))
        self.counts[key] = (least + surely, most + at_most)

    def compare(self, found: dict[str, Plain]) -> None:
        """Is the table one of those it may be? From now on it is this one."""
        for key, states in self.states.items():
            state = int(found[key]["v"]["N"]) if key in found else None
            assert state in states, f"{key} is {state}, it may be one of {states}"
            self.states[key] = [state]
        for key, (least, most) in self.counts.items():
            count = int(found[key]["n"]["N"]) if key in found else 0
            assert least <= count <= most, f"{key} is {count}; {least} were acknowledged, {most} sent"
            self.counts[key] = (count, count)
        unknown = found.keys() - self.states.keys() - self.counts.keys()
        assert not unknown, f"nobody wrote {sorted(unknown)}"
        for writer in range(WRITERS):
            first, second = (found.get(f"{writer}-pair-{side}") for side in "ab")
            assert (first and first["v"]) == (second and second["v"]), f"half of a transaction: {first}, {second}"


class Refused(Exception):
    """An answer other than 200: its status and AWS's name for it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.code = status, json.loads(body)["__type"].rpartition("#")[2]
        super().__init__(f"{status} {self.code}")


class Region:
    """The region of one life, as its users see it."""

    def __init__(self, port: int) -> None:
        self.port, self.client = port, HttpClient()

    async def ask(self, operation: str, target: str = "DynamoDB_20120810", **input: Any) -> Plain:
        """One operation. Raises Refused, and HttpFailure when there is no answer any more."""
        answer = await self.client.send(asked(f"{target}.{operation}", **input), "127.0.0.1", self.port)
        if answer.status != 200:
            raise Refused(answer.status, answer.body)
        return json.loads(answer.body)  # type: ignore[no-any-return]

    async def items(self, **more: Any) -> dict[str, Plain]:
        """Everything a table or an index holds."""
        found, start = {}, {}
        while True:
            page = await self.ask("Scan", TableName=TABLE, **more, **start)
            found |= {each["pk"]["S"]: each for each in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class Writer:
    """Writes without pause, one request at a time."""

    def __init__(self, number: int, known: Known, dice: random.Random) -> None:
        self.number, self.known, self.dice = number, known, dice
        self.value = self.acknowledged = 0

    async def work(self, region: Region) -> None:
        """Until the region is gone."""
        try:
            while True:
                await self.write(region)
        except HttpFailure:
            pass

    async def write(self, region: Region) -> None:
        """One write of any kind."""
        await self.dice.choice((self.put, self.put, self._delete, self._batch, self._pair, self._count))(region)
        self.acknowledged += 1

    async def put(self, region: Region, more: str = "") -> None:
        """Put an item, which never goes without a change. Refused, if the disk is full."""
        key = self._key()
        await region.ask("PutItem", TableName=TABLE, Item={**self._item(key), "more": {"S": more}})
        self.known.done(key)

    def _item(self, key: str) -> Plain:
        self.value += 1
        self.known.sent(key, self.value)
        filler = "x" * int(self.dice.paretovariate(1.0) * 20) if self.dice.random() < 0.9 else ""
        return {
            "pk": {"S": key}, "w": {"S": str(self.number)}, "v": {"N": str(self.value)}, "f": {"S": filler[:30_000]}
        }  # fmt: skip

    def _key(self) -> str:
        return f"{self.number}-{self.dice.randrange(KEYS_EACH)}"

    async def _delete(self, region: Region) -> None:
        key = self._key()
        self.known.sent(key, None)
        await region.ask("DeleteItem", TableName=TABLE, Key={"pk": {"S": key}})
        self.known.done(key)

    async def _batch(self, region: Region) -> None:
        keys = {self._key() for _ in range(5)}
        puts = [{"PutRequest": {"Item": self._item(key)}} for key in keys]
        await region.ask("BatchWriteItem", RequestItems={TABLE: puts})
        for key in keys:
            self.known.done(key)

    async def _pair(self, region: Region) -> None:
        first = self._item(f"{self.number}-pair-a")
        second = {**first, "pk": {"S": f"{self.number}-pair-b"}}
        self.known.sent(second["pk"]["S"], self.value)
        puts = [{"Put": {"TableName": TABLE, "Item": each}} for each in (first, second)]
        await region.ask("TransactWriteItems", TransactItems=puts)
        for each in (first, second):
            self.known.done(each["pk"]["S"])

    async def _count(self, region: Region) -> None:
        key = f"shared-{self.dice.randrange(SHARED)}"
        self.known.raised(key, 0, 1)
        await region.ask(
            "UpdateItem", TableName=TABLE, Key={"pk": {"S": key}},
            UpdateExpression="SET w = :w ADD n :one",
            ExpressionAttributeValues={":w": {"S": "shared"}, ":one": {"N": "1"}},
        )  # fmt: skip
        self.known.raised(key, 1, 0)
