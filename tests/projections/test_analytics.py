"""Analytics of a small January, counted by hand.

    January 2026   Thu 1   Fri 2   Sat 3   Sun 4 | Mon 5     Tue 6     ...  Sun 11 | Mon 12   Tue 13   Wed 14
    Ana            score                         | session   session               | report
    Ben                                          | session   session               |                   session
    Cleo                   guest                 |           score                 |
    Dov                                          |                          steps  | unlock
    a bot          score  steps                  | session   session               |
    Eve                                          |                                 |          voided

Ana's and Ben's session began on Monday at 23:30 and ended an hour later. What Cleo did on the second she did
as a guest, who was merged into her account. Ben's session of the fourteenth is still being played. Fay sits
at a table that has not begun, and Ana played another game on the twentieth; neither is anything here.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, insert, select

from tallybook.accounts.tables import merges
from tallybook.careers.events import (
    AchievementProgressed,
    AchievementRevoked,
    AchievementUnlocked,
    Reported,
    ScoreSubmitted,
    StatsReported,
)
from tallybook.careers.streams import career_id
from tallybook.database.engine import Transaction, open_database
from tallybook.kernel.events import Event, Recorded
from tallybook.kernel.text import FreeText
from tallybook.projections.analytics import NO_TIER, Analytics, days, unlocks
from tallybook.projections.analytics_figures import (
    Source,
    Unlocked,
    buckets,
    count_active,
    count_players,
    count_returning,
    funnel,
    unlock_times,
    usual_order,
)
from tallybook.projections.sessions import SessionDirectory
from tallybook.rules.protocol import Config, Seat
from tallybook.sessions.events import SessionCreated, SessionFinished, SessionStarted, SessionVoided
from tests.projections.evenings import Evening, game, player, result

ANA, BEN, CLEO, CLEO_AS_GUEST, DOV, BOT, EVE, FAY = range(8)
BOARD, FIRST, MASTER, SCOUT = (UUID(int=0x5000 + n) for n in range(4))
HOUR = 3_600_000_000
MIDNIGHT = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def on(day: int, hour: float = 12) -> int:
    """A time of a day in January 2026."""
    return MIDNIGHT + round((24 * (day - 1) + hour) * HOUR)


class January(Evening):
    """Writes events down with the times that clients give."""

    def does(self, number: int, event: Event, at: int, *, in_game: int = 0) -> None:
        self.happens(career_id(game(in_game), player(number)), event, at)

    def scores(self, number: int, at: int, *, in_game: int = 0, bot: bool = False) -> None:
        said = ScoreSubmitted(game(in_game), player(number), BOARD, 7, bot=bot)
        self.does(number, said, at, in_game=in_game)

    def unlocks(self, number: int, what: UUID, at: int, tier: int | None = None) -> None:
        self.does(number, AchievementUnlocked(game(0), player(number), what, tier=tier), at)

    def sits(self, *numbers: int, began: int | None = None, ended: int | None = None) -> UUID:
        session_id = UUID(int=0x3000 + len(self.sessions))
        created = SessionCreated(
            room_id=session_id, key="ABC234", public=False, game_id=game(0), rules="scoresheet",
            rules_version=1, config=Config(win="highest"), host_id=player(ANA), scorekeepers=(),
            seats=tuple(Seat(n, player(who), is_bot=who == BOT) for n, who in enumerate(numbers)),
        )  # fmt: skip
        self.sessions.append((session_id, created))
        self.happens(session_id, created, began or on(1))
        if began is not None:
            self.happens(session_id, SessionStarted(), began)
        if ended is not None:
            self.happens(session_id, SessionFinished(result(created, [1] * len(numbers))), ended)
        return session_id


def january() -> January:
    log = January()
    log.scores(BOT, on(1), bot=True)
    log.does(BOT, AchievementProgressed(game(0), player(BOT), FIRST, 3, bot=True), on(2))
    log.scores(ANA, on(1, hour=10))
    log.scores(CLEO_AS_GUEST, on(2, hour=11))
    log.unlocks(CLEO_AS_GUEST, FIRST, on(2, hour=14))
    log.unlocks(ANA, FIRST, on(5, hour=10))
    log.sits(ANA, BEN, BOT, began=on(5, hour=23.5), ended=on(6, hour=0.5))
    log.unlocks(BEN, FIRST, on(6, hour=0.5))
    log.scores(CLEO, on(6, hour=9))
    log.unlocks(CLEO, SCOUT, on(6, hour=11))
    log.unlocks(CLEO, FIRST, on(6, hour=12))
    log.does(DOV, AchievementProgressed(game(0), player(DOV), FIRST, 3), on(11))
    log.unlocks(DOV, FIRST, on(12))
    log.unlocks(DOV, MASTER, on(12), tier=1)
    log.does(DOV, AchievementRevoked(game(0), player(DOV), MASTER, tier=1), on(12))
    log.does(ANA, StatsReported(game(0), player(ANA), (Reported("coins", value=5),)), on(12, hour=9))
    log.unlocks(ANA, MASTER, on(12, hour=10), tier=1)
    voided = log.sits(EVE, ANA, began=on(13), ended=on(13, hour=13))
    log.happens(voided, SessionVoided(FreeText.of("a rehearsal")))
    log.sits(BEN, began=on(14))
    log.sits(FAY)
    log.scores(ANA, on(20), in_game=1)
    return log


GAME = Source(game(0), "a", "a")


def test_the_figures_are_those_of_the_pencil(url: str) -> None:
    def count(connection: Connection) -> None:
        apply(connection, january().log)
        # Ana, Ben, Cleo and Dov.
        assert count_players(connection, GAME) == 4

        # On Monday Ben is new; on Tuesday all three have been there before.
        by_day = buckets("day", date(2026, 1, 1), date(2026, 1, 6))
        assert count_active(connection, GAME, by_day) == [(1, 1), (1, 1), (0, 0), (0, 0), (2, 1), (3, 0)]
        # Seen from Monday on, Ana and Cleo are not new although their first days are out of sight.
        later = buckets("day", date(2026, 1, 5), date(2026, 1, 6))
        assert count_active(connection, GAME, later) == [(2, 1), (3, 0)]
        # Weeks of 29 December (Ana, Cleo), 5 January (everybody; Ben and Dov are new), 12 January (not Cleo).
        by_week = buckets("week", date(2026, 1, 1), date(2026, 1, 18))
        assert count_active(connection, GAME, by_week) == [(2, 2), (4, 2), (3, 0)]
        by_month = buckets("month", date(2025, 12, 31), date(2026, 1, 1))
        assert count_active(connection, GAME, by_month) == [(0, 0), (4, 4)]

        # Of Ana and Cleo both came back the week after and Ana once more; Ben and Dov came back at once.
        assert count_returning(connection, GAME, by_week, 3) == [[2, 2, 1], [2, 2], [0]]
        # Ana of 1 January was there on the 5th and 6th, Cleo of the 2nd on the 6th.
        assert count_returning(connection, GAME, by_day, 2) == [[1, 0, 0, 0, 1, 1], [1, 0, 0, 0, 1]]

        # First seen: Ana 1 Jan 10:00, Ben 5 Jan 23:30, Cleo 2 Jan 11:00, Dov 11 Jan 12:00. The first
        # achievement took them 96, 1, 3 and 24 hours: the median is half of 3 + 24. Ana's tier took 11 days,
        # Cleo's scout 4; Dov's tier was revoked.
        assert unlock_times(connection, GAME) == {
            (FIRST, NO_TIER): Unlocked(4, round(13.5 * HOUR)),
            (MASTER, 1): Unlocked(1, 264 * HOUR),
            (SCOUT, NO_TIER): Unlocked(1, 96 * HOUR),
        }

        # Everybody's first is the first but for Cleo's account, whose person had it as a guest before.
        steps = usual_order(connection, GAME)
        assert steps == [(FIRST, NO_TIER), (MASTER, 1), (SCOUT, NO_TIER)]
        # Cleo is a scout without being a master.
        assert funnel(connection, GAME, steps) == [(4, 4), (1, 1), (1, 0)]
        assert funnel(connection, GAME, [(SCOUT, NO_TIER), (FIRST, NO_TIER)]) == [(1, 1), (4, 1)]

        # Split again, the guest is a fifth person, first seen on the second.
        connection.execute(merges.delete())
        assert count_players(connection, GAME) == 5
        assert count_active(connection, GAME, by_day) == [(1, 1), (1, 1), (0, 0), (0, 0), (2, 1), (3, 1)]

    run(url, count)


def test_piece_by_piece_and_twice_leaves_the_rows_of_a_rebuild(url: str) -> None:
    def compare(connection: Connection) -> None:
        log = january().log
        projection = Analytics()
        for start in range(0, len(log), 3):
            for _ in range(2):
                projection.apply(connection, "a", log[start : start + 3])
        projection.apply(connection, "a", log[::2])
        projection.apply(connection, "b", log)
        for tables in (days, unlocks):
            one, other = (
                sorted(map(tuple, connection.execute(select(tables[slot])).all()), key=repr) for slot in "ab"
            )
            assert one == other
            assert one
        projection.clear(connection, "b")
        assert connection.execute(select(days["b"])).all() == []

    run(url, compare)


def apply(connection: Connection, log: Sequence[Recorded]) -> None:
    SessionDirectory().apply(connection, "a", log)
    Analytics().apply(connection, "a", log)
    merged = {"player_id": player(CLEO_AS_GUEST), "into_id": player(CLEO), "merged_at": on(7)}
    connection.execute(insert(merges).values(merged))


def run(url: str, transaction: Transaction[None]) -> None:
    async def through() -> None:
        database = open_database(url)
        try:
            await database.write(transaction)
        finally:
            await database.close()

    asyncio.run(through())
