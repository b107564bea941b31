"""Which ledger this is. One put in from a backup goes on otherwise than the one that it is a copy of."""

from hashlib import blake2b

from sqlalchemy import Connection, insert, select

from tallybook.kernel.ids import new_id
from tallybook.ledger.tables import ledger_ids


def become_another(connection: Connection) -> None:
    """From here on this is another ledger."""
    connection.execute(insert(ledger_ids).values(id=new_id()))


def identity_of(connection: Connection) -> str:
    """A digest that no other ledger has, and all who work with this one find; 32 hexadecimal digits."""
    ids = connection.execute(select(ledger_ids.c.id).order_by(ledger_ids.c.id)).scalars()
    return blake2b(b"".join(each.bytes for each in ids), digest_size=16).hexdigest()
