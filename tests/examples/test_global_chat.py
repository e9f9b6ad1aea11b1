"""The sample service: its function in a region of its own, and templates that AWS's linter has nothing against."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto
import pytest
import yaml
from function_world import FunctionWorld

from terrella.core.errors import AwsError
from terrella.services.cloudformation.yaml_forms import load
from terrella.wire.http import Response

CHAT = Path(__file__).parents[2] / "examples" / "global_chat"
HAS_DYNAMODB = find_spec("terrella.services.dynamodb") is not None
needs_dynamodb = pytest.mark.skipif(not HAS_DYNAMODB, reason="this world has no DynamoDB")


class Unavailable(AwsError):
    """What DynamoDB says when it has a bad day."""

    code, status = "InternalServerError", 500


class Chat:
    """The chat in one region, its table as the template describes it."""

    def __init__(self) -> None:
        self.world = FunctionWorld()
        self.host = self.world.http_api((CHAT / "src" / "app.py").read_text())

    def ask(self, path: str = "/", method: str = "GET", body: Any = None) -> Response:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.world.ask(self.host, path, method, raw, content_type="application/json")

    def say(self, text: str, **fields: Any) -> Any:
        answer = self.ask("/messages", "POST", {"room": "r", "author": "ada", "text": text, **fields})
        assert answer.status == 201, answer.body
        return json.loads(answer.body)

    def heard(self, query: str = "room=r") -> list[dict[str, str]]:
        messages: list[dict[str, str]] = json.loads(self.ask(f"/messages?{query}").body)["messages"]
        return messages
