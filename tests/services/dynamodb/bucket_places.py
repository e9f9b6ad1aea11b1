"""S3 and CloudWatch Logs as a region borrows them, as far as exports and imports use them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from terrella.core.errors import AwsError, ServiceUnavailable
from terrella.wire import codec, route
from terrella.wire.http import Request, Response

Plain = dict[str, Any]


class NoSuchBucket(AwsError):
    status = 404


class Buckets:
    """A port for borrowed services. `out` makes the next requests fail as if the process had just died."""

    def __init__(self, *names: str) -> None:
        self.objects: dict[str, dict[str, bytes]] = {name: {} for name in names}
        self.puts: list[Plain] = []
        self.events: dict[str, list[str]] = {}
        self.out = 0

    def offers(self, service: str) -> bool:
        return service in ("s3", "logs")

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        if self.out:
            self.out -= 1
            raise ServiceUnavailable("The borrowed service s3 did not answer")
        call = route.resolve(request, service)
        input = codec.read(call, call.protocol, request)
        answers: dict[str, Callable[[Plain], Plain]] = {
            "PutObject": self._put, "GetObject": self._get, "ListObjectsV2": self._list,
            "PutLogEvents": self._log,
        }  # fmt: skip
        try:
            answer = answers.get(call.operation.name, lambda input: {})(input)
        except AwsError as error:
            return codec.write_error(call.operation, call.protocol, error, "1")
        return codec.write(call.operation, call.protocol, answer, "1")

    def _bucket(self, input: Plain) -> dict[str, bytes]:
        if input["Bucket"] not in self.objects:
            raise NoSuchBucket("The specified bucket does not exist")
        return self.objects[input["Bucket"]]

    def _put(self, input: Plain) -> Plain:
        body = input.get("Body", b"")
        self._bucket(input)[input["Key"]] = body if isinstance(body, bytes) else body.read()
        self.puts.append(input)
        return {"ETag": _etag(self._bucket(input)[input["Key"]])}

    def _get(self, input: Plain) -> Plain:
        body = self._bucket(input)[input["Key"]]
        assert input["IfMatch"] == _etag(body)
        first, last = map(int, input["Range"].removeprefix("bytes=").split("-"))
        return {"Body": body[first : last + 1]}

    def _list(self, input: Plain) -> Plain:
        found = sorted(key for key in self._bucket(input) if key.startswith(input.get("Prefix") or ""))
        after = input.get("ContinuationToken") or ""
        page = [key for key in found if key > after][:2]
        contents = [
            {"Key": key, "Size": len(self._bucket(input)[key]), "ETag": _etag(self._bucket(input)[key])}
            for key in page
        ]
        more = bool(page) and page[-1] != found[-1]
        return {"Contents": contents, "IsTruncated": more, **({"NextContinuationToken": page[-1]} if more else {})}

    def _log(self, input: Plain) -> Plain:
        place = f"{input['logGroupName']} {input['logStreamName']}"
        self.events.setdefault(place, []).extend(event["message"] for event in input["logEvents"])
        return {}


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
