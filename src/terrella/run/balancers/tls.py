"""What a listener shows for a name: the certificate among its own that covers it, else its default one.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ...services.elbv2.client_certificates import Secured
from ..tls import Authority
from .openssl import ByOpenSSL

Certificate = dict[str, Any]


class Asked(NamedTuple):
    """What a client's first TLS message asked for: a name, None unless a certificate covers it, which one it is
    shown, and when."""

    name: str | None
    shown: str
    at: float


class ListenerCertificates:
    """TLS contexts of one listener. `certificates` gives what it has now, the default first, `alpn` what it speaks."""

    def __init__(
        self, authority: Authority, certificates: Callable[[], list[Certificate]], alpn: Callable[[], tuple[str, ...]]
    ) -> None:
        self._authority, self._certificates, self._alpn = authority, certificates, alpn
        self._contexts: dict[tuple[str, float, tuple[str, ...]], ssl.SSLContext] = {}
        self.base = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.base.minimum_version = ssl.TLSVersion.TLSv1_2
        self._speak(self.base)
        self.base.sni_callback = self._choose

    def ready(self) -> bool:
        """Make the default certificate the one for clients that name nobody. False without one."""
        found = self._certificates()
        if not found:
            return False
        self._load(self.base, found[0])
        return True

    def _choose(self, connection: ssl.SSLObject, name: str | None, base: ssl.SSLContext) -> int | None:
        found = self._certificates()
        if not found:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        shown = chosen(found, (name or "").lower().rstrip("."))
        connection.context = self._context(shown)
        connection.asked = asked(name, shown)  # type: ignore[attr-defined]
        return None

    def _context(self, certificate: Certificate) -> ssl.SSLContext:
        key = (certificate["Arn"], certificate["IssuedAt"], self._alpn())
        context = self._contexts.get(key)
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._speak(context)
            self._load(context, certificate)
            self._contexts[key] = context
        return context

    def _speak(self, context: ssl.SSLContext) -> None:
        if alpn := self._alpn():
            context.set_alpn_protocols(list(alpn))

    def _load(self, context: ssl.SSLContext, certificate: Certificate) -> None:
        pem = pem_of(self._authority, certificate)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # ssl reads certificates from files only
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)


def pem_of(authority: Authority, certificate: Certificate) -> bytes:
    """An imported certificate is shown as it is; of ACM's own the world's authority makes one."""
    if not certificate.get("PrivateKey"):
        return authority.certificate(*certificate["Names"])
    parts = (certificate["PrivateKey"], certificate["Body"], certificate.get("Chain") or "")
    return "\n".join(parts).encode()


def secured(writer: asyncio.StreamWriter) -> Secured | None:
    """What TLS agreed with a client; None without TLS."""
    tls = writer.get_extra_info("ssl_object")
    if tls is None:
        return None
    chain = tuple(tls.shown()) if isinstance(tls, ByOpenSSL) else ()
    return Secured(tls.version() or "", (tls.cipher() or ("",))[0], chain)


def alpn_of(policy: str) -> tuple[str, ...]:
    """The protocols an ALPN policy of a TLS listener speaks, the preferred first; none without a policy."""
    one, two = "http/1.1", "h2"
    found = {"HTTP1Only": (one,), "HTTP2Only": (two,), "HTTP2Optional": (one, two), "HTTP2Preferred": (two, one)}
    return found.get(policy, ())


def asked(name: str | None, shown: Certificate) -> Asked:
    """Note what a client asks for just now, and which certificate it is shown."""
    covered = covers(shown, (name or "").lower().rstrip("."))
    return Asked(name if covered else None, shown["Arn"], time.time())


def covers(certificate: Certificate, name: str) -> bool:
    """Does a certificate name it, exactly or by a wildcard?"""
    return name in certificate["Names"] or f"*.{name.partition('.')[2]}" in certificate["Names"]


def chosen(certificates: list[Certificate], name: str) -> Certificate:
    """The certificate for a name: one that names it exactly, one with a fitting wildcard, the default."""
    for wanted in (name, f"*.{name.partition('.')[2]}"):
        for each in certificates:
            if wanted in each["Names"]:
                return each
    return certificates[0]
