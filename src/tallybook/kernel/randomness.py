"""Chance: a session's reproducible randomness, and the unpredictable kind for keys and secrets."""

import hashlib
import random
import secrets
from dataclasses import dataclass
from random import Random

ROOM_KEY_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without 0/O, 1/I/L
ROOM_KEY_LENGTH = 6
INVITATION_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Seed:
    """The secret from which every chance outcome of one session follows."""

    secret: bytes

    @classmethod
    def fresh(cls) -> "Seed":
        return cls(secrets.token_bytes(32))

    def random(self, *path: object) -> Random:
        """A generator for one purpose; the same path always gives the same sequence."""
        name = ":".join(str(part) for part in path).encode()
        return random.Random(hashlib.blake2b(name, key=self.secret).digest())

    def commitment(self) -> str:
        """A hex digest that can be published before the game and checked after it."""
        return hashlib.blake2b(self.secret, digest_size=32, person=b"tallybook-seed").hexdigest()


def room_key() -> str:
    """A fresh key for a room; there are about 887 million."""
    return "".join(secrets.choice(ROOM_KEY_ALPHABET) for _ in range(ROOM_KEY_LENGTH))


def invitation_code() -> str:
    """A fresh code that stands for a player, too rare to be found by trying."""
    return "".join(secrets.choice(ROOM_KEY_ALPHABET) for _ in range(INVITATION_LENGTH))


def spread(seconds: float) -> float:
    """A pause between half as long and as long, so that those who failed together do not come back so."""
    return seconds * (0.5 + secrets.randbelow(1_000_001) / 2_000_000)


_traces = Random(secrets.token_bytes(32))


def trace_id() -> str:
    """A fresh id of 32 hex digits for what one request causes; nobody is kept out by not knowing it."""
    return f"{_traces.getrandbits(128) or 1:032x}"


def connection_id() -> str:
    """A fresh id for a connection, which whoever knows it may resume."""
    return secrets.token_urlsafe(18)
