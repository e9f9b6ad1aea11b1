"""Tags of APIs, stages, domain names, keys and plans, by ARN."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import BadRequestException, missing
from .state import State, put, service

Plain = dict[str, Any]


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> Plain:
    of, key, record = _record(ctx, input["resourceArn"])
    put(ctx, of, key, {**record, "tags": {**record.get("tags", {}), **input["tags"]}})
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> Plain:
    of, key, record = _record(ctx, input["resourceArn"])
    left = {name: value for name, value in record.get("tags", {}).items() if name not in input["tagKeys"]}
    put(ctx, of, key, {**record, "tags": left})
    return {}


@service.operation
def get_tags(ctx: Context[State], input: Plain) -> Plain:
    return {"tags": _record(ctx, input["resourceArn"])[2].get("tags", {})}


def _record(ctx: Context[State], arn: str) -> tuple[str, str, Plain]:
    """The map, the key within and the record. Raises NotFoundException, BadRequestException."""
    prefix = f"arn:aws:apigateway:{ctx.region}::/"
    parts = arn.removeprefix(prefix).split("/") if arn.startswith(prefix) else []
    match parts:
        case ["restapis", api_id]:
            return "apis", api_id, ctx.state.api(api_id)
        case ["restapis", api_id, "stages", name]:
            return "stage", f"{api_id}/{name}", ctx.state.one("stage", api_id, name)
        case ["domainnames", name]:
            return "domains", name, ctx.state.domain(name)
        case ["apikeys" | "usageplans", identifier]:
            of = "keys" if parts[0] == "apikeys" else "plans"
            record: Plain | None = ctx.state.table(of).get(identifier)
            if record is None:
                raise missing("resource")
            return of, identifier, record
    raise BadRequestException(f"Invalid resource ARN specified: {arn}")
