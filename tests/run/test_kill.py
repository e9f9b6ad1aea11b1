"""kill -9 at any moment, under load: every acknowledged write is there afterwards, and nothing is corrupt.

`python tests/run/test_kill.py 1000` is the soak.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

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
        self.lost = 0

    def compare(self, found: dict[str, str], count: int, last: int) -> None:
        for key, value in self.acknowledged.items():
            assert value <= int(found.get(key, -1)), (
                f"{key}: {value} was acknowledged, {found.get(key)} is there"
            )
        for key, text in found.items():
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


async def kill_again_and_again(folder: Path, kills: int, seed: int) -> Tally:
    dice, tally = random.Random(seed), Tally()
    zygote = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("place.py")), str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert zygote.stdin is not None and zygote.stdout is not None
    for _ in range(kills + 1):
        zygote.stdin.write(b"live\n")
        said = await asyncio.wait_for(zygote.stdout.readline(), 20)
        pid, port, last = map(int, said.split())
        client = HttpClient()
        answer = await client.send(Request("GET", "/", "", {}), "127.0.0.1", port)
        client.close()
        found = json.loads(answer.body)
        tally.compare(found["values"], found["count"], last)
        writers = [asyncio.create_task(write(port, each, tally, dice)) for each in range(WRITERS)]
        await asyncio.sleep(dice.uniform(0.0, 0.08))
        os.kill(pid, signal.SIGKILL)
        await asyncio.gather(*writers)
    zygote.stdin.close()
    await zygote.wait()
    return tally


@pytest.mark.parametrize("seed", [1, 2])
def test_no_acknowledged_write_is_lost_when_the_process_is_killed(tmp_path: Path, seed: int) -> None:
    tally = uvloop.run(asyncio.wait_for(kill_again_and_again(tmp_path, 12, seed), 60))
    assert sum(tally.acknowledged.values()) > 200, "there was load"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        written = uvloop.run(kill_again_and_again(Path(place), int(sys.argv[1]), seed=0))
    print(f"{sys.argv[1]} kills, {sum(written.acknowledged.values())} acknowledged writes, none lost")
