"""What a load balancer gives to browsers to keep: sealed, so that nobody else reads or alters it.

Also the key by which it signs what it tells targets of users. Both are made with the first action that needs them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...region.service import Context

Plain = dict[str, Any]
_NONCE = 12


def ensure(ctx: Context[Any], load_balancer: str) -> None:
    """Have keys for a load balancer."""
    if load_balancer in ctx.state.identities:
        return
    rng = ctx.here.rng
    signer = ec.derive_private_key(rng.getrandbits(255) | 1, ec.SECP256R1())
    pem = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    digits = f"{rng.getrandbits(128):032x}"
    kid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    value = {"Key": f"{rng.getrandbits(256):064x}", "Signer": pem.decode(), "Kid": kid}
    ctx.commit("entry_put", table="identities", key=load_balancer, value=value)


def sealed(keys: Plain, content: Plain) -> str:
    """The nonce is a digest of the content, so that equal nonces only ever seal equal contents."""
    key, plain = bytes.fromhex(keys["Key"]), orjson.dumps(content)
    nonce = hmac.digest(hashlib.sha256(b"nonce" + key).digest(), plain, "sha256")[:_NONCE]
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, None)).decode().rstrip("=")


def opened(keys: Plain, text: str) -> Plain | None:
    """What was sealed; None if it was not, or not by these keys."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = AESGCM(bytes.fromhex(keys["Key"])).decrypt(data[:_NONCE], data[_NONCE:], None)
    except (binascii.Error, InvalidTag, ValueError):
        return None
    found: Plain = orjson.loads(plain)
    return found


def signed(keys: Plain, header: Plain, payload: Plain) -> str:
    """A JSON web token by ES256, its parts padded as load balancers pad them."""
    key = serialization.load_pem_private_key(keys["Signer"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    said = ".".join(base64.urlsafe_b64encode(orjson.dumps(part)).decode() for part in (header, payload))
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return f"{said}.{signature}"


def public_key(keys: Plain) -> str:
    """The key that verifies what `signed` signs, in PEM."""
    key = serialization.load_pem_private_key(keys["Signer"].encode(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
