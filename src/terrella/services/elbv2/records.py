"""What is remembered of one request at a node, from its head to the last byte of its answer; and of one connection.

Metrics are counted from it (measuring.py), lines of logs are written of it (lines.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .deciding import Forward
    from .matching import Ask

Plain = dict[str, Any]
Address = tuple[str, int]
GONE = 460  # the client went away before there was an answer; it never gets to see this


@dataclass(slots=True)
class Wire:
    """What is known of a client's connection. `name` is what its TLS asked for, `shown` the certificate's ARN.

    `handshake_s` is the time from the client's first TLS message to the last; None without TLS, as all of it.
    """

    client: Address
    since: float
    protocol: str | None = None
    cipher: str | None = None
    name: str | None = None
    shown: str | None = None
    resumed: bool = False
    handshake_s: float | None = None
    trace: str = "-"


@dataclass(slots=True)
class Record:
    """One request. Moments are seconds since 1970, None for what never came; `received` and `sent` are bytes.

    `status` is what the client got, `target_status` what the target answered; `reason` why a function failed.
    """

    wire: Wire
    port: int
    began: float
    version: str = "-"
    received: int = 0
    sent: int = 0
    ask: Ask | None = None  # as it came, before any rewriting
    forward: Forward | None = None
    trace: str = "-"
    sent_at: float | None = None
    answered_at: float | None = None
    replied_at: float | None = None
    target_status: int | None = None
    status: int = 0
    reason: str = "-"
    redirect: str = "-"
    refused: str = ""  # the metric of a connection to the target that was not made
    upgraded: bool = False
    quit: bool = False  # when the answer was there the client had already said that it would send no more

    def replied(self, status: int, at: float) -> None:
        """The client's answer has begun."""
        self.status, self.replied_at = status, at
