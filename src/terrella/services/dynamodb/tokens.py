"""Tokens of transactions: for ten minutes, one that comes again does nothing again.

    dynamodb.tokens           token -> {"digest" of what was asked, "until"}

Every transaction of an SDK has one, so there are many: what is over is found by time, not looked for.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections import deque

from ...store.maps import Maps
from .errors import IdempotentParameterMismatchException


class Tokens:
    """Those that were used in the last ten minutes, and some whose time is over."""

    def __init__(self, maps: Maps) -> None:
        self._known = maps.objects("dynamodb.tokens")
        self._by_time = deque(sorted((data["until"], token) for token, data in self._known.items()))

    def used(self, token: str, digest: str, now: float) -> bool:
        """Whether it was used for the same request. IdempotentParameterMismatchException if for another."""
        known = self._known.get(token)
        if known is None or known["until"] < now:
            return False
        if known["digest"] != digest:
            raise IdempotentParameterMismatchException(
                "Request parameters do not match the parameters of an earlier request with this token"
            )
        return True

    def remember(self, now: float, token: str, digest: str, until: float) -> None:
        """For change functions."""
        while self._by_time and self._by_time[0][0] < now:
            over, old = self._by_time.popleft()
            known = self._known.get(old)
            if known is not None and known["until"] == over:  # otherwise it was used again
                self._known.delete(old)
        self._known.put(token, {"digest": digest, "until": until})
        self._by_time.append((until, token))

    def __len__(self) -> int:
        return len(self._known)
