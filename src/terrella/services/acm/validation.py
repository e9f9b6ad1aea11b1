"""Proving names by DNS: a certificate is issued once the world's DNS answers every one of its CNAMEs.

The edge is asked, as ACM asks the public DNS:

    {"kind": "resolve", "name": "_x.example.com.", "type": "CNAME"}
        -> {"records": ["_y.z.acm-validations.aws."]}
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from . import requests
from .state import Certificate, State, service, status

# ACM says validation may take up to half an hour; this world looks often at first and rarely later.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 60.0


@service.start
def resume(ctx: Context[State]) -> None:
    """Go on watching what was pending when the region stopped."""
    for certificate in ctx.state.pending():
        watch(ctx, certificate["Arn"])


def watch(ctx: Context[State], arn: str) -> None:
    """Look again and again, in the background, until a certificate is pending no more."""
    ctx.here.ports.tasks.spawn(f"validation of {arn}", _watch(ctx, arn))


async def check(ctx: Context[State], certificate: Certificate) -> None:
    """Look once, now. Names that cannot be asked for, because the edge is out of reach, stay unproven."""
    if certificate["Method"] != "DNS" or _given_up(ctx, certificate):
        return
    proven = dict(certificate["Proven"])
    for name in certificate["Names"]:
        if name not in proven and await _answers(ctx, requests.proof(ctx.account, name)):
            proven[name] = ctx.here.clock.now()
    current = ctx.state.certificates.get(certificate["Arn"])  # others may have been at work while we waited
    if current is None or current["IssuedAt"] is not None or proven == current["Proven"]:
        return
    newer = current | {"Proven": current["Proven"] | proven}
    if all(name in newer["Proven"] for name in newer["Names"]):
        newer |= {"IssuedAt": ctx.here.clock.now(), "Serial": _serial(ctx)}
    ctx.commit("certificate_stored", certificate=newer)


async def _watch(ctx: Context[State], arn: str) -> None:
    pause = FIRST_PAUSE_S
    while certificate := _pending(ctx, arn):
        await check(ctx, certificate)
        await ctx.here.clock.sleep(ctx.scaled(pause))
        pause = min(pause * 1.5, LONGEST_PAUSE_S)


def _pending(ctx: Context[State], arn: str) -> Certificate | None:
    certificate: Certificate | None = ctx.state.certificates.get(arn)
    if certificate is None or certificate["IssuedAt"] is not None or _given_up(ctx, certificate):
        return None
    return certificate


async def _answers(ctx: Context[State], record: dict[str, str]) -> bool:
    try:
        answer: dict[str, Any] = await ctx.here.ports.edge.ask(
            {"kind": "resolve", "name": record["Name"], "type": record["Type"]}
        )
    except AwsError:
        return False  # the edge cannot be reached from here: as with DNS that does not answer, look again
    found = [text.lower().rstrip(".") for text in answer["records"]]
    return record["Value"].rstrip(".") in found


def _given_up(ctx: Context[State], certificate: Certificate) -> bool:
    return status(certificate, ctx.here.clock.now(), ctx.here.world.speed) != "PENDING_VALIDATION"


def _serial(ctx: Context[State]) -> str:
    digits = f"{ctx.here.rng.getrandbits(126):032x}"
    return ":".join(digits[i : i + 2] for i in range(0, 32, 2))
