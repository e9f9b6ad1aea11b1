"""Functions and HTTP APIs in a live world: through boto3, by Host, across regions, over a kill."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from live.worlds import World, gone, world

pytestmark = pytest.mark.live
REGION, ADDRESS = "eu-west-1", "127.10.9.1"
SOURCE = """
import os
import boto3

here, there = boto3.client("lambda"), boto3.client("lambda", region_name="us-east-1")

def handler(event, context):
    found = [client.list_functions()["Functions"] for client in (here, there)]
    names = [[each["FunctionName"] for each in functions] for functions in found]
    return {"functions": names, "zygote": os.getppid(), "path": event.get("rawPath")}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with world(tmp_path_factory.mktemp("live-functions"), REGION) as found:
        yield found


def client(running: World, service: str) -> Any:
    url = f"http://{ADDRESS}:{running.port(4566)}"
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test"
    )


def deploy(running: World) -> str:
    """A function behind an API; returns the API's host."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    functions, apis = client(running, "lambda"), client(running, "apigatewayv2")
    arn = functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/any",
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=20,
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="f",
        StatementId="a",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = apis.create_api(Name="a", ProtocolType="HTTP", Target=arn)
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    return str(api["ApiEndpoint"].removeprefix("https://"))


def ask(running: World, host: str, path: str) -> tuple[int, Any]:
    line = http.client.HTTPConnection(ADDRESS, running.port(4566), timeout=20)
    line.request("GET", path, headers={"Host": host})
    answer = line.getresponse()
    body = json.loads(answer.read())
    line.close()
    return answer.status, body


def test_a_service_works_and_survives_the_death_of_its_region(running: World) -> None:
    host = deploy(running)
    status, body = ask(running, host, "/a/b")
    assert (status, body["functions"], body["path"]) == (200, [["f"], []], "/a/b")
    log = Path(running.data / "regions" / REGION / "functions" / "f.log")
    assert "REPORT RequestId: " in log.read_text()
    os.kill(running.place(REGION)["pid"], signal.SIGKILL)
    assert gone([body["zygote"]])
    until = time.monotonic() + 5
    while running.place(REGION)["state"] != "dead" and time.monotonic() < until:
        time.sleep(0.05)
    running.cli("revive", REGION)
    status, again = ask(running, host, "/c")
    assert (status, again["path"]) == (200, "/c")
    assert again["zygote"] != body["zygote"]
