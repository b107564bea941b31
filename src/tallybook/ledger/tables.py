"""The ledger's own tables."""

from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, String, Table, Text, event

from tallybook.database.schema import Id, Moment, Position, metadata

events = Table(
    "events",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),
    Column("stream", Id, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("type", String(80), nullable=False),
    Column("payload", LargeBinary, nullable=False),  # the exact bytes that were hashed
    Column("actor", Id),
    Column("at", Moment),  # when the client says it happened
    Column("zone", String(64)),
    Column("committed_at", Moment, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("uq_events_stream_idx", "stream", "idx", unique=True),
)

# On PostgreSQL the migration leaves room on every page of this table: heads move with every command. It is
# not said here, because SQLAlchemy would load the whole dialect for it at every start.
streams = Table(
    "streams",
    metadata,
    Column("stream", Id, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)

commands = Table(
    "commands",
    metadata,
    Column("scope", Id, primary_key=True),
    Column("command", LargeBinary(16), primary_key=True),  # digest of the client's id
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("stream", Id),  # what it wrote, where that is not the scope itself
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("reply", LargeBinary),  # the refusal of a command that was refused and yet logged something
    sqlite_with_rowid=False,
)

texts = Table(
    "texts",
    metadata,
    Column("stream", Id, primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("stream", Id, primary_key=True),
    Column("fold", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("idx", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

projections = Table(
    "projections",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("live", String(1), nullable=False),  # the slot that is read
    Column("also", String(1)),  # a slot kept up to date while readers move over
    Column("building", Position),  # how far a rebuild of the other slot has come
)

following = Table(  # how far each of those who work behind the ledger has come, and which node does its work
    "following",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("position", Position, nullable=False),
    Column("holder", Id),
    Column("expires_at", Moment, nullable=False),  # of the holder's lease, by the database's clock
)

ledger_ids = Table(  # one from its beginning, and one of each time that it was put in from a backup
    "ledger_ids",
    metadata,
    Column("id", Id, primary_key=True),
)

ledger_lock = Table(  # its one row is what writers on MariaDB exclude each other by; elsewhere it stays empty
    "ledger_lock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
)


@event.listens_for(metadata, "after_create")
def _count_locks(_: object, connection: Connection, **__: object) -> None:
    """PostgreSQL counts how often writers have taken its lock."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE SEQUENCE IF NOT EXISTS ledger_lock_numbers")
