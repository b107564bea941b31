"""What the endpoints stand on, and how they get at it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tallybook.accounts.accounts import Accounts
from tallybook.catalogue.catalogue import Catalogue
from tallybook.database.engine import Database
from tallybook.delivery.sessions import Sessions
from tallybook.delivery.web.app import WebApp
from tallybook.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Services:
    """Everything behind the endpoints, as bootstrap builds it."""

    database: Database
    clock: Clock
    accounts: Accounts
    catalogue: Catalogue
    sessions: Sessions
    web: WebApp


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Given = Annotated[Services, Depends(_services)]
