"""Games, and what is played at tables."""

from dataclasses import dataclass

from tallybook.accounts.follows import Following
from tallybook.accounts.names import Names
from tallybook.bootstrap.ground import Ground
from tallybook.bootstrap.people import People
from tallybook.catalogue.catalogue import Catalogue
from tallybook.delivery.naming import Naming
from tallybook.delivery.opening import Opening
from tallybook.delivery.tables import Tables
from tallybook.play.desk import Desk
from tallybook.sessions.plugins import hosted


@dataclass(frozen=True, slots=True)
class Played:
    """Games and what is played at tables."""

    following: Following
    names: Names
    naming: Naming
    catalogue: Catalogue
    desk: Desk
    tables: Tables
    opening: Opening


def build_played(ground: Ground, people: People) -> Played:
    ledger, clock = ground.ledger, ground.clock
    names = Names(ground.database)
    catalogue = Catalogue(ledger, clock, hosted())
    desk = Desk(ledger, people.persons)
    tables = Tables(ledger, desk, names, clock)
    opening = Opening(ledger, desk, tables, people.accounts, catalogue, clock)
    ledger.follower.subscribe(names.follow, *names.news)
    return Played(
        Following(ground.database, people.inbox, clock),
        names,
        Naming(names),
        catalogue,
        desk,
        tables,
        opening,
    )
