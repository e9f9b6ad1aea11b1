"""A world of real processes: starting, losing and reviving places, faults, stopping, what can be wrong."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from live.worlds import OFFSETS, SRC, TAKEN, World, gone, here, start, terrella, world

from terrella.run.channel import Refused
from terrella.run.control import connect
from terrella.run.data_dir import DataDir

pytestmark = pytest.mark.live
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with world(tmp_path_factory.mktemp("live"), REGION) as found:
        yield found


def test_each_place_is_a_process_of_its_own_with_its_own_address(running: World) -> None:
    places = {place["name"]: place for place in running.status()["places"]}
    assert set(places) == {"us-east-1", REGION, "edge", "cities"}
    assert len({place["pid"] for place in places.values()}) == 4
    assert places[REGION]["address"] == "127.10.9.1"
    assert all(place["state"] == "up" for place in places.values())


def test_a_killed_region_shows_refuses_stays_dead_and_is_revived(running: World) -> None:
    os.kill(running.place(REGION)["pid"], signal.SIGKILL)
    wait(lambda: running.place(REGION)["state"] == "dead")
    assert "killed by SIGKILL" in running.cli("status")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.10.9.1", running.port(4566)), 2)
    running.cli("revive", REGION)
    socket.create_connection(("127.10.9.1", running.port(4566)), 2).close()
    assert [event["what"] for event in running.history()][-2:] == ["died", "revived"]
    assert "is not dead" in running.cli("revive", REGION, check=False)


def test_a_revived_region_never_gives_an_id_twice(running: World) -> None:
    apis = client(running, "apigatewayv2")
    first = apis.create_api(Name="first", ProtocolType="HTTP")["ApiId"]
    os.kill(running.place(REGION)["pid"], signal.SIGKILL)
    wait(lambda: running.place(REGION)["state"] == "dead")
    running.cli("revive", REGION)
    second = apis.create_api(Name="second", ProtocolType="HTTP")["ApiId"]
    names = {api["ApiId"]: api["Name"] for api in apis.get_apis()["Items"]}
    assert (names[first], names[second]) == ("first", "second")


def test_a_region_whose_disk_refuses_says_so_until_it_takes_writes_again(running: World) -> None:
    table = client(running, "dynamodb")
    definition = {"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                  "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}  # fmt: skip
    pid = running.place(REGION)["pid"]
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    with pytest.raises(ClientError, match="InternalServerError"):
        table.create_table(TableName="full", BillingMode="PAY_PER_REQUEST", **definition)
    assert "cannot write to its disk" in running.cli("status")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    wait(lambda: "why" not in running.place(REGION), 10)
    table.create_table(TableName="full", BillingMode="PAY_PER_REQUEST", **definition)


def test_a_struck_region_hangs_and_answers_when_healed(running: World) -> None:
    said = running.cli("strike", "region-outage", REGION)
    assert f"{REGION} answers nobody" in said
    with pytest.raises(TimeoutError):
        answered(running, "127.10.9.1", 0.3)
    assert answered(running, "127.10.1.1", 2.0)
    running.cli("heal", said.partition(":")[0])
    assert answered(running, "127.10.9.1", 2.0)
    assert [event["what"] for event in running.history()][-2:] == ["struck", "healed"]


def test_what_runs_inside_a_struck_region_still_reaches_it(running: World) -> None:
    running.cli("strike", "region-outage", REGION)
    assert answered(running, "127.10.9.2", 2.0)
    running.cli("heal")


def test_a_paused_process_accepts_connections_and_answers_nothing_until_healed(running: World) -> None:
    running.cli("strike", "pause", REGION)
    assert running.place(REGION)["state"] == "paused"
    with pytest.raises(TimeoutError):
        answered(running, "127.10.9.1", 0.3)
    running.cli("heal")
    assert answered(running, "127.10.9.1", 2.0)


def test_a_fault_that_kills_is_undone_by_healing_it(running: World) -> None:
    before = running.place(REGION)["pid"]
    running.cli("strike", "process-kill", REGION)
    assert running.place(REGION)["state"] == "dead"
    running.cli("heal")
    assert running.place(REGION)["state"] == "up"
    assert running.place(REGION)["pid"] != before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("strike", "region-outge", REGION),
            "There is no fault called 'region-outge'. Did you mean region-outage?",
        ),
        (("strike", "region-outage", "eu-north-1"), "This world has no eu-north-1."),
        (("strike", "pause", "us-west-1"), "This world has no us-west-1."),
        (("strike", "region-outage"), "needs region"),
        (("heal", "f99"), "No fault f99 is in force"),
        (("revive", "nowhere"), "This world has no nowhere"),
        (("logs", "nowhere"), "There is no log of nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_failure(
    running: World, words: tuple[str, ...], sentence: str
) -> None:
    done = here(*words, "--data", str(running.data))
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_up_says_that_one_is_running(running: World) -> None:
    done = terrella("up", "--data", str(running.data))
    assert (done.returncode, "already running" in done.stderr) == (1, True)


def test_another_world_on_the_same_ports_is_refused(running: World, tmp_path: Path) -> None:
    done = terrella(
        "up", "--data", str(tmp_path / "w"), "--regions", REGION, f"--port-offset={running.offset}"
    )
    assert done.returncode == 1
    assert "cannot be listened on" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "w" / "world.json").exists(), "the next one would be like the one that failed"


def test_every_place_has_a_log(running: World) -> None:
    for place in ("us-east-1", REGION, "edge", "cities"):
        assert f"{place} is up" in running.cli("logs", place)


def test_a_noisy_control_line_is_hung_up_on(running: World) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(running.data / "control.sock"))
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        line.settimeout(2)
        assert b"JSON" in line.recv(1000)
    assert running.place(REGION)["state"] == "up"


def test_a_world_that_was_killed_leaves_nothing_and_comes_back_with_its_description(tmp_path: Path) -> None:
    first = start(tmp_path / "w", REGION, speed=5)
    pids = first.pids()
    os.kill(pids[0], signal.SIGKILL)
    assert gone(pids)
    again = terrella("up", "--data", str(first.data))
    assert again.returncode == 0, again.stderr
    spec = first.status()["spec"]
    assert (spec["regions"], spec["speed"]) == (["us-east-1", REGION], 5.0)
    first.cli("down")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_everything_within_two_seconds(tmp_path: Path, number: signal.Signals) -> None:
    made = start(tmp_path / "w", REGION)
    made.cli("strike", "pause", REGION)
    pids = made.pids()
    began = time.monotonic()
    os.kill(pids[0], number)
    assert gone(pids, 3.0)
    assert time.monotonic() - began < 2.2


def test_in_the_foreground_an_interrupt_ends_it(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "terrella.cli", "up", "--foreground", "--regions", REGION]
    environment = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"}
    for offset in random.sample(OFFSETS, 10):
        command = [*words, "--data", str(tmp_path / str(offset)), f"--port-offset={offset}"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as up:
            assert up.stdout is not None and up.stderr is not None
            if any("Ctrl-C" in line for line in up.stdout):
                up.send_signal(signal.SIGINT)
                assert up.wait(3) == 0
                return
            assert TAKEN in up.stderr.read()
    raise AssertionError("no free ports")


def test_a_data_directory_that_is_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    with world(tmp_path / ("deep" * 20) / ("er" * 40)) as found:
        assert found.place("us-east-1")["state"] == "up"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a world leaves when it is down."""
    made = start(tmp_path_factory.mktemp("stopped") / "w")
    made.cli("down")
    return made.data


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("world.json", "is damaged"),
        ("ca/key.pem", "no certificate authority"),
        ("regions/us-east-1/maps.db", "file is not a database"),
        ("regions/us-east-1/format", "where this version reads"),
    ],
)
def test_damaged_data_is_one_sentence(tmp_path: Path, stopped: Path, path: str, sentence: str) -> None:
    data = Path(shutil.copytree(stopped, tmp_path / "w"))
    (data / path).write_bytes(b"\xff\xfe nonsense" * 1000)
    done = terrella("up", "--data", str(data))
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert here("status", "--data", str(data)).returncode == 1


