"""Who asks: an account and an access key, if the world knows any; its signature is verified then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.clock import Clock
from ..core.errors import MissingAuthenticationTokenException
from ..wire import sigv4
from ..wire.http import Request
from .service import Caller

if TYPE_CHECKING:
    from .region import WorldFacts


def known(world: WorldFacts, request: Request, signature: sigv4.Signature | None, clock: Clock) -> Caller:
    """Whoever signed a request. In a world without credentials anybody is let in.

    Raises MissingAuthenticationTokenException and what `wire.sigv4` refuses.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """
    if not world.credentials:
        return Caller(world.account, signature.access_key if signature else None, request.source)
    if signature is None:
        raise MissingAuthenticationTokenException("Request is missing Authentication Token")
    secret = world.credentials.get(signature.access_key)
    if secret is None:
        raise sigv4.unknown_key(signature)
    sigv4.verify(request, signature, secret, clock.now())
    return Caller(world.account, signature.access_key, request.source)


def anybody(world: WorldFacts, request: Request) -> Caller:
    """Somebody who need not say who it is."""
    return Caller(world.account, None, request.source)
