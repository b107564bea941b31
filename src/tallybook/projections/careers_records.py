"""The best that somebody has done in each game, each with the sessions in which that was."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from tallybook.projections.results import Sitting, sittings
from tallybook.projections.standings import count

Achieved = Literal["highest_score", "lowest_score", "longest_streak", "longest_session"]


class Best(msgspec.Struct, frozen=True):
    """A record, and where it was set; a streak lasts from `first` to `last`."""

    record: Achieved
    value: int | str  # of a session's length in milliseconds
    first: UUID
    last: UUID
    since: int  # when the first of the sessions ended
    at: int  # when the last one did


def records_of(connection: Connection, slot: str, person_id: UUID) -> dict[UUID, list[Best]]:
    """By game; the earlier of two equal records stands."""
    found = sittings(connection, slot, [person_id]).get(person_id, {})
    return best_of(sitting for sitting, _ in found.values())


def best_of(sat: Iterable[Sitting]) -> dict[UUID, list[Best]]:
    book: dict[UUID, dict[Achieved, Best]] = {}
    streaks: dict[UUID, tuple[int, UUID, int]] = {}
    for played, own in sorted(sat, key=lambda pair: pair[0].when):
        best = book.setdefault(played.game_id, {})
        here, at = played.session_id, played.ended_at
        counted = count(played, own)
        if counted.score is not None:
            score = Decimal(counted.score)
            if "highest_score" not in best or score > Decimal(best["highest_score"].value):
                best["highest_score"] = Best("highest_score", counted.score, here, here, at, at)
            if "lowest_score" not in best or score < Decimal(best["lowest_score"].value):
                best["lowest_score"] = Best("lowest_score", counted.score, here, here, at, at)
        lasted = played.playtime // 1_000
        if lasted and ("longest_session" not in best or lasted > int(best["longest_session"].value)):
            best["longest_session"] = Best("longest_session", lasted, here, here, at, at)
        if played.mode != "competitive" or counted.outcome is None:
            continue
        if counted.outcome != "won":
            streaks.pop(played.game_id, None)
            continue
        before, first, since = streaks.get(played.game_id, (0, here, at))
        streaks[played.game_id] = before + 1, first, since
        if "longest_streak" not in best or before + 1 > int(best["longest_streak"].value):
            best["longest_streak"] = Best("longest_streak", before + 1, first, here, since, at)
    return {game_id: list(best.values()) for game_id, best in book.items()}
