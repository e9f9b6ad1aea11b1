"""Functions: warm and cold invocations, and an HTTP API in front of one; ours beside ministack."""

from __future__ import annotations

import io
import statistics
import struct
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from . import load
from .peers import Absent, Candidate, Running, ministack, ours, running
from .signed import ACCESS_KEY, REGION, SECRET

ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'hello'}\n"
CANDIDATES = [
    Candidate("terrella", ours("bench.function_region", "{folder}"), bare=True),
    Candidate("ministack", ministack, bare=True),
]
COLD_STARTS = 10
TARGETS = [  # what, compared with, bound
    ("warm p50 ms", "at most", 1.0),
    ("cold p50 ms", "at most", 30.0),
    ("HTTP API p50 ms", "at most", 2.5),
]


def compare(
    cache: Path, work: Path, *, rounds: int, seconds: float, only: str | None = None
) -> dict[str, Any]:
    """Measure everybody in turn; medians per server, and how many times ministack's warm rate ours is."""
    program = load.build(cache)
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        servers: list[Running] = []
        for candidate in CANDIDATES:
            if only and only not in candidate.name:
                continue
            try:
                servers.append(stack.enter_context(running(candidate, cache, work / candidate.name)))
            except Absent as why:
                print(f"  {candidate.name}: left out, {why}")
        files = {server.name: _prepare(server, work) for server in servers}
        for _ in range(rounds):
            for server in servers:
                _turn(program, server, files[server.name], seconds, found.setdefault(server.name, {}))
    table = {
        name: {what: round(statistics.median(all), 3) for what, all in runs.items()}
        for name, runs in found.items()
    }
    ratios = {}
    if "ministack" in table and "terrella" in table:
        for what in ("warm/s, 1 connection", "warm/s, 16 connections"):
            ratios[what] = round(table["terrella"][what] / max(table["ministack"][what], 0.1), 1)
    return {"servers": table, "ratios": ratios}


def told(result: dict[str, Any]) -> str:
    lines = []
    for name, figures in result["servers"].items():
        lines += [f"  {name}:", *(f"    {what:28} {value:10,.3f}" for what, value in figures.items())]
    for what, ratio in result["ratios"].items():
        lines.append(f"  terrella : ministack, {what}: {ratio:.1f} (aim: 20)")
    for what, how, bound in TARGETS:
        have = result["servers"].get("terrella", {}).get(what)
        if have is not None:
            lines.append(f"  {what}: {have:.3f} (aim: {how} {bound})")
    return "\n".join(lines)


def _medians(runs: dict[str, list[float]]) -> dict[str, float]:
    return {what: round(statistics.median(each), 3) for what, each in runs.items()}


def client(service: str, port: int) -> Any:
    import boto3

    return boto3.client(
        service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip


def _prepare(server: Running, work: Path) -> dict[str, Path]:
    """A function and an API on it; the requests for both as the load generator reads them."""
    functions, apis = client("lambda", server.port), client("apigatewayv2", server.port)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", ECHO)
    arn = functions.create_function(
        FunctionName="f", Runtime="python3.11", Handler="app.handler", Code={"ZipFile": buffer.getvalue()},
        Role="arn:aws:iam::123456789012:role/bench",
    )["FunctionArn"]  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    functions.invoke(FunctionName="f", Payload=b"{}")
    path = f"http://127.0.0.1:{server.port}/2015-03-31/functions/f/invocations"
    files = {"warm": _file(work / f"{server.name}-warm", _signed(path))}
    if server.name == "terrella":
        api = apis.create_api(Name="bench", ProtocolType="HTTP", Target=arn)
        functions.add_permission(
            FunctionName="f", StatementId="api", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )  # fmt: skip
        host = api["ApiEndpoint"].removeprefix("https://")
        request = f"GET /hello HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
        files["api"] = _file(work / "terrella-api", request.encode())
    return files


def _turn(
    program: Path, server: Running, files: dict[str, Path], seconds: float, found: dict[str, list[float]]
) -> None:
    for connections in (1, 16):
        for name, what in (("warm", "warm"), ("api", "HTTP API")):
            if name not in files:
                continue
            done = load.measure(
                program, files[name], server.port, server.pid, connections=connections, seconds=seconds
            )
            if connections == 1:
                found.setdefault(f"{what} p50 ms", []).append(done.p50_ms)
                found.setdefault(f"{what} p99 ms", []).append(done.p99_ms)
            found.setdefault(f"{what}/s, {connections} connection{'s'[: connections - 1]}", []).append(
                done.rps
            )
    found.setdefault("cold p50 ms", []).append(_cold_ms(server))


def _cold_ms(server: Running) -> float:
    """A first invocation after the function changed, as its caller sees it; the median of some."""
    functions, took = client("lambda", server.port), []
    for number in range(COLD_STARTS):
        variables = {"NUMBER": str(number)}
        functions.update_function_configuration(FunctionName="f", Environment={"Variables": variables})
        functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
        began = time.perf_counter()
        functions.invoke(FunctionName="f", Payload=b"{}")
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def _signed(url: str) -> bytes:
    request = AWSRequest("POST", url, data=b"{}", headers={"Host": url.split("/")[2]})
    SigV4Auth(Credentials(ACCESS_KEY, SECRET), "lambda", REGION).add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    path = "/" + url.split("/", 3)[3]
    return f"POST {path} HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode()


def _file(path: Path, message: bytes) -> Path:
    path.write_bytes(struct.pack("<I", len(message)) + message)
    return path
