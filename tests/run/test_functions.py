"""Functions in real processes by the real Runtime API: what works, what breaks, and nothing stays behind."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from function_world import ECHO, Blobs

from terrella.region.ports import NoRoom, Outcome
from terrella.run import functions as functions_module
from terrella.run.functions import LiveFunctions, Settings

pytestmark = pytest.mark.live
SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


class Stage:
    """Sandboxes of one region, and the shortest way to a function in one."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.blobs, self.count = folder, Blobs(), 0
        self.settings = Settings(
            "eu-west-1", "http://127.10.1.1:4566", folder / "logs", folder / "code", **settings
        )
        self.functions = LiveFunctions(self.settings, self.blobs)

    def spec(self, source: str, name: str = "f", file: str = "app.py", **changes: Any) -> dict[str, Any]:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            entry = zipfile.ZipInfo(file)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, source)
        digest = self.blobs.put(buffer.getvalue())
        return {
            "arn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}:$LATEST",
            "name": name,
            "version": "$LATEST",
            "revision": digest,
            "runtime": "python3.11" if sys.version_info[:2] == (3, 11) else "python3.x",
            "handler": "app.handler",
            "timeout_s": 5,
            "memory_mb": 128,
            "environment": {},
            "code": digest,
            "layers": [],
        } | changes

    async def invoke(self, spec: dict[str, Any], event: Any = None) -> Outcome:
        self.count += 1
        context = {"request_id": f"request-{self.count}", "trace_id": "Root=1-2-3"}
        return await self.functions.invoke(spec, json.dumps(event).encode(), context)

    async def result(self, source: str, event: Any = None, **changes: Any) -> Any:
        outcome = await self.invoke(self.spec(source, **changes), event)
        assert outcome.error is None, outcome.payload
        return json.loads(outcome.payload)

    async def failure(self, source: str, event: Any = None, **changes: Any) -> tuple[Any, str]:
        outcome = await self.invoke(self.spec(source, **changes), event)
        assert outcome.error == "Unhandled"
        return json.loads(outcome.payload), outcome.log.decode()


def on_stage(play: Callable[[Stage], Awaitable[None]], folder: Path, **settings: Any) -> None:
    async def whole() -> None:
        stage = Stage(folder, **settings)
        try:
            await play(stage)
        finally:
            stage.functions.close()

    asyncio.run(whole())


