"""Routes with IAM authorization: requests must be signed, for execute-api in this region, by somebody the world knows.

Policies are not evaluated: whoever signs rightly is let in. A world without credentials takes every signature.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from ...wire import sigv4
from ...wire.http import Request
from .refusing import Refused
from .state import State


def signer(ctx: Context[State], request: Request) -> str:
    """The access key a request is signed with. Raises Refused."""
    try:
        signature = sigv4.read(request)
        if signature is None or signature.service != "execute-api" or signature.region != ctx.region:
            raise Refused(403, "Forbidden")
        credentials = ctx.here.world.credentials
        if credentials:
            secret = credentials.get(signature.access_key)
            if secret is None:
                raise Refused(403, "Forbidden")
            sigv4.verify(request, signature, secret, ctx.now)
    except AwsError:
        raise Refused(403, "Forbidden") from None
    return signature.access_key


def as_iam(ctx: Context[State], access_key: str) -> dict[str, Any]:
    """`requestContext.authorizer.iam` of format 2.0. The world's keys are all of the account's owner."""
    return {
        "accessKey": access_key, "accountId": ctx.account, "callerId": ctx.account, "cognitoIdentity": None,
        "principalOrgId": None, "userArn": _arn(ctx), "userId": ctx.account,
    }  # fmt: skip


def as_identity(ctx: Context[State], access_key: str) -> dict[str, Any]:
    """What `requestContext.identity` of format 1.0 says of the same."""
    return {
        "accessKey": access_key, "accountId": ctx.account, "caller": ctx.account, "user": ctx.account,
        "userArn": _arn(ctx),
    }  # fmt: skip


def _arn(ctx: Context[State]) -> str:
    return f"arn:aws:iam::{ctx.account}:root"
