"""Ledgers that were put in from a backup: each goes on otherwise than the one that it is a copy of."""

from sqlalchemy import Connection, insert, select

from tallybook.kernel.ids import new_id
from tallybook.ledger.read import last_position
from tallybook.ledger.tables import restorations


def note_restored(connection: Connection) -> None:
    """From here on this is another ledger."""
    connection.execute(insert(restorations).values(id=new_id(), position=last_position(connection)))


def restored_as(connection: Connection) -> bytes:
    """What tells a ledger from others with the same beginning; nothing of one that was never restored."""
    ids = connection.execute(select(restorations.c.id).order_by(restorations.c.id)).scalars()
    return b"".join(restored.bytes for restored in ids)
