"""kill -9 at any moment, under load: every acknowledged write is there afterwards, and nothing is corrupt.

`python tests/run/test_kill.py 1000` is the soak.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import signal
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from terrella.run.http_client import HttpClient, HttpFailure
from terrella.wire.http import Request

WRITERS, KEYS_EACH = 8, 20


class Tally:
    """What was sent and what was acknowledged, by key; values count up."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}
        self.acknowledged: dict[str, int] = {}

    def compare(self, values: dict[str, str], count: int, last: int) -> None:
        for key, value in self.acknowledged.items():
            assert value <= int(values.get(key, -1)), (
                f"{key}: {value} was acknowledged, {values.get(key)} is there"
            )
        for key, text in values.items():
            assert int(text) <= self.sent[key], f"{key} is {text}, only {self.sent[key]} was sent"
        assert count == last, "maps and journal agree on how many changes there were"


async def write(port: int, writer: int, tally: Tally, dice: random.Random) -> None:
    """Write without pause until the place is gone."""
    client = HttpClient()
    try:
        while True:
            key = f"{writer}-{dice.randrange(KEYS_EACH)}"
            value = tally.sent[key] = tally.sent.get(key, -1) + 1
            answer = await client.send(Request("PUT", f"/{key}", "", {}, b"%d" % value), "127.0.0.1", port)
            assert answer.status == 200
            tally.acknowledged[key] = value
    except HttpFailure:
        pass
    finally:
        client.close()


@asynccontextmanager
async def lives(folder: Path):
    """Gives a function that begins the place's next life: (pid, port, the journal's last number)."""
    zygote = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("place.py")), str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert zygote.stdin is not None and zygote.stdout is not None

    async def live() -> tuple[int, int, int]:
        zygote.stdin.write(b"live\n")
        pid, port, last = map(int, (await asyncio.wait_for(zygote.stdout.readline(), 20)).split())
        return pid, port, last

    yield live
    zygote.stdin.close()
    await zygote.wait()


async def found_at(port: int) -> dict[str, Any]:
    client = HttpClient()
    answer = await client.send(Request("GET", "/", "", {}), "127.0.0.1", port)
    client.close()
    return json.loads(answer.body)


async def kill_again_and_again(folder: Path, kills: int, seed: int) -> Tally:
    dice, tally = random.Random(seed), Tally()
    async with lives(folder) as live:
        for _ in range(kills + 1):
            pid, port, last = await live()
            tally.compare(last=last, **await found_at(port))
            writers = [asyncio.create_task(write(port, each, tally, dice)) for each in range(WRITERS)]
            await asyncio.sleep(dice.uniform(0.0, 0.08))
            os.kill(pid, signal.SIGKILL)
            await asyncio.gather(*writers)
    return tally


async def fill_the_disk(folder: Path) -> None:
    """The most a file may hold stands in for a full disk: the machine refuses writes the same way."""
    client, put = HttpClient(), {}

    async def fill(port: int, turns: int) -> list[int]:
        statuses = []
        for turn in range(turns):
            key = f"{len(put)}-{turn % 10}"
            request = Request("PUT", f"/{key}", "", {}, b"x" * 1000)
            status = (await client.send(request, "127.0.0.1", port)).status
            statuses.append(status)
            if status == 200:
                put[key] = request.body.decode()
        return statuses

    async with lives(folder) as live:
        pid, port, _ = await live()
        everything = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (20_000, everything[1]))
        statuses = await fill(port, 60)
        assert set(statuses) == {200, 500} and statuses[-1] == 500
        assert (await found_at(port))["values"] == put, "reads go on, and what was refused is not there"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, everything)
        while (await fill(port, 1))[0] != 200:
            await asyncio.sleep(0.05)
        assert set(await fill(port, 100)) == {200}
        os.kill(pid, signal.SIGKILL)
        pid, port, last = await live()
        assert await found_at(port) == {"values": put, "count": last}
        os.kill(pid, signal.SIGKILL)
    client.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_no_acknowledged_write_is_lost_when_the_process_is_killed(tmp_path: Path, seed: int) -> None:
    tally = uvloop.run(asyncio.wait_for(kill_again_and_again(tmp_path, 12, seed), 60))
    assert sum(tally.acknowledged.values()) > 50, "there was load"


def test_a_full_disk_refuses_writes_and_goes_on_when_there_is_space(tmp_path: Path) -> None:
    uvloop.run(asyncio.wait_for(fill_the_disk(tmp_path), 30))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        written = uvloop.run(kill_again_and_again(Path(place), int(sys.argv[1]), seed=0))
    print(f"{sys.argv[1]} kills, {sum(written.acknowledged.values())} acknowledged writes, none lost")
