"""kill -9 again and again, under load: what was acknowledged is there in the next life, whole, and nothing else is.

Writers put, delete, batch and transact items of their own and count up shared ones while the region's process is
killed at random moments: at work, while it starts, and while its disk is full. Torn writes are left at the journal's
end, as a machine that lost its power leaves them. After each life table and index are read and compared with what
was acknowledged; at the end the table's stream, read from its beginning, must make the same table.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrella.store.journal import Change
from terrella.store.records import Damaged, frame, records

from .signed import REGION
from .soak_users import INDEX, TABLE, WRITERS, Known, Refused, Region, Writer

Plain = dict[str, Any]

FULL_AT = 20_000  # the most a file may hold while the disk is said to be full
SMALL_MB = 48
LONGEST_LIFE_S = 0.25
SCHEMA = {
    "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "w")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{
        "IndexName": INDEX, "KeySchema": [{"AttributeName": "w", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}  # fmt: skip


@dataclass
class Tally:
    """What happened, counted."""

    kills: int = 0
    at_birth: int = 0
    torn: int = 0
    full: int = 0
    acknowledged: int = 0
    seconds: float = 0.0


class Lives:
    """Begins the region's lives and ends them. `folder` is where its disk is seen from here."""

    def __init__(self, zygote: asyncio.subprocess.Process, folder: Path, small: bool) -> None:
        self._zygote, self.small = zygote, small
        self.folder = Path(f"/proc/{zygote.pid}/root{folder}") if small else folder
        self.pid = 0

    async def begin(self) -> None:
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(b"live\n")
        (self.pid,) = await self._heard("born")

    async def ready(self) -> Region:
        (port,) = await self._heard("ready")
        return Region(port)

    async def kill(self) -> None:
        """End this life; nothing of it runs any more when this returns."""
        os.kill(self.pid, signal.SIGKILL)
        while (said := await self._line())[0] != "dead":
            assert said != [""], "the process that begins lives has ended"

    async def _heard(self, word: str) -> list[int]:
        said, *numbers = await self._line()
        assert said == word, f"heard {said or 'nothing'} where {word} was expected: the region does not start"
        return [int(each) for each in numbers]

    async def _line(self) -> list[str]:
        assert self._zygote.stdout is not None
        try:
            return (await asyncio.wait_for(self._zygote.stdout.readline(), 60)).decode().split() or [""]
        except TimeoutError:
            told = {pid: Path(f"/proc/{pid}/status").read_text() for pid in (self._zygote.pid, self.pid)}
            raise AssertionError(f"nothing is heard of process {self.pid} any more: {told}") from None


def may_mount() -> bool:
    """May this user make a file system of a few megabytes, in a namespace of its own?"""
    try:
        mount = ["mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(["unshare", "-Urm", *mount], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@asynccontextmanager
async def lives(folder: Path, small: bool = False) -> AsyncIterator[Lives]:
    """The lives of one region, on a disk of its own that is small, or here. What it logs is beside its folder."""
    root = Path(__file__).parent.parent
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "bench.soak_region", str(folder)]
    if small:
        mount = f"mount -t tmpfs -o size={SMALL_MB}m none {shlex.quote(str(folder))}"
        command = ["unshare", "-Urm", "sh", "-c", f"{mount} && exec {shlex.join(command)}"]
    with folder.with_name(folder.name + ".log").open("ab") as log:
        zygote = await asyncio.create_subprocess_exec(
            *command, cwd=root, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])},
        )  # fmt: skip
    try:
        yield Lives(zygote, folder, small)
    finally:
        assert zygote.stdin is not None
        zygote.stdin.close()
        await zygote.wait()


