"""Read models of the ledger. Their order here is the order in which every batch is applied."""

from tallybook.ledger.append import Projection
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.values import SessionValues


def declared() -> tuple[Projection, ...]:
    """Every in-transaction projection of this release, in order."""
    return (SessionDirectory(), SessionValues())
