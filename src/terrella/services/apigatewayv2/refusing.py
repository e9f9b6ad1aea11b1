"""How API Gateway says no to a request."""

from __future__ import annotations

import orjson

from ...wire.http import Response


class Refused(Exception):
    """Not let in: the status and the message of the answer, and headers it has."""

    def __init__(self, status: int, message: str, headers: list[tuple[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or []

    def response(self) -> Response:
        answer = refusal(self.status, self.message)
        answer.headers += self.headers
        return answer


def refusal(status: int, message: str) -> Response:
    """The answer to a request that got no further."""
    return Response(status, [("content-type", "application/json")], orjson.dumps({"message": message}))
