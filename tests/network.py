"""The borrowed network for tests: EC2 of moto, answered in this process."""

from __future__ import annotations

from terrella.run import moto_dispatch
from terrella.wire.http import Request, Response


class BorrowedNetwork:
    """`region.ports.Borrowed` with EC2 only."""

    def offers(self, service: str) -> bool:
        return service == "ec2"

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        ask = moto_dispatch.Ask(
            "ec2", service, region, account, request.method, request.path, request.query, request.headers, request.body
        )
        return Response(*moto_dispatch.answer(ask))
