"""Which stream a career is: a UUID made of the game and the player."""

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID


@lru_cache(maxsize=100_000)
def career_id(game_id: UUID, player_id: UUID) -> UUID:
    """The stream of one player in one game: a UUID of version 8 (RFC 9562)."""
    return derived_id(b"career", game_id.bytes, player_id.bytes)


def derived_id(what: bytes, *parts: bytes) -> UUID:
    """An id that follows from what it names."""
    digest = blake2b(b"".join(parts), digest_size=16, person=what).digest()
    value = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | 0x8 << 76 | 0x2 << 62)