def test_cold_then_warm(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        spec = stage.spec(
            "import os\nseen = []\ndef handler(e, c):\n    seen.append(e)\n    return [os.getpid(), seen]\n"
        )
        first, second = await stage.invoke(spec, 1), await stage.invoke(spec, 2)
        assert (json.loads(first.payload)[1], json.loads(second.payload)[1]) == ([1], [1, 2])
        assert first.init_ms is not None and second.init_ms is None
        assert b"Init Duration" in first.log and b"Init Duration" not in second.log
        assert 10 < second.memory_mb < 128

    on_stage(play, tmp_path)


def test_concurrent_events_have_sandboxes_of_their_own(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        spec = stage.spec(
            "import os, time\ndef handler(e, c):\n    time.sleep(0.2)\n    return os.getpid()\n"
        )
        outcomes = await asyncio.gather(*(stage.invoke(spec) for _ in range(3)))
        assert len({outcome.payload for outcome in outcomes}) == 3

    on_stage(play, tmp_path)


def test_what_a_handler_finds(tmp_path: Path) -> None:
    source = """
import os, json, boto3
def handler(event, context):
    names = "AWS_REGION AWS_LAMBDA_FUNCTION_NAME _HANDLER LAMBDA_TASK_ROOT AA _X_AMZN_TRACE_ID".split()
    return {
        "env": {name: os.environ.get(name) for name in names}, "cwd": os.getcwd(), "file": __file__,
        "id": context.aws_request_id, "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(), "stream": context.log_stream_name,
        "client": [boto3.client("dynamodb").meta.endpoint_url, boto3.client("s3").meta.region_name],
        "leaked": [name for name in os.environ if name.startswith(("PYTEST", "VIRTUAL"))],
    }
"""

    async def play(stage: Stage) -> None:
        found = await stage.result(source, environment={"AA": "b"}, timeout_s=20)
        root = found["env"].pop("LAMBDA_TASK_ROOT")
        assert found["env"] == {
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "_HANDLER": "app.handler",
            "AA": "b",
            "_X_AMZN_TRACE_ID": "Root=1-2-3",
        }
        assert (found["cwd"], found["file"]) == (root, f"{root}/app.py")
        assert found["client"] == ["http://127.10.1.1:4566", "eu-west-1"]
        assert (found["id"], found["memory"], found["leaked"]) == ("request-1", "128", [])
        assert 15_000 < found["left"] <= 20_000
        assert "[$LATEST]" in found["stream"]

    on_stage(play, tmp_path)


def test_only_what_the_service_brings_can_be_imported(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        report, _ = await stage.failure("import pytest\ndef handler(e, c): pass\n")
        assert report["errorType"] == "Runtime.ImportModuleError"
        assert report["errorMessage"] == "Unable to import module 'app': No module named 'pytest'"

    on_stage(play, tmp_path)


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("def handler(e, c):\n    raise KeyError('k')\n", "KeyError", "'k'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("def handler(e, c) pass\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("def handler(e, c): return {1}\n", "Runtime.MarshalError", "Unable to marshal response"),
        ("raise OSError('at start')\n", "OSError", "at start"),
        ("import os\nos._exit(7)\n", "Runtime.ExitError", "Runtime exited with error: exit status 7"),
        ("import sys\ndef handler(e, c): sys.exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(e, c): os._exit(0)\n", "Runtime.ExitError", "without providing a reason"),
        (
            "import os\ndef handler(e, c): os.kill(os.getpid(), 11)\n",
            "Runtime.ExitError",
            "segmentation fault",
        ),
        (
            "import os\ndef handler(e, c): os.write(3, b'garbage' * 20 + b'\\r\\n\\r\\n')\n",
            "Runtime.ExitError",
            "",
        ),
        ("def handler(e, c): return 'x' * 6300000\n", "Function.ResponseSizeTooLarge", "6291556 bytes"),
    ],
)
def test_whatever_breaks_is_an_outcome(tmp_path: Path, source: str, kind: str, words: str) -> None:
    async def play(stage: Stage) -> None:
        report, _ = await stage.failure(source)
        assert report["errorType"] == kind
        assert words in report["errorMessage"]
        assert await stage.result(ECHO, "well", name="g") == "well"

    on_stage(play, tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("print('loading')\nraise OSError('at start')\n", "loading\n[ERROR] OSError: at start\nTraceback"),
        ("import nowhere\n", "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'"),
        ("def handler(e, c) pass\n", '  File "/var/task/app.py" Line 1'),
        ("import sys\nprint('bye')\nsys.exit(3)\n", "Runtime exited with error: exit status 3\nRuntime.ExitError"),
    ],
)
def test_the_caller_is_shown_why_a_function_could_not_start(tmp_path: Path, source: str, words: str) -> None:
    async def play(stage: Stage) -> None:
        report, tail = await stage.failure(source)
        assert words in tail
        assert str(tmp_path) not in tail + json.dumps(report)
        assert tail.index("START") < tail.index("REPORT")
        assert words.splitlines()[0] in (stage.settings.logs / "f.log").read_text()

    on_stage(play, tmp_path)


def test_a_crash_is_forgotten_by_the_next_event(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        spec = stage.spec("import os\ndef handler(e, c):\n    return e or os._exit(1)\n")
        outcomes = [await stage.invoke(spec, event) for event in (1, 0, 2)]
        assert [outcome.error for outcome in outcomes] == [None, "Unhandled", None]
        assert outcomes[2].init_ms is not None

    on_stage(play, tmp_path)


def test_a_hanging_function_is_ended_in_time(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        report, log = await stage.failure(
            "def handler(e, c):\n    print('before')\n    while True: pass\n", timeout_s=1
        )
        assert report["errorType"] == "Sandbox.Timedout"
        assert report["errorMessage"] == "RequestId: request-1 Error: Task timed out after 1.00 seconds"
        assert "before\n" in log and " request-1 Task timed out after 1.00 seconds" in log

    on_stage(play, tmp_path)


def test_memory_is_a_limit(tmp_path: Path) -> None:
    greedy = "def handler(e, c):\n    kept = []\n    while True: kept.append(b'x' * 4_000_000)\n"
    sudden = "def handler(e, c):\n    return len(b'x' * 120_000_000)\n"

    async def play(stage: Stage) -> None:
        for number, source in enumerate((greedy, sudden)):
            report, log = await stage.failure(source, name=f"f{number}")
            assert report["errorType"] == "Runtime.OutOfMemory"
            assert report["errorMessage"].endswith("Runtime exited with error: signal: killed")
            assert "Max Memory Used: 128 MB" in log
        assert await stage.result(sudden, name="large", memory_mb=512) == 120_000_000

    on_stage(play, tmp_path)


def test_large_events_travel_both_ways(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        event = "x" * 6_000_000
        assert await stage.result(ECHO, event, memory_mb=256) == event

    on_stage(play, tmp_path)


def test_what_is_printed_is_kept(tmp_path: Path) -> None:
    source = """
import logging, sys
def handler(event, context):
    print("plain")
    print("half", end="")
    sys.stderr.write(" and error\\n")
    logging.getLogger().warning("careful %d", 7)
    logging.getLogger().info("unheard")
"""

    async def play(stage: Stage) -> None:
        outcome = await stage.invoke(stage.spec(source))
        lines = outcome.log.decode().splitlines()
        assert lines[0] == "START RequestId: request-1 Version: $LATEST"
        assert lines[1] == "plain" and lines[3].startswith("[WARNING]\t") and lines[3].endswith("\tcareful 7")
        assert lines[-1].startswith("REPORT RequestId: request-1\tDuration: ")
        kept = (stage.folder / "logs" / "f.log").read_text().splitlines()
        assert [line.split("\t", 2)[2] for line in kept] == lines

    on_stage(play, tmp_path)


def test_a_log_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terrella.run.function_log.LARGEST_BYTES", 50_000)

    async def play(stage: Stage) -> None:
        await stage.result("def handler(e, c):\n    for n in range(3000): print('x' * 40)\n")
        sizes = [path.stat().st_size for path in (stage.folder / "logs").iterdir()]
        assert len(sizes) == 2 and max(sizes) <= 50_000

    on_stage(play, tmp_path)


def test_a_new_revision_is_what_runs_next(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        assert await stage.result("def handler(e, c): return 1\n") == 1
        assert await stage.result("def handler(e, c): return 2\n") == 2
        assert len(stage.functions._sandboxes) == 1

    on_stage(play, tmp_path)


def test_a_machine_has_its_bound(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        slow = stage.spec(SLEEP)
        busy = [asyncio.ensure_future(stage.invoke(slow, 0.5)) for _ in range(2)]
        await asyncio.sleep(0.3)
        with pytest.raises(NoRoom, match="at most 2 sandboxes"):
            await stage.invoke(stage.spec(ECHO, name="g"))
        await asyncio.gather(*busy)
        assert await stage.result(ECHO, 1, name="g") == 1  # one that idles makes room

    on_stage(play, tmp_path, most=2)


def test_idle_sandboxes_end(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        pid = await stage.result("import os\ndef handler(e, c): return os.getpid()\n")
        assert await gone(pid)

    on_stage(play, tmp_path, idle_s=0.1)


def test_a_slow_start_has_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions_module, "INIT_LIMIT_S", 0.2)

    async def play(stage: Stage) -> None:
        slow = "import time\ntime.sleep(0.5)\ndef handler(e, c): return e\n"
        assert await stage.result(slow, 1, timeout_s=3) == 1
        report, _ = await stage.failure(slow.replace("0.5", "60"), timeout_s=1, name="g")
        assert report["errorType"] == "Sandbox.Timedout"

    on_stage(play, tmp_path)


def test_the_death_of_the_zygote_is_survived(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        spec = stage.spec("import os\ndef handler(e, c): return [os.getpid(), os.getppid()]\n")
        pid, zygote = json.loads((await stage.invoke(spec)).payload)
        os.kill(zygote, signal.SIGKILL)
        assert await gone(pid)
        await asyncio.sleep(0.1)
        assert json.loads((await stage.invoke(spec)).payload)[1] != zygote

    on_stage(play, tmp_path)


REGION = """
import asyncio, json, pathlib, sys
sys.path[:0] = {paths!r}
from test_functions import Stage, SLEEP
async def main():
    stage = Stage(pathlib.Path(sys.argv[1]))
    pids = "import os\\ndef handler(e, c): return [os.getpid(), os.getppid()]\\n"
    print(await stage.result(pids, name="idle"), flush=True)
    spin = "import os\\ndef handler(e, c):\\n    print(os.getpid())\\n    while True: pass\\n"
    await stage.invoke(stage.spec(spin, name="busy", timeout_s=60))
asyncio.run(main())
"""


def test_sandboxes_die_with_their_region(tmp_path: Path) -> None:
    program = REGION.format(paths=[path for path in sys.path if path])
    command = [sys.executable, "-c", program, str(tmp_path)]
    with tempfile.TemporaryDirectory() as sockets:
        environment = {**os.environ, "TMPDIR": sockets}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as region:
            assert region.stdout is not None
            idle, zygote = json.loads(region.stdout.readline())
            busy = asyncio.run(printed_pid(tmp_path / "logs" / "busy.log"))
            region.kill()
        assert all(asyncio.run(gone(pid)) for pid in (idle, busy, zygote))
        assert [path.name for path in Path(sockets).glob("*/*")] == ["lock"]  # no socket is left behind


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
def test_node_functions_run(tmp_path: Path) -> None:
    source = "export const handler = async (event, context) => ({ ...event, name: context.functionName });\n"

    async def play(stage: Stage) -> None:
        spec = stage.spec(source, file="app.mjs", runtime="nodejs20.x", timeout_s=10)
        for number in range(3):
            outcome = await stage.invoke(spec, {"n": number})
            assert json.loads(outcome.payload) == {"n": number, "name": "f"}
        report, _ = await stage.failure(
            "export const handler = () => { throw new RangeError('far') };\n",
            file="app.mjs",
            runtime="nodejs20.x",
            name="g",
        )
        assert (report["errorType"], report["errorMessage"]) == ("RangeError", "far")

    on_stage(play, tmp_path)


CUSTOM = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  event=$(curl -sS -D head "$api/invocation/next")
  id=$(grep -i Lambda-Runtime-Aws-Request-Id head | tr -d '\\r' | cut -d' ' -f2)
  curl -sS -o /dev/null -X POST "$api/invocation/$id/response" -d "[$event]"
done
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_a_runtime_of_the_users_own_runs(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        spec = stage.spec(CUSTOM, file="bootstrap", runtime="provided.al2023")
        for number in range(2):
            assert json.loads((await stage.invoke(spec, number)).payload) == [number]

    on_stage(play, tmp_path)


async def gone(pid: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        await asyncio.sleep(0.05)
    return False


async def printed_pid(log: Path) -> int:
    for _ in range(100):
        lines = log.read_text().splitlines() if log.exists() else []
        for line in lines:
            if line.split("\t")[-1].isdigit():
                return int(line.split("\t")[-1])
        await asyncio.sleep(0.05)
    raise AssertionError("the function never began")
