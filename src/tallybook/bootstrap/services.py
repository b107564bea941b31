"""What the endpoints of REST stand on."""

import asyncio
from functools import partial

from tallybook.accounts.erasure import Erasure
from tallybook.bootstrap.ground import Ground
from tallybook.bootstrap.live import Live
from tallybook.bootstrap.people import People
from tallybook.bootstrap.played import Played
from tallybook.bootstrap.scoring import Scoring
from tallybook.catalogue.statistic_definitions import StatisticDefinitions
from tallybook.delivery.achievements import Achievements
from tallybook.delivery.analytics import GameAnalytics
from tallybook.delivery.careers import Careers
from tallybook.delivery.corrections import Corrections
from tallybook.delivery.dashboard import Dashboards
from tallybook.delivery.export import Export
from tallybook.delivery.feed import Feed
from tallybook.delivery.history import History
from tallybook.delivery.leaving import Leaving
from tallybook.delivery.library import Library
from tallybook.delivery.limits.requests import RequestLimits
from tallybook.delivery.notifications import Notifications
from tallybook.delivery.own_lists import OwnLists
from tallybook.delivery.ratings import RatingList
from tallybook.delivery.rest.routing import API
from tallybook.delivery.rest.services import Services
from tallybook.delivery.seasons import SeasonStandings
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.statistics import Statistics
from tallybook.delivery.summaries import Summaries
from tallybook.delivery.timeline import Timelines
from tallybook.delivery.trends import Trends
from tallybook.delivery.unlocking import AchievementDesk
from tallybook.delivery.web.app import WebApp
from tallybook.ledger.following import Runner
from tallybook.projections.analytics import Analytics
from tallybook.projections.careers import was_changed
from tallybook.projections.ratings import Ratings
from tallybook.projections.snapshots import CareerDays
from tallybook.upkeep import projections


def build_services(
    ground: Ground, people: People, played: Played, scoring: Scoring, live: Live, runner: Runner
) -> Services:
    """What the endpoints of REST stand on."""
    settings, clock, database, ledger = ground.settings, ground.clock, ground.database, ground.ledger
    directory, names, naming, tables = ground.directory, played.names, played.naming, played.tables
    summaries = Summaries(database, directory, naming)
    own_lists = OwnLists(database, directory)
    for kept in (summaries, own_lists):
        ledger.follower.subscribe(kept.follow)
    rated = partial(runner.reached, Ratings.name)
    by_day = partial(runner.reached, CareerDays.name)
    return Services(
        database=database,
        clock=clock,
        accounts=people.accounts,
        catalogue=played.catalogue,
        library=Library(database, played.catalogue, directory, f"{API}/sessions/history"),
        sessions=Sessions(ledger, tables, played.opening),
        history=History(database, directory, summaries, own_lists, people.persons),
        statistics=Statistics(
            database, directory, ground.ratings, naming, clock, f"{API}/sessions/history"
        ),
        timelines=Timelines(ledger, tables, names),
        web=WebApp(),
        persons=people.persons,
        claiming=people.claiming,
        following=played.following,
        feed=Feed(database, directory, summaries, people.persons, played.following),
        export=Export(ledger, clock, people.accounts, people.claiming, tables, directory),
        leaving=Leaving(
            ledger,
            people.accounts,
            played.catalogue,
            played.desk,
            directory,
            scoring.webhooks,
            Erasure(ledger, clock, people.revocations),
        ),
        roles=people.roles,
        api_keys=people.api_keys,
        limits=RequestLimits(
            people=settings.rate_limit,
            admins=settings.admin_rate_limit,
            keys=settings.key_rate_limit,
            clock=clock,
            bus=ground.bus,
        ),
        caught_up=ledger.caught_up,
        analytics=GameAnalytics(
            database, directory, ground.analytics, clock, partial(runner.reached, Analytics.name)
        ),
        careers=Careers(database, ledger),
        statistic_definitions=StatisticDefinitions(
            ledger, clock, lambda *asked: was_changed(asked[0], ground.careers.slot, *asked[1:])
        ),
        dashboards=Dashboards(
            database, people.persons, names, directory, ground.careers, ground.unlocks,
            ground.days, ground.ratings, lambda: asyncio.gather(rated(), by_day()),
        ),
        trends=Trends(database, people.persons, directory, ground.days, clock, by_day),
        seasons=scoring.seasons,
        season_standings=SeasonStandings(database, scoring.seasons, ground.records, scoring.ranks, names),
        corrections=Corrections(database, tables, people.persons, ground.ratings, projections),
        ratings=RatingList(database, names, ground.ratings, rated),
        notifications=Notifications(database, people.inbox, names, live.players.tell),
        webhooks=scoring.webhooks,
        delivering=scoring.delivering,
        achievements=Achievements(
            database, scoring.achievements, ground.unlocks, directory, scoring.unlocking, f"{API}/sessions"
        ),
        achievement_desk=AchievementDesk(
            ledger, scoring.achievements, scoring.book, people.persons, scoring.players, clock,
            scoring.leaderboards.points_rank,
        ),
        book=scoring.book,
        scores=scoring.scores,
        leaderboards=scoring.leaderboards,
    )  # fmt: skip
