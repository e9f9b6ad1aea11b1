"""Functions in process: the same handlers, with the world's time, the world's chance, the world's boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from function_world import FunctionWorld, zipped


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def result(world: FunctionWorld, source: str, event: Any = None, **settings: Any) -> Any:
    world.function(source, **settings)
    return json.loads(world.lambda_.invoke(FunctionName="f", Payload=json.dumps(event))["Payload"].read())


def test_time_is_the_world_s(world: FunctionWorld) -> None:
    source = """
import time, datetime
from datetime import datetime as moment, timezone
def handler(event, context):
    before = time.time()
    time.sleep(2)
    now = [moment.now(timezone.utc).timestamp(), datetime.datetime.utcnow().year]
    return [before, time.time(), *now, context.get_remaining_time_in_millis()]
"""
    began = world.clock.time + 1
    assert result(world, source, Timeout=10) == [began, began + 2, began + 2, 2025, 8000]
    assert world.clock.time == began + 2


def test_chance_is_the_world_s() -> None:
    source = "import random, uuid\ndef handler(e, c): return [random.random(), str(uuid.uuid4())]"
    assert result(FunctionWorld(), source) == result(FunctionWorld(), source)


def test_the_environment_is_the_function_s(world: FunctionWorld) -> None:
    source = """
import os
def handler(event, context):
    return [os.environ["AA"], os.getenv("AWS_REGION"), "PATH" in os.environ]
"""
    assert result(world, source, Environment={"Variables": {"AA": "b"}}) == ["b", "eu-west-1", False]


def test_modules_belong_to_one_function(world: FunctionWorld) -> None:
    for name in ("f", "g"):
        code = zipped(
            "from helper import NAME\nimport pack.inner\nfrom pack import inner as same\n"
            "def handler(e, c): return [NAME, pack.inner.DEEP, same.up()]",
            helper=f"NAME = '{name}'",
            **{"pack/__init__": "TOP = 1", "pack/inner": "from . import TOP\nDEEP = 2\ndef up(): return TOP"},
        )
        world.function(name=name)
        world.lambda_.update_function_code(FunctionName=name, ZipFile=code)
    for name in ("f", "g"):
        assert json.loads(world.lambda_.invoke(FunctionName=name)["Payload"].read()) == [name, 2, 1]


def test_boto3_reaches_the_world_and_its_refusals(world: FunctionWorld) -> None:
    source = """
import boto3
from botocore.exceptions import ClientError

functions = boto3.client("lambda")

def handler(event, context):
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    try:
        functions.get_function(FunctionName="nope")
    except functions.exceptions.ResourceNotFoundException as error:
        told = error.response["Error"]["Code"]
    try:
        boto3.client("lambda").get_function(FunctionName="nope")
    except ClientError as error:
        again = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return [names, told, again, functions.meta.region_name]
"""
    assert result(world, source) == [["f"], "ResourceNotFoundException", 404, "eu-west-1"]


def test_a_failed_start_fails_again(world: FunctionWorld) -> None:
    world.function("raise RuntimeError('no')")
    for _ in range(2):
        report = json.loads(world.lambda_.invoke(FunctionName="f")["Payload"].read())
        assert (report["errorType"], report["errorMessage"]) == ("RuntimeError", "no")


def test_leaving_is_an_exit(world: FunctionWorld) -> None:
    assert result(world, "import sys\ndef handler(e, c): sys.exit(4)")["errorType"] == "Runtime.ExitError"
