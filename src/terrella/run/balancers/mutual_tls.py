"""How listeners with mutual TLS ask their clients for certificates, and which of them they take.

`passthrough` takes any, or none. `verify` takes one that leads to an authority of the listener's trust store and is not
revoked, and ends the handshake otherwise. Sessions are not resumed.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from OpenSSL import SSL, crypto

from ...services.elbv2 import client_certificates
from ...services.elbv2.client_certificates import VERIFY
from ..tls import Authority
from .tls import Certificate, asked, chosen, pem_of

NO_LIST, EXPIRED, OLD_LIST = 3, 10, 12  # X509_V_ERR_UNABLE_TO_GET_CRL, _CERT_HAS_EXPIRED, _CRL_HAS_EXPIRED
DEEPEST = 4
TLS_1_2 = SSL.TLS1_2_VERSION
Plain = dict[str, Any]


@dataclass(slots=True)
class Mutual:
    """Contexts for the connections of one listener. `certificates` and `alpn` are those of the moment; `blob` reads
    one by its digest."""

    authority: Authority
    certificates: Callable[[], list[Certificate]]
    alpn: Callable[[], tuple[str, ...]]

    blob: Callable[[str], bytes]
    _revoked: dict[str, x509.CertificateRevocationList] = field(default_factory=dict)  # by the digest of a list

    def context(self, mutual: Plain, store: Plain | None) -> SSL.Context:
        """For one connection. `mutual` is the listener's MutualAuthentication, `store` its trust store."""
        found = self.certificates()
        context = self._asking(found[0], mutual, store)
        context.set_tlsext_servername_callback(lambda connection: self._choose(connection, found, mutual, store))
        return context

    def _choose(
        self, connection: SSL.Connection, found: list[Certificate], mutual: Plain, store: Plain | None
    ) -> None:
        name = (connection.get_servername() or b"").decode("ascii", "replace")
        certificate = chosen(found, name.lower().rstrip("."))
        connection.set_app_data(asked(name, certificate))
        if certificate is not found[0]:
            # The authorities that count are those of the context in force.
            connection.set_context(self._asking(certificate, mutual, store))

    def _asking(self, certificate: Certificate, mutual: Plain, store: Plain | None) -> SSL.Context:
        """A context that shows a certificate, and asks for the client's."""
        context = self._shown(certificate)
        if mutual["Mode"] != VERIFY or store is None:
            context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
            return context
        kept = context.get_cert_store()
        assert kept is not None
        anchors = client_certificates.authorities(store["Bundle"])
        for each in anchors:
            kept.add_cert(crypto.X509.from_cryptography(each))
        if mutual["AdvertiseTrustStoreCaNames"] == "on":
            context.set_client_ca_list([crypto.X509.from_cryptography(each).get_subject() for each in anchors])
        for found_list in self._lists(store):
            kept.add_crl(found_list)
        kept.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)
        judge = _judge(mutual["IgnoreClientCertificateExpiry"])
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, judge)
        context.set_verify_depth(DEEPEST)
        return context

    def _lists(self, store: Plain) -> list[x509.CertificateRevocationList]:
        """What was revoked, read once."""
        digests = [each["Content"] for each in store["Revocations"]]
        old = self._revoked
        self._revoked = {
            each: old[each] if each in old else client_certificates.revocations(self.blob(each)) for each in digests
        }
        return [self._revoked[each] for each in digests]

    def _shown(self, certificate: Certificate) -> SSL.Context:
        """A context that shows a certificate."""
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(TLS_1_2)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET)
        spoken = [each.encode() for each in self.alpn()]
        context.set_alpn_select_callback(lambda _, offered: _agreed(spoken, offered))
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # chains are read from files only
            file.write(pem_of(self.authority, certificate))
            file.flush()
            context.use_privatekey_file(file.name)
            context.use_certificate_chain_file(file.name)
        return context


def _agreed(spoken: Sequence[bytes], offered: Sequence[bytes]) -> Any:
    return next((each for each in spoken if each in offered), SSL.NO_OVERLAPPING_PROTOCOLS)


def _judge(though_expired: bool) -> Callable[..., bool]:
    """Asked about every certificate of a chain, the leaf at depth 0. An authority without a list revokes nothing."""

    def judge(_: SSL.Connection, certificate: crypto.X509, error: int, depth: int, well: int) -> bool:
        return bool(well) or error in (NO_LIST, OLD_LIST) or (though_expired and error == EXPIRED and depth == 0)

    return judge
