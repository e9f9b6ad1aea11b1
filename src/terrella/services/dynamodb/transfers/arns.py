"""ARNs of exports and imports, judged as the service does."""

from __future__ import annotations

from ....core.errors import AccessDeniedException, ValidationException
from ....region.service import Context
from ..state import State


def check_arn(ctx: Context[State], arn: str, kind: str) -> None:
    """ValidationException if this is the ARN of no `kind` of work, AccessDeniedException if of another region's or
    account's."""
    parts = arn.split(":", 5)
    if parts[0] != "arn" or len(parts) != 6:
        raise ValidationException(f"Invalid {kind.capitalize()} ARN: {arn}")
    if parts[1:5] != ["aws", "dynamodb", ctx.region, ctx.account]:
        raise AccessDeniedException(f"User: {ctx.caller.arn} is not authorized to perform this on {arn}")
    if f"/{kind}/" not in parts[5]:
        raise ValidationException(f"Invalid {kind.capitalize()} ARN: {arn}")
