"""The borrowed network for tests, and what else is asked for: EC2 of moto, say, answered in this process."""

from __future__ import annotations

from terrella.run import moto_dispatch
from terrella.wire.http import Request, Response


class BorrowedNetwork:
    """`region.ports.Borrowed` with EC2, and more by botocore's names where moto's are the same."""

    def __init__(self, *more: str) -> None:
        self._offered = {"ec2", *more}

    def offers(self, service: str) -> bool:
        return service in self._offered

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        ask = moto_dispatch.Ask(
            service, service, region, account, request.method, request.path, request.query, request.headers,
            request.body,
        )  # fmt: skip
        return Response(*moto_dispatch.answer(ask))
