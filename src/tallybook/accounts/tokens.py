"""Access tokens: JWTs signed with a ring of secrets, verified once and then remembered.

Of JWT (RFC 7519) this is the part that is used here: compact form, HMAC-SHA256, one header a key. A
library for all of it would cost more of the start than everything else about accounts.
"""

import binascii
import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

import msgspec

from tallybook.accounts.events import Kind
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal

LIFETIME = 3600  # seconds
LONGEST = 2_048  # characters; ours have some 350
MOST_REMEMBERED = 50_000
_ISSUER = "tallybook"
_SECOND = 1_000_000  # microseconds


class Claims(msgspec.Struct, frozen=True):
    """Whom a token stands for."""

    player_id: UUID
    kind: Kind
    roles: frozenset[str]
    sign_in: UUID  # the device: its refresh tokens form one family
    expires_at: int  # microseconds since 1970 UTC


class _Payload(msgspec.Struct, omit_defaults=True):
    iss: str
    sub: UUID
    kind: Kind
    sid: UUID
    iat: int
    exp: int
    roles: tuple[str, ...] = ()


_decode_payload = msgspec.json.Decoder(_Payload).decode


def kept_secrets(folder: Path, *, given: Sequence[str] = ()) -> tuple[str, ...]:
    """The secrets kept in the data folder, one a line and newest first; `given` or fresh ones when there
    are none."""
    path = folder / "secret_keys"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".secret_keys.{os.getpid()}"
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.writelines(f"{secret}\n" for secret in given or (secrets.token_urlsafe(48),))
        try:
            os.link(fresh, path)  # appears complete, and never in the place of another process's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return tuple(line.strip() for line in path.read_text().splitlines() if line.strip())


class AccessTokens:
    """Issues with the newest secret, verifies with any."""

    def __init__(self, ring: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        keys = [blake2b(secret.encode(), digest_size=32, person=b"tallybook-jwt").digest() for secret in ring]
        self._keys = {_header(key): key for key in keys}
        self._newest = next(iter(self._keys))
        self._remembered: dict[str, Claims] = {}

    def issue(self, player_id: UUID, kind: Kind, roles: Sequence[str], sign_in: UUID) -> str:
        now = self._clock.now() // _SECOND
        payload = _Payload(_ISSUER, player_id, kind, sign_in, now, now + LIFETIME, tuple(roles))
        signed = f"{self._newest}.{_base64(msgspec.json.encode(payload))}"
        return f"{signed}.{_signature(self._keys[self._newest], signed)}"

    def verify(self, token: str) -> Claims:
        """The claims of a valid token; refuses with `invalid_token`."""
        claims = self._remembered.get(token)
        if claims is None:
            claims = self._read(token)
            if len(self._remembered) >= MOST_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[token] = claims
        if claims.expires_at <= self._clock.now():
            self._remembered.pop(token, None)
            raise Refusal("invalid_token", "the token has expired: refresh it")
        return claims

    def _read(self, token: str) -> Claims:
        refusal = Refusal("invalid_token", "the token was not issued by this server")
        header, _, rest = token.partition(".")
        key = self._keys.get(header)  # a header that is not ours, letter by letter, has no key
        if key is None or len(token) > LONGEST or not token.isascii():
            raise refusal
        payload, _, signature = rest.partition(".")
        if not hmac.compare_digest(signature, _signature(key, f"{header}.{payload}")):
            raise refusal
        try:
            read = _decode_payload(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (binascii.Error, msgspec.DecodeError):
            raise refusal from None
        if read.iss != _ISSUER:
            raise refusal
        return Claims(read.sub, read.kind, frozenset(read.roles), read.sid, read.exp * _SECOND)


def _header(key: bytes) -> str:
    kid = blake2b(key, digest_size=6).hexdigest()
    return _base64(b'{"alg":"HS256","kid":"%s","typ":"JWT"}' % kid.encode())


def _signature(key: bytes, signed: str) -> str:
    return _base64(hmac.digest(key, signed.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