def test_a_data_directory_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = terrella("up", "--data", str(tmp_path / "file" / "world"))
    assert (done.returncode, "not a directory" in done.stderr) == (1, True)


def client(world: World, service: str) -> Any:
    """boto3's, for one region, without a second try."""
    url, once = f"http://127.10.9.1:{world.port(4566)}", Config(retries={"total_max_attempts": 1})
    who = {"region_name": REGION, "aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(service, endpoint_url=url, config=once, **who)


def answered(world: World, address: str, within_s: float) -> bool:
    """Does a region answer a request at all? Raises TimeoutError."""
    with socket.create_connection((address, world.port(4566)), 2) as line:
        line.settimeout(within_s)
        line.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        return line.recv(9) == b"HTTP/1.1 "


def wait(true, within_s: float = 3.0) -> None:
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_many_questions_can_be_asked_on_one_line(running: World) -> None:
    async def ask() -> list[str]:
        line = await connect(DataDir(running.data))
        with pytest.raises(Refused, match="cannot dance"):
            await line.ask("dance")
        fault = {"kind": "latency", "place": "us-east-1", "delay": 0.1}
        struck = await line.ask("strike", fault=fault, by="test")
        in_force = [each["id"] for each in await line.ask("faults")]
        await line.ask("heal", strike=struck["id"], by="test")
        line.close()
        return in_force

    assert len(asyncio.run(ask())) == 1
    assert running.history()[-1]["by"] == "test"
