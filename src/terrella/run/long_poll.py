"""Waiting for messages of a borrowed queue. moto waits with its only thread; here only the asker waits.

SQS is asked without waiting, again and again, until a message is there or the time is over. See "Amazon SQS
short and long polling" in the Developer Guide.
"""

from __future__ import annotations

import dataclasses
import re

import orjson

from ..wire.http import Request, Response

PAUSE_S = 0.2
LONGEST_S = 20
_FORM_WAIT = re.compile(rb"(?<=WaitTimeSeconds=)(\d+)")


def without_waiting(service: str, request: Request) -> tuple[Request, int]:
    """The request as it may be sent at once, and for how many seconds its asker is ready to wait."""
    if service != "sqs" or b"WaitTimeSeconds" not in request.body:
        return request, 0
    if request.headers.get("x-amz-target", "") == "AmazonSQS.ReceiveMessage":
        return _json(request)
    found = _FORM_WAIT.search(request.body)
    if found is None or b"Action=ReceiveMessage" not in request.body:
        return request, 0
    body = _FORM_WAIT.sub(b"0", request.body)
    return _with_body(request, body), min(int(found[1]), LONGEST_S)


def is_empty(response: Response) -> bool:
    """Whether no message came."""
    return response.status == 200 and b"ReceiptHandle" not in response.body


def _json(request: Request) -> tuple[Request, int]:
    try:
        asked = orjson.loads(request.body)
        wait = asked["WaitTimeSeconds"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return request, 0  # moto will say what is wrong with it
    if not isinstance(wait, int) or not 0 < wait <= LONGEST_S:
        return request, 0
    return _with_body(request, orjson.dumps(asked | {"WaitTimeSeconds": 0})), wait


def _with_body(request: Request, body: bytes) -> Request:
    headers = request.headers | {"content-length": str(len(body))}
    return dataclasses.replace(request, body=body, headers=headers)
