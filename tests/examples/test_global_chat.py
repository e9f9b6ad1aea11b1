"""The sample service: its function in a region, and templates that AWS's linter has nothing against."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto
import pytest
from function_world import FunctionWorld

from terrella.services import dynamodb
from terrella.services.cloudformation import yaml_forms
from terrella.wire.http import Response

CHAT = Path(__file__).parents[2] / "examples" / "global_chat"
TABLE = "global-chat-messages"


class Chat:
    """The chat in one region, over a table with the keys the template gives it."""

    def __init__(self, with_table: bool = True) -> None:
        self.world = FunctionWorld(dynamodb.service)
        self.host = self.world.http_api((CHAT / "src" / "app.py").read_text())
        if with_table:
            self.make_table()

    def make_table(self) -> None:
        messages = yaml_forms.load((CHAT / "templates" / "table.yaml").read_text())["Resources"]["Messages"]
        said = ("AttributeDefinitions", "KeySchema", "BillingMode")
        kept = {name: messages["Properties"][name] for name in said}
        boto.client(self.world.region, "dynamodb").create_table(TableName=TABLE, **kept)
        self.world.clock.time += 60

    def ask(self, path: str = "/", method: str = "GET", body: Any = None) -> Response:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.world.ask(self.host, path, method, raw, content_type="application/json")

    def json(self, path: str, method: str = "GET", body: Any = None, status: int = 200) -> Any:
        answer = self.ask(path, method, body)
        assert (answer.status, header(answer, "x-region")) == (status, "eu-west-1"), answer.body
        return json.loads(answer.body)

    def say(self, text: str, **fields: Any) -> Any:
        self.world.clock.time += 1
        said = {"room": "r", "author": "ada", "text": text, **fields}
        return self.json("/messages", "POST", said, status=201)


def header(answer: Response, name: str) -> str | None:
    return next((value for key, value in answer.headers if key.lower() == name), None)


@pytest.fixture(scope="module")
def bare() -> Chat:
    return Chat(with_table=False)


@pytest.fixture
def chat() -> Chat:
    return Chat()


def test_the_page_stands_alone(bare: Chat) -> None:
    answer = bare.ask("/")
    assert (answer.status, header(answer, "content-type")) == (200, "text/html; charset=utf-8")
    page = bytes(answer.body).decode()
    assert page.startswith("<!doctype html>")
    assert "http://" not in page and "https://" not in page and "src=" not in page


def test_a_room_has_the_topic_that_was_set_last(chat: Chat) -> None:
    assert chat.json("/topic?room=r")["topic"] is None
    for text in ("tea", "coffee"):
        chat.world.clock.time += 1
        chat.json("/topic", "PUT", {"room": "r", "author": "ada", "text": text, "id": text})
    assert chat.json("/topic?room=r")["topic"] | {"time": ""} == {
        "id": "coffee", "author": "ada", "text": "coffee", "region": "eu-west-1", "time": "",
    }  # fmt: skip
    assert chat.json("/messages?room=r")["messages"] == []  # a topic is no message
    assert "text is missing" in chat.json("/topic", "PUT", {"room": "r", "author": "ada"}, status=400)["error"]


def test_shallow_health_asks_nobody(bare: Chat) -> None:
    assert bare.json("/health") == {"status": "ok", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("DELETE", "/messages", None, 405),
        ("POST", "/messages", b"{", 400),
        ("POST", "/messages", b"\xff\xfe", 400),
        ("POST", "/messages", b"[" * 10_000, 400),
        ("POST", "/messages", b"[]", 400),
        ("POST", "/messages", {"author": "ada"}, 400),
        ("POST", "/messages", {"author": "ada", "text": " "}, 400),
        ("POST", "/messages", {"author": 7, "text": "t"}, 400),
        ("POST", "/messages", {"author": "ada", "text": "\ud800"}, 400),
        ("POST", "/messages", {"author": "ada", "text": "t", "room": "a b"}, 400),
        ("POST", "/messages", {"author": "ada", "text": "t", "id": "x" * 65}, 400),
        ("POST", "/messages", {"author": "ada", "text": "x" * 2001}, 413),
        ("POST", "/messages", {"author": "a" * 65, "text": "t"}, 413),
        ("POST", "/messages", b" " * 16_385, 413),
        ("GET", "/messages?limit=0", None, 400),
        ("GET", "/messages?limit=101", None, 400),
        ("GET", "/messages?limit=many", None, 400),
        ("GET", "/messages?limit=%C2%B2", None, 400),
        ("GET", "/messages?room=%20health", None, 400),
    ],
)
def test_a_bad_request_is_told_why(bare: Chat, method: str, path: str, body: Any, status: int) -> None:
    assert bare.json(path, method, body, status)["error"]


def test_messages_come_newest_first_and_only_those_of_the_room(chat: Chat) -> None:
    for text in ("one", "two", "three"):
        chat.say(text)
    chat.say("elsewhere", room="other")
    heard = chat.json("/messages?room=r&limit=2")
    assert [message["text"] for message in heard["messages"]] == ["three", "two"]
    assert set(heard["messages"][0]) == {"id", "author", "text", "region", "time"}
    assert (heard["room"], heard["region"]) == ("r", "eu-west-1")


def test_a_message_keeps_the_tag_it_was_given(chat: Chat) -> None:
    said = chat.say("hello", id="visitor-1.17")
    assert said == {"id": "visitor-1.17", "room": "r", "region": "eu-west-1", "time": said["time"]}
    (message,) = chat.json("/messages?room=r")["messages"]
    told = {key: said[key] for key in ("id", "region", "time")}
    assert message == {"author": "ada", "text": "hello", **told}


def test_two_messages_of_one_moment_both_stay(chat: Chat) -> None:
    for text in ("one", "two"):
        chat.json("/messages", "POST", {"room": "r", "author": "ada", "text": text}, status=201)
    assert len({message["id"] for message in chat.json("/messages?room=r")["messages"]}) == 2


def test_deep_health_probes_once_for_all_who_ask_within_ten_seconds(chat: Chat) -> None:
    first = chat.json("/health/deep")
    assert first["dependencies"] == {"dynamodb": "ok"}
    assert (first["status"], first["cached"], first["age_seconds"]) == ("ok", False, 0)
    boto.client(chat.world.region, "dynamodb").delete_table(TableName=TABLE)
    chat.world.clock.time += 9
    second = chat.json("/health/deep")
    assert (second["status"], second["cached"], second["age_seconds"]) == ("ok", True, 9)
    chat.world.clock.time += 60
    third = chat.json("/health/deep", status=503)
    assert (third["status"], third["cached"]) == ("failing", False)
    assert third["dependencies"] == {"dynamodb": "ResourceNotFoundException"}


def test_the_canary_is_in_no_room(chat: Chat) -> None:
    chat.json("/health/deep")
    assert chat.json("/messages?room=health")["messages"] == []


def test_without_its_table_the_chat_says_so_and_tells_no_details() -> None:
    refusal = Chat(with_table=False).json("/messages?room=r", status=503)
    assert refusal == {"error": "The messages cannot be reached. Try again."}


def test_cfn_lint_has_nothing_to_say() -> None:
    templates = sorted(str(path) for path in (CHAT / "templates").glob("*.yaml"))
    assert len(templates) == 5
    linter = "import warnings; warnings.simplefilter('ignore'); from cfnlint.runner import main; main()"
    done = subprocess.run([sys.executable, "-c", linter, *templates], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
