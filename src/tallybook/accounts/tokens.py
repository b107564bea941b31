"""Access tokens: JWTs signed with a ring of secrets, verified once and then remembered."""

import os
import secrets
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

import jwt
import msgspec

from tallybook.accounts.events import Kind
from tallybook.kernel.clock import Clock
from tallybook.kernel.refusals import Refusal

LIFETIME = 3600  # seconds
LONGEST = 2_048  # characters; ours have some 350
MOST_REMEMBERED = 50_000
_ISSUER = "tallybook"
_ALGORITHM = "HS256"
_SECOND = 1_000_000  # microseconds


class Claims(msgspec.Struct, frozen=True):
    """Whom a token stands for."""

    player_id: UUID
    kind: Kind
    roles: frozenset[str]
    sign_in: UUID  # the device: its refresh tokens form one family
    expires_at: int  # microseconds since 1970 UTC


class _Payload(msgspec.Struct):
    sub: UUID
    kind: Kind
    sid: UUID
    exp: int
    roles: tuple[str, ...] = ()


def kept_secrets(folder: Path) -> tuple[str, ...]:
    """The secrets kept in the data folder, one a line and newest first; made when there are none."""
    path = folder / "secret_keys"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".secret_keys.{os.getpid()}"
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
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
        self._keys = {blake2b(key, digest_size=6).hexdigest(): key for key in keys}
        self._newest = next(iter(self._keys))
        self._remembered: dict[str, Claims] = {}

    def issue(self, player_id: UUID, kind: Kind, roles: Sequence[str], sign_in: UUID) -> str:
        now = self._clock.now() // _SECOND
        payload = {
            "iss": _ISSUER,
            "sub": str(player_id),
            "kind": kind,
            "sid": str(sign_in),
            "iat": now,
            "exp": now + LIFETIME,
        }
        if roles:
            payload["roles"] = list(roles)
        return jwt.encode(
            payload, self._keys[self._newest], algorithm=_ALGORITHM, headers={"kid": self._newest}
        )

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
        if len(token) > LONGEST:
            raise refusal
        try:
            key = self._keys[str(jwt.get_unverified_header(token).get("kid"))]
            decoded = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"verify_exp": False, "verify_iat": False},  # our clock decides
            )
            payload = msgspec.convert(decoded, _Payload)
        except (jwt.InvalidTokenError, KeyError, msgspec.ValidationError, UnicodeError):
            raise refusal from None
        roles = frozenset(payload.roles)
        return Claims(payload.sub, payload.kind, roles, payload.sid, payload.exp * _SECOND)
