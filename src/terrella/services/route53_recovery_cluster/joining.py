"""The entrance of a member: for messages of the others, and for the control plane, which tells what there is.

Whoever is told of a cluster it does not know takes part from then on. A cluster that has ended says so, and whoever
hears that ends its part.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import ormsgpack

from ...core.errors import AwsError
from ...region.service import Context
from ...wire.http import Request, Response
from . import agreeing
from .council import GONE, HOST, Council, Councils
from .state import State, service

Plain = dict[str, Any]


@service.start
def begin(ctx: Context[State]) -> None:
    """Take part again in every cluster."""
    ctx.state.councils = Councils(ctx)
    for cluster, data in list(ctx.state.clusters.items()):
        if not data["ended"]:
            ctx.state.councils.begin(cluster)


@service.door(lambda state, here, host: host == HOST, fixed=True)
def arrive(ctx: Context[State], request: Request) -> Response | Awaitable[Response]:
    """The entrance for other regions, and for nobody else."""
    if request.source not in ctx.here.world.regions or ctx.state.councils is None:
        return Response(403)
    cluster, source, members, message = ormsgpack.unpackb(request.body)
    if source not in members or ctx.region not in members:
        return Response(404)
    councils = ctx.state.councils
    council = councils.joined(cluster, members)
    if council is None:
        return Response(GONE)
    if message["kind"] in ("vote", "append", "lead"):
        return _response(councils.receive(council, source, message))
    return _answer(councils, council, message)


async def _answer(councils: Councils, council: Council, message: Plain) -> Response:
    try:
        if message["kind"] == "config":
            word = {"kind": "config", "id": councils.here.new_request_id(), "config": message["config"]}
            await agreeing.agree(councils, council, word)
            return _response({})
        return _response(await agreeing.lead(councils, council, message))
    except AwsError:
        return Response(503)


def _response(reply: Any) -> Response:
    return Response(200, [("content-type", "application/x-msgpack")], ormsgpack.packb(reply))
