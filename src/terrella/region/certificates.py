"""Whether a domain name may be served with a certificate: one of ACM in the same region, issued, and for that name.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from __future__ import annotations

from typing import Any

from ..core.errors import AwsError
from .service import Context


def is_of_region(arn: str, region: str) -> bool:
    """Does an ARN name a certificate of ACM in a region?"""
    parts = arn.split(":")
    return len(parts) >= 6 and parts[2] == "acm" and parts[3] == region


async def complaint(ctx: Context[Any], arn: str, name: str) -> str | None:
    """What is wrong with a certificate for a domain name, in words. None: nothing, or the world has no ACM to tell."""
    if "acm" not in ctx.here.services:
        return None
    try:
        found = (await ctx.request("acm", "DescribeCertificate", {"CertificateArn": arn}))["Certificate"]
    except AwsError as error:
        return f"The provided certificate cannot be used: {error.message}"
    if found["Status"] != "ISSUED":
        return f"The provided certificate is not issued: it is {found['Status']}"
    wildcard = f"*.{name.partition('.')[2]}"
    if not {name, wildcard} & {found["DomainName"], *found.get("SubjectAlternativeNames", ())}:
        return f"The provided certificate is not for the domain name {name}"
    return None
