"""Keeping things so that the database alone does not tell them: AES-256-GCM under the server's secrets."""

import hmac
import os
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

_NONCE = 12


class Sealed(NamedTuple):
    """What is stored: which key opens it, and what it then is."""

    key_id: bytes  # 6 bytes
    sealed: bytes


class Seals:
    """Seals with the newest secret of a ring, opens with any. Each thing is bound to what it belongs to.

    The keys follow from the secrets and from what they are `used_for`, by HKDF (RFC 5869), of which one
    block is as long as a key.
    """

    def __init__(self, ring: Sequence[str], used_for: bytes) -> None:
        extracted = [hmac.digest(used_for, secret.encode(), "sha256") for secret in ring]
        keys = [hmac.digest(each, b"sealing\x01", "sha256") for each in extracted]
        self._keys = {blake2b(key, digest_size=6).digest(): key for key in keys}
        self.newest, *self.older = self._keys

    def seal(self, data: bytes, bound_to: bytes) -> Sealed:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        return Sealed(self.newest, nonce + AESGCM(self._keys[self.newest]).encrypt(nonce, data, bound_to))

    def open(self, sealed: Sealed, bound_to: bytes) -> bytes | None:
        """None when the secret is gone, or what was stored has been altered."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._keys.get(sealed.key_id)
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(sealed.sealed[:_NONCE], sealed.sealed[_NONCE:], bound_to)
        except InvalidTag:
            return None
