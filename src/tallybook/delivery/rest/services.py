"""What the endpoints stand on, and how they get at it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tallybook.accounts.accounts import Accounts
from tallybook.accounts.api_keys import ApiKeys
from tallybook.accounts.claims import Claiming
from tallybook.accounts.follows import Following
from tallybook.accounts.merges import Persons
from tallybook.accounts.roles import Roles
from tallybook.catalogue.catalogue import Catalogue
from tallybook.database.engine import Database
from tallybook.delivery.export import Export
from tallybook.delivery.feed import Feed
from tallybook.delivery.history import History
from tallybook.delivery.leaving import Leaving
from tallybook.delivery.library import Library
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.statistics import Statistics
from tallybook.delivery.timeline import Timelines
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock


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


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
