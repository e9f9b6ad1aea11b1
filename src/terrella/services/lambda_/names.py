"""How Lambda's callers name things: a name, a partial ARN or an ARN, with or without a qualifier.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
"""

from __future__ import annotations

import re
from typing import Any

from ...region.service import Context
from .errors import InvalidParameterValueException, ResourceNotFoundException

LATEST = "$LATEST"
_FORM = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:|"
    r"(?:(?P<short_account>\d{12}):)?function:|(?P<bare_account>\d{12}):)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


def parse(ctx: Context[Any], given: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """(name, qualifier or None). Refuses other regions' functions and contradicting qualifiers."""
    found = _FORM.fullmatch(given)
    if found is None:
        raise InvalidParameterValueException(f"Invalid function name or ARN: {given}")
    region = found["region"]
    if region is not None and region != ctx.region:
        raise ResourceNotFoundException(
            f"Functions from '{region}' are not reachable in this region ('{ctx.region}')"
        )
    account = found["account"] or found["short_account"] or found["bare_account"]
    if account is not None and account != ctx.account:
        raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, found['name'])}")
    if qualifier and found["qualifier"] and qualifier != found["qualifier"]:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return found["name"], qualifier or found["qualifier"]


def function_arn(ctx: Context[Any], name: str, qualifier: str | None = None) -> str:
    base = f"arn:aws:lambda:{ctx.region}:{ctx.account}:function:{name}"
    return f"{base}:{qualifier}" if qualifier else base


def new_id(ctx: Context[Any]) -> str:
    """A random id in the form of a UUID."""
    return as_uuid(f"{ctx.here.rng.getrandbits(128):032x}")


def as_uuid(digits: str) -> str:
    digits = digits.lower()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