def measure(work: Path, rounds: int, tell: Callable[[Tally], None]) -> dict[str, Any]:
    """Many lives on this disk, and a tenth as many on one that gets really full, where that is allowed."""
    result = {"killed": vars(asyncio.run(soak(work / "region", rounds, seed=1, tell=tell)))}
    if may_mount():
        small = soak(work / "small", max(rounds // 10, 2), 2, small=True, full_every=2, tell=tell)
        result["small disk"] = vars(asyncio.run(small))
    return result


def told(result: dict[str, Any]) -> str:
    lines = []
    for name, each in result.items():
        lines.append(
            f"  {name}: {each['kills']} kills and {each['at_birth']} while starting, {each['torn']} torn tails, "
            f"{each['full']} full disks; {each['acknowledged']} acknowledged writes, none lost; {each['seconds']:.0f} s"
        )
    return "\n".join(lines)


async def soak(
    folder: Path, rounds: int, seed: int, *, small: bool = False, full_every: int = 10,
    tell: Callable[[Tally], None] | None = None,
) -> Tally:  # fmt: skip
    """Kill so many times. AssertionError when anything acknowledged is not there."""
    dice, known, tally, began = random.Random(seed), Known(), Tally(), time.monotonic()
    writers = [Writer(number, known, random.Random(f"{seed} {number}")) for number in range(WRITERS)]
    async with lives(folder, small) as process:
        await process.begin()
        region = await process.ready()
        await _make_table(region)
        while tally.kills < rounds:
            work = [asyncio.create_task(writer.work(region)) for writer in writers]
            await asyncio.sleep(dice.uniform(0.0, LONGEST_LIFE_S))
            await process.kill()
            await asyncio.gather(*work)
            tally.kills += 1
            region = await _next_life(process, tally, dice)
            known.compare(await _whole(region))
            tally.acknowledged = sum(each.acknowledged for each in writers)
            if tally.kills % full_every == full_every - 1:
                await _fill_the_disk(process, region, writers[0], tally)
                known.compare(await _whole(region))
            if tell is not None:
                tell(tally)
        await _told_by_stream(region)
        await process.kill()
    tally.seconds = time.monotonic() - began
    return tally


async def _next_life(process: Lives, tally: Tally, dice: random.Random) -> Region:
    if dice.random() < 0.3:
        tear(process.folder, dice)
        tally.torn += 1
    while dice.random() < 0.15:
        await process.begin()
        await asyncio.sleep(dice.uniform(0.0, 0.05))
        await process.kill()
        tally.at_birth += 1
    await process.begin()
    return await process.ready()


def tear(folder: Path, dice: random.Random) -> None:
    """Leave what a write that did not come to its end leaves after the last record: a part of it, or of the disk's
    blocks."""
    newest = max((folder / "journal").glob("*.journal"))
    body = {"table": TABLE, "key": b"torn", "item": dice.randbytes(dice.randrange(20_000)), "size": 1}
    whole = frame(Change(1 << 40, time.time(), REGION, time.time(), 1 << 40, "dynamodb", "item_put", body), 0)
    part = whole[: dice.randrange(1, len(whole))]
    with newest.open("r+b") as file:
        content, end = file.read(), 0
        with suppress(Damaged):
            for record in records(content):
                end = record.end
        file.seek(end)
        file.write(dice.choice((part, bytes(len(part)), dice.randbytes(len(part)))))


async def _fill_the_disk(process: Lives, region: Region, writer: Writer, tally: Tally) -> None:
    tally.full += 1
    with _ballast(process.folder) if process.small else _short_files(process.pid):
        await _until_refused(region, writer)
        await _whole(region)
    until = time.monotonic() + 10
    while True:
        try:
            await writer.put(region)
            return
        except Refused as problem:
            assert problem.status == 500 and time.monotonic() < until, f"{problem}: it does not recover"
            await asyncio.sleep(0.05)


@contextmanager
def _ballast(folder: Path) -> Iterator[None]:
    """A disk that is full."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as problem:
            assert problem.errno == errno.ENOSPC, problem
    yield
    ballast.unlink()


@contextmanager
def _short_files(pid: int) -> Iterator[None]:
    """The most a file may hold stands in for a full disk: the machine refuses writes the same way."""
    everything = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL_AT, everything[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, everything)


async def _until_refused(region: Region, writer: Writer) -> None:
    for _ in range(500):
        try:
            await writer.put(region, "x" * 2000)
        except Refused as problem:
            assert (problem.status, problem.code) == (500, "InternalServerError"), problem
            return
    raise AssertionError("the disk was full and nobody noticed")


async def _make_table(region: Region) -> None:
    await region.ask("CreateTable", **SCHEMA)
    while (await region.ask("DescribeTable", TableName=TABLE))["Table"]["TableStatus"] != "ACTIVE":
        await asyncio.sleep(0.02)


async def _whole(region: Region) -> dict[str, Plain]:
    """The items, once it is clear that the index has the same ones."""
    table, index = await region.items(), await region.items(IndexName=INDEX)
    assert table == index, f"the index differs from its table: {table.keys() ^ index.keys()}"
    return table


async def _told_by_stream(region: Region) -> None:
    """The stream from its beginning makes the table."""
    streams = "DynamoDBStreams_20120810"
    (stream,) = (await region.ask("ListStreams", streams, TableName=TABLE))["Streams"]
    arn, made, last = stream["StreamArn"], {}, ""
    shards = (await region.ask("DescribeStream", streams, StreamArn=arn))["StreamDescription"]["Shards"]
    records = []
    for shard in shards:
        about = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await region.ask("GetShardIterator", streams, **about))["ShardIterator"]
        while iterator:
            page = await region.ask("GetRecords", streams, ShardIterator=iterator)
            records += [each["dynamodb"] for each in page["Records"]]
            iterator = page.get("NextShardIterator") if page["Records"] else None
    for record in sorted(records, key=lambda each: str(each["SequenceNumber"])):
        assert record["SequenceNumber"] != last, "a number twice"
        last, key = record["SequenceNumber"], record["Keys"]["pk"]["S"]
        assert made.get(key) == record.get("OldImage"), f"{key} was {made.get(key)}, the stream says otherwise"
        made[key] = record.get("NewImage")
    there = {key: item for key, item in made.items() if item is not None}
    assert there == await region.items(), "the stream tells of another table"
