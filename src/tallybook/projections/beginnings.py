"""Which games sessions are of, for projections that cannot count on the rows of others."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from tallybook.database.bulk import Lookup
from tallybook.kernel.events import registry
from tallybook.ledger.tables import events
from tallybook.sessions.events import SessionCreated

_first = Lookup(events, ["stream", "type", "payload"], ["stream", "idx"])


def games_of_streams(connection: Connection, session_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The games of sessions, which stand in the first events of their streams."""
    games = {}
    for stream, name, payload in _first.run(connection, [(session_id, 0) for session_id in session_ids]):
        created = registry.decode(name, bytes(payload))
        assert isinstance(created, SessionCreated)
        games[stream] = created.game_id
    return games
