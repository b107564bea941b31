"""Leaderboards, achievements, seasons and webhooks."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from tallybook.accounts.known import KnownPlayers
from tallybook.bootstrap.ground import Ground
from tallybook.bootstrap.people import People
from tallybook.bootstrap.played import Played
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.season_definitions import Seasons
from tallybook.catalogue.webhooks import Webhooks
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.delivery.scores import Scores
from tallybook.kernel.clock import Clock
from tallybook.projections.records.ranks import Ranks
from tallybook.projections.records.records import Records
from tallybook.ranking.memory import MemoryRanking
from tallybook.ranking.port import Ranking
from tallybook.reactions.delivering import Delivering
from tallybook.reactions.unlocking import Unlocking
from tallybook.settings import Settings


def _ranking(settings: Settings, ledger: str, clock: Clock) -> Ranking:
    """What answers questions about ranks. Releases that make other entries of the same events share none."""
    if settings.redis_url is None:
        return MemoryRanking()
    from tallybook.ranking.redis import RedisRanking

    prefix = f"tallybook:ranks:{Records.version}:{ledger}:"
    return RedisRanking(settings.redis_url, prefix=prefix, clock=clock)


@dataclass(frozen=True, slots=True)
class Scoring:
    """Leaderboards, achievements, seasons and webhooks."""

    players: KnownPlayers
    book: BoardBook
    ranks: Ranks
    leaderboards: Leaderboards
    scores: Scores
    seasons: Seasons
    achievements: AchievementDefinitions
    unlocking: Unlocking
    webhooks: Webhooks
    delivering: Delivering


async def build_scoring(ground: Ground, people: People, played: Played, stack: AsyncExitStack) -> Scoring:
    database, ledger, clock = ground.database, ground.ledger, ground.clock
    book = BoardBook(ledger, clock)
    ranks = Ranks(database, ground.records, _ranking(ground.settings, ground.identity, clock))
    await ranks.index.start()
    stack.push_async_callback(ranks.close)
    ledger.subscribe_own(ranks.committed)
    ledger.follower.watch(ranks.index.looked)
    leaderboards = Leaderboards(
        database, ground.records, ground.directory, ranks, book,
        played.names, people.persons, played.following, clock,
    )  # fmt: skip
    players = KnownPlayers(database)
    scores = Scores(ledger, book, ranks, leaderboards, players, clock)
    achievements = AchievementDefinitions(ledger, clock)
    ledger.follower.subscribe(ranks.index.follow)
    for kept in (book, players, achievements):
        ledger.follower.subscribe(kept.follow, *kept.news)
    webhooks = Webhooks(ledger, clock, ground.ring)
    await webhooks.renew_seals()
    return Scoring(
        players,
        book,
        ranks,
        leaderboards,
        scores,
        Seasons(ledger, clock),
        achievements,
        Unlocking(database, achievements, ledger, ground.directory, ground.unlocks),
        webhooks,
        Delivering(database, clock, webhooks, private=ground.settings.webhooks_to_private),
    )
