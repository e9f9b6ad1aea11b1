"""Certificates of one region, and which of them covers a host name.

    acm.certificates    arn -> {"Arn", "Names" (the first is the DomainName), "Type", "Method", "CreatedAt",
                        "Token", "Options", "KeyAlgorithm", "Proven" {name: time}, "IssuedAt", "Serial",
                        "ValidationDomains", "Tags"} and, of imported ones, what their PEM says

Statuses are not kept: they follow from what is proven and from the time.
"""

from __future__ import annotations

from typing import Any

from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps

Certificate = dict[str, Any]
VALID_FOR_S = 198 * 86_400
VALIDATION_WITHIN_S = 72 * 3600


class State:
    """The certificates, and an index of the names they cover."""

    def __init__(self, maps: Maps) -> None:
        self.certificates = maps.objects("acm.certificates")
        self._covering: dict[str, list[str]] | None = None

    def issued_for(self, host: str, now: float | None = None) -> Certificate | None:
        """A certificate this region may show for a host name; None if it has none.

        A wildcard covers one label. With `now`, in epoch seconds, expired ones are left out.
        """
        host = host.lower().rstrip(".")
        for name in (host, f"*.{host.partition('.')[2]}"):
            for arn in self._index().get(name, ()):
                found: Certificate | None = self.certificates.get(arn)
                if found is not None and (now is None or now < expires_at(found)):
                    return found
        return None

    def pending(self) -> list[Certificate]:
        """Certificates whose names are not all proven yet by DNS."""
        return [
            each
            for _, each in self.certificates.items()
            if each["IssuedAt"] is None and each["Type"] == "AMAZON_ISSUED" and each["Method"] == "DNS"
        ]

    def put(self, certificate: Certificate) -> None:
        self.certificates.put(certificate["Arn"], certificate)
        self._covering = None

    def delete(self, arn: str) -> None:
        self.certificates.delete(arn)
        self._covering = None

    def _index(self) -> dict[str, list[str]]:
        if self._covering is None:
            self._covering = {}
            for arn, each in self.certificates.items():
                if each["IssuedAt"] is not None:
                    for name in each["Names"]:
                        self._covering.setdefault(name, []).append(arn)
        return self._covering


def expires_at(certificate: Certificate) -> float:
    """When an issued certificate ends. ACM's own are valid for 198 days; imported ones say so themselves."""
    if "NotAfter" in certificate:
        return float(certificate["NotAfter"])
    return float(certificate["IssuedAt"]) + VALID_FOR_S


def status(certificate: Certificate, now: float, speed: float = 1.0) -> str:
    """The status at a time. `speed` shortens the 72 hours ACM waits for validation."""
    if certificate["IssuedAt"] is not None:
        return "ISSUED" if now < expires_at(certificate) else "EXPIRED"
    if now < certificate["CreatedAt"] + VALIDATION_WITHIN_S / speed:
        return "PENDING_VALIDATION"
    return "VALIDATION_TIMED_OUT"


service = Service("acm", State)


@service.change
def certificate_stored(state: State, change: Change, *, certificate: Certificate) -> None:
    state.put(certificate)


@service.change
def certificate_deleted(state: State, change: Change, *, arn: str) -> None:
    state.delete(arn)
