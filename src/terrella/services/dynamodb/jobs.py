"""Work that goes on after its request was answered: exports and imports, as plain data.

    dynamodb.exports, dynamodb.imports
                    ARN -> {"kind", "table", "table_id", "given", "asked", "status", "started_at", "ended_at",
                    "failure", "progress"}

`given` is the request as it came, `asked` what that means; `progress` is how far it is, so that a region that starts
again goes on there.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...core.errors import AwsError, ValidationException
from ...store.maps import Maps, Objects

if TYPE_CHECKING:
    from ...region.service import Context
    from .state import State

Plain = dict[str, Any]

TOKEN_FOR_S = 8 * 3600.0
TOLD_FOR_S = 90 * 86_400.0
IN_PROGRESS, COMPLETED, FAILED = "IN_PROGRESS", "COMPLETED", "FAILED"


class Jobs:
    """All jobs of a region, by kind and ARN."""

    def __init__(self, maps: Maps) -> None:
        self.of: dict[str, Objects] = {kind: maps.objects(f"dynamodb.{kind}") for kind in ("exports", "imports")}
        self.wake: Callable[[], None] = _nobody  # begins what is under way and nobody works on

    def get(self, kind: str, arn: str) -> Plain | None:
        """The job of that ARN."""
        found: Plain | None = self.of[kind].get(arn)
        return found

    def newest_first(self, kind: str, since: float) -> Iterator[tuple[str, Plain]]:
        """Jobs of a kind that are told of still, in reverse order of their ARNs."""
        for arn, job in reversed(list(self.of[kind].items())):
            if job["started_at"] >= since:
                yield arn, job

    def under_way(self, kind: str) -> int:
        """How many jobs of a kind are not over."""
        return sum(job["status"] == IN_PROGRESS for _, job in self.of[kind].items())

    # Written by change functions only.

    def begin(self, arn: str, job: Plain, kept_since: float) -> None:
        """A job begins; those nobody is told of any more are forgotten."""
        jobs = self.of[job["kind"]]
        for old in [each for each, was in jobs.items() if was["started_at"] < kept_since]:
            jobs.delete(old)
        jobs.put(arn, job)

    def advance(self, kind: str, arn: str, **progress: Any) -> Plain | None:
        """A job is further than it was."""
        job = self.get(kind, arn)
        if job is not None:
            job = {**job, "progress": {**job["progress"], **progress}}
            self.of[kind].put(arn, job)
        return job

    def alter(self, kind: str, arn: str, **data: Any) -> None:
        """Replace some of a job's plain data."""
        job = self.get(kind, arn)
        if job is not None:
            self.of[kind].put(arn, {**job, **data})


def new_job(
    ctx: Context[State], kind: str, table: Plain, given: Plain, asked: Plain, progress: Plain
) -> Plain:
    """A job that begins now, on a table as it is described."""
    return {
        "kind": kind, "table": table["TableName"], "table_id": table["TableId"], "given": given, "asked": asked,
        "status": IN_PROGRESS, "started_at": ctx.now, "ended_at": None, "failure": None, "progress": progress,
    }  # fmt: skip


def label(ctx: Context[State]) -> str:
    """The last part of the ARN of a job or backup: when it began, and a mark that makes it the only one."""
    return f"{int(ctx.now * 1000):014d}-{ctx.here.rng.getrandbits(32):08x}"


def request(ctx: Context[State], input: Plain) -> Plain:
    """A request as plain data. One without a ClientToken gets one, as SDKs give it one."""
    token = input.get("ClientToken") or str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4))
    return {**_plain(input), "ClientToken": token}


def _plain(value: Any) -> Any:
    """Input as plain data: moments as seconds, nothing that was not given."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def known_by_token(ctx: Context[State], kind: str, given: Plain, conflict: AwsError) -> str | None:
    """The ARN of the job that the same request began, until eight hours after its end. Raises `conflict` if the token
    was another request's."""
    since = ctx.now - ctx.scaled(TOKEN_FOR_S)
    for arn, job in ctx.state.jobs.of[kind].items():
        if job["given"]["ClientToken"] == given["ClientToken"] and (job["ended_at"] or ctx.now) > since:
            if job["given"] != given:
                raise conflict
            return arn
    return None


def page(ctx: Context[State], kind: str, table_arn: str | None, input: Plain, size: int | None) -> Plain:
    """Some of the jobs of a kind, of one table or all, and where to go on: {"jobs", "NextToken"}. What was done
    with an earlier table of the name is told only to those who ask for all."""
    after = _from_token(input["NextToken"], kind) if input.get("NextToken") else None
    found = [
        (arn, job)
        for arn, job in ctx.state.jobs.newest_first(kind, ctx.now - ctx.scaled(TOLD_FOR_S))
        if (after is None or arn < after) and (table_arn is None or _is_of(ctx, arn, job, table_arn))
    ]
    size = size or 25
    more = {"NextToken": _token(found[size - 1][0])} if len(found) > size else {}
    return {"jobs": found[:size], **more}


def failure(job: Plain) -> Plain:
    """FailureCode and FailureMessage, where there are any."""
    if job["failure"] is None:
        return {}
    code, message = job["failure"]
    return {"FailureCode": code, "FailureMessage": message}


def _is_of(ctx: Context[State], arn: str, job: Plain, table_arn: str) -> bool:
    if not arn.startswith(f"{table_arn}/"):
        return False
    table = ctx.state.find(job["table"], ctx.now)
    return job["kind"] == "imports" or (table is not None and table.about["TableId"] == job["table_id"])


def _token(arn: str) -> str:
    """Where to go on, in the letters and length the model demands of ListImports."""
    return arn.encode().ljust(56, b"\0").hex().ljust(-(-max(len(arn), 56) // 8) * 16, "0")


def _from_token(token: str, kind: str) -> str:
    try:
        arn = bytes.fromhex(token).rstrip(b"\0").decode()
    except ValueError:
        arn = ""
    if not arn.startswith("arn:"):
        raise ValidationException(f"Invalid NextToken for List{kind.capitalize()}")
    return arn


def _nobody() -> None:
    """A region that was not started works on nothing by itself."""
