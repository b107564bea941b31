"""What the endpoints stand on, and how they get at it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.claims import Claiming
from tallybook.accounts.follows import Following
from tallybook.accounts.merges import Persons
from tallybook.accounts.roles import Roles
from tallybook.catalogue.board_book import BoardBook
from tallybook.catalogue.catalogue import Catalogue
from tallybook.catalogue.season_definitions import Seasons
from tallybook.catalogue.statistic_definitions import StatisticDefinitions
from tallybook.catalogue.webhooks import Webhooks
from tallybook.database.engine import Database
from tallybook.delivery.achievements import Achievements
from tallybook.delivery.analytics import GameAnalytics
from tallybook.delivery.careers import Careers
from tallybook.delivery.corrections import Corrections
from tallybook.delivery.dashboard import Dashboards
from tallybook.delivery.export import Export
from tallybook.delivery.feed import Feed
from tallybook.delivery.history import History
from tallybook.delivery.leaderboards import Leaderboards
from tallybook.delivery.leaving import Leaving
from tallybook.delivery.library import Library
from tallybook.delivery.limits.requests import RequestLimits
from tallybook.delivery.notifications import Notifications
from tallybook.delivery.ratings import RatingList
from tallybook.delivery.scores import Scores
from tallybook.delivery.seasons import SeasonStandings
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.statistics import Statistics
from tallybook.delivery.timeline import Timelines
from tallybook.delivery.trends import Trends
from tallybook.delivery.unlocking import AchievementDesk
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock
from tallybook.reactions.delivering import Delivering


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the endpoints, as bootstrap builds it."""

    database: Database
    clock: Clock
    accounts: Accounts
    catalogue: Catalogue
    library: Library
    sessions: Sessions
    history: History
    statistics: Statistics
    timelines: Timelines
    web: WebApp
    persons: Persons
    claiming: Claiming
    following: Following
    feed: Feed
    export: Export
    leaving: Leaving
    roles: Roles
    api_keys: ApiKeys
    limits: RequestLimits
    caught_up: Callable[[], Awaitable[None]]  # see `Ledger.caught_up`
    analytics: GameAnalytics
    notifications: Notifications
    webhooks: Webhooks
    delivering: Delivering
    achievements: Achievements
    achievement_desk: AchievementDesk
    careers: Careers
    statistic_definitions: StatisticDefinitions
    dashboards: Dashboards
    trends: Trends
    ratings: RatingList
    corrections: Corrections
    seasons: Seasons
    season_standings: SeasonStandings
    book: BoardBook
    scores: Scores
    leaderboards: Leaderboards


async def _services(request: Request) -> Services:
    services: Services = request.app.services
    return services


Given = Annotated[Services, Depends(_services)]
