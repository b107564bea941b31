"""Keys as bytes whose order is the listed order, so that every technology compares them with memcmp."""

from struct import Struct

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1

_PACKED = Struct(">QQQ")
_BIAS = 1 << 63


def key(score: int, second: int, since: int, *, highest: bool, second_highest: bool) -> bytes:
    """The key of somebody with this `score`, then this second criterion, since that ledger position.

    Smaller keys are better. Scores beyond 64 bits count as the nearest one within.
    """
    return _PACKED.pack(_ordered(score, highest), _ordered(second, second_highest), since)


def parts(packed: bytes, *, highest: bool, second_highest: bool) -> tuple[int, int, int]:
    """Score, second criterion and position of a key."""
    score, second, since = _PACKED.unpack(packed)
    return _number(score, highest), _number(second, second_highest), since


def _ordered(number: int, highest: bool) -> int:  # noqa: FBT001  # a criterion's direction
    within = number if LOWEST <= number <= HIGHEST else min(max(number, LOWEST), HIGHEST)
    return HIGHEST - within if highest else within + _BIAS


def _number(ordered: int, highest: bool) -> int:  # noqa: FBT001  # a criterion's direction
    return (2 * _BIAS - 1 - ordered if highest else ordered) - _BIAS
