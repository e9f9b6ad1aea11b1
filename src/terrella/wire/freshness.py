"""Is a signature of this time? Requests bear a few minutes of skew, presigned URLs say how long they hold."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta

from ..core.errors import AwsError, IncompleteSignatureException
from .quirks import S3_LIKE
from .signature import RequestExpired, RequestTimeTooSkewed, Signature, family, refusal

_DATE = re.compile(r"\d{8}T\d{6}Z")


def check_time(signature: Signature, now: float) -> None:
    """Raise unless a request signed at that date may be served now (epoch seconds)."""
    if signature.presigned:
        _check_expiry(signature, _epoch(signature.date), now)
        return
    earliest, latest = _borne(signature.date, signature.service)
    if not earliest <= now <= latest:
        _, minutes = family(signature.service)
        raise _skewed(signature, _epoch(signature.date), now, minutes)


def seconds(when: datetime | float) -> float:
    """Epoch seconds."""
    return when.timestamp() if isinstance(when, datetime) else float(when)


@functools.lru_cache(maxsize=4096)
def _borne(date: str, service: str) -> tuple[float, float]:
    """When a service may be asked what was signed at that date."""
    signed, (_, minutes) = _epoch(date), family(service)
    return signed - minutes * 60, signed + minutes * 60


@functools.lru_cache(maxsize=4096)
def _epoch(date: str) -> float:
    if _DATE.fullmatch(date):
        try:
            return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            pass  # digits that are no day
    raise IncompleteSignatureException(
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _skewed(signature: Signature, signed: float, now: float, minutes: int) -> AwsError:
    if signature.service in S3_LIKE:
        return RequestTimeTooSkewed(
            "The difference between the request time and the current time is too large.",
            RequestTime=signature.date,
            ServerTime=iso(now),
            MaxAllowedSkewMilliseconds=minutes * 60_000,
        )
    if signed < now:
        words, edge, sign = ("Signature expired", "is now earlier than"), now - minutes * 60, "-"
    else:
        words, edge, sign = ("Signature not yet current", "is still later than"), now + minutes * 60, "+"
    around = f"{basic(edge)} ({basic(now)} {sign} {minutes} min.)"
    return refusal(signature, f"{words[0]}: {signature.date} {words[1]} {around}")


def _check_expiry(signature: Signature, signed: float, now: float) -> None:
    assert signature.expires is not None
    if now > signed + signature.expires:
        if signature.service in S3_LIKE:
            raise RequestExpired(
                "Request has expired",
                **{
                    "X-Amz-Expires": signature.expires,
                    "Expires": iso(signed + signature.expires),
                    "ServerTime": iso(now),
                },
            )
        raise refusal(
            signature,
            f"Signature expired: {signature.date} is now earlier than {basic(now - signature.expires)} "
            f"({basic(now)} - {signature.expires // 60} min.)",
        )
    if signed > now + 15 * 60:
        raise (
            RequestExpired("Request is not yet valid")
            if signature.service in S3_LIKE
            else _skewed(signature, signed, now, 15)
        )


def basic(seconds: float) -> str:
    return _at(seconds).strftime("%Y%m%dT%H%M%SZ")


def iso(seconds: float) -> str:
    return _at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 253_402_300_000))
