"""Statistics that games report, day by day too, and ratings."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statistics",
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("aggregation", sa.String(length=8), nullable=False),
        sa.Column("authority", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("statistics", "game_id", "key"),
        sqlite_with_rowid=False,
    )
    for slot in ("a", "b"):
        _careers(slot)
        _ratings(slot)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _place() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("stat", sa.String(length=40), nullable=False),
    )


def _aggregate() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("fractions", sa.Integer(), nullable=False),
        sa.Column("total", sa.String(length=80), nullable=False),
        sa.Column("lowest", sa.String(length=80), nullable=True),
        sa.Column("lowest_index", sa.Integer(), nullable=False),
        sa.Column("lowest_at", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.String(length=80), nullable=True),
        sa.Column("highest_index", sa.Integer(), nullable=False),
        sa.Column("highest_at", sa.BigInteger(), nullable=False),
        sa.Column("latest", sa.String(length=80), nullable=True),
        sa.Column("latest_index", sa.Integer(), nullable=False),
        sa.Column("latest_at", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
    )


def _careers(slot: str) -> None:
    name = f"career_stats_{slot}"
    key = _key(name, "player_id", "game_id", "stat")
    op.create_table(name, *_place(), *_aggregate(), key, sqlite_with_rowid=False)
    op.create_index(f"ix_{name}_game", name, ["game_id", "stat", "changes"], unique=False)
    name = f"career_days_{slot}"
    op.create_table(
        name,
        *_place(),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        *_aggregate(),
        _key(name, "player_id", "game_id", "stat", "day"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_player", name, ["player_id", "day"], unique=False)


def _ratings(slot: str) -> None:
    name = f"rated_sessions_{slot}"
    op.create_table(
        name,
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.Text(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        _key(name, "session_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_game", name, ["game_id", "ended_at", "session_id"], unique=False)
    name = f"rating_steps_{slot}"
    op.create_table(
        name,
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("mu", sa.BigInteger(), nullable=False),
        sa.Column("sigma", sa.BigInteger(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        _key(name, "game_id", "person_id", "ended_at", "session_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_game", name, ["game_id", "ended_at"], unique=False)
    op.create_index(f"ix_{name}_person", name, ["person_id"], unique=False)
    name = f"ratings_{slot}"
    op.create_table(
        name,
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("mu", sa.BigInteger(), nullable=False),
        sa.Column("sigma", sa.BigInteger(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _key(name, "game_id", "person_id"),
        sqlite_with_rowid=False,
    )
    columns = ["game_id", "settled", "shown", "person_id"]
    op.create_index(f"ix_{name}_game", name, columns, unique=False)
    op.create_index(f"ix_{name}_person", name, ["person_id"], unique=False)
    name = f"rated_persons_{slot}"
    op.create_table(
        name,
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _key(name, "player_id"),
        sqlite_with_rowid=False,
    )
