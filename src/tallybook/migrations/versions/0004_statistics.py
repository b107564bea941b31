"""History and statistics: sessions with what lists show and filter by, results, figures, merges."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for slot in ("a", "b"):
        # Projections are made anew from the ledger: nothing is lost with the old form.
        op.drop_table(f"sessions_{slot}")
        op.drop_table(f"session_seats_{slot}")
        _sessions(slot)
        _people(slot)
        _results(slot)
        _figures(slot)
        _merges(slot)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _sessions(slot: str) -> None:
    name = f"sessions_{slot}"
    op.create_table(
        name,
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("room_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=6), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("rules", sa.String(length=40), nullable=False),
        sa.Column("host_id", schema.Id(), nullable=False),
        sa.Column("public", sa.Integer(), nullable=False),
        sa.Column("win", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("players", sa.Integer(), nullable=False),
        sa.Column("played_at", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        _key(name, "session_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_played", name, ["played_at", "session_id"], unique=False)
    op.create_index(f"ix_{name}_listed", name, ["listed", "played_at", "session_id"], unique=False)
    op.create_index(f"ix_{name}_game", name, ["game_id", "played_at", "session_id"], unique=False)
    op.create_index(f"ix_{name}_room", name, ["room_id"], unique=False)
    op.create_index(f"ix_{name}_host", name, ["host_id", "created_at"], unique=False)
    name = f"session_seats_{slot}"
    op.create_table(
        name,
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("is_bot", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("score", sa.String(length=40), nullable=True),
        _key(name, "session_id", "seat"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_player", name, ["player_id", "session_id"], unique=False)


def _people(slot: str) -> None:
    name = f"session_people_{slot}"
    op.create_table(
        name,
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("sat", sa.Integer(), nullable=False),
        sa.Column("hosted", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=4), nullable=True),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("players", sa.Integer(), nullable=False),
        sa.Column("played_at", sa.BigInteger(), nullable=False),
        _key(name, "session_id", "player_id"),
        sqlite_with_rowid=False,
    )
    by_game = ["person_id", "game_id", "played_at", "session_id"]
    op.create_index(f"ix_{name}_person", name, ["person_id", "played_at", "session_id"], unique=False)
    op.create_index(f"ix_{name}_person_game", name, by_game, unique=False)
    op.create_index(f"ix_{name}_player", name, ["player_id"], unique=False)


def _results(slot: str) -> None:
    name = f"results_{slot}"
    op.create_table(
        name,
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("from_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_position", sa.BigInteger(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("win", sa.String(length=12), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("playtime", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.Text(), nullable=False),
        _key(name, "session_id", "from_position"),
        sqlite_with_rowid=False,
    )


def _tallies() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in ("played", "won", "lost", "tied")]


def _figures(slot: str) -> None:
    name = f"player_games_{slot}"
    op.create_table(
        name,
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        *_tallies(),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("fractions", sa.Integer(), nullable=False),
        sa.Column("score_sum", sa.String(length=80), nullable=False),
        sa.Column("highest", sa.String(length=80), nullable=True),
        sa.Column("lowest", sa.String(length=80), nullable=True),
        sa.Column("lowest_wins", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_session", schema.Id(), nullable=False),
        sa.Column("playtime", sa.BigInteger(), nullable=False),
        _key(name, "person_id", "game_id", "mode"),
        sqlite_with_rowid=False,
    )
    name = f"player_counts_{slot}"
    op.create_table(
        name,
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("players", sa.Integer(), autoincrement=False, nullable=False),
        *_tallies(),
        _key(name, "person_id", "game_id", "mode", "players"),
        sqlite_with_rowid=False,
    )
    name = f"head_to_head_{slot}"
    op.create_table(
        name,
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("opponent_id", schema.Id(), nullable=False),
        *_tallies(),
        _key(name, "person_id", "game_id", "opponent_id"),
        sqlite_with_rowid=False,
    )


def _merges(slot: str) -> None:
    name = f"merges_{slot}"
    op.create_table(
        name,
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("from_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_position", sa.BigInteger(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        _key(name, "player_id", "from_position"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_person", name, ["person_id"], unique=False)
    name = f"stamps_{slot}"
    op.create_table(
        name,
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _key(name, "person_id"),
        sqlite_with_rowid=False,
    )
