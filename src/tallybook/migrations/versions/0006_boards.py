"""Leaderboards: what a game's developers define, and the entries that submissions and results add up to."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SLOTS = ("a", "b")


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("boards", "id"),
    )
    op.create_index("ix_boards_game_id", "boards", ["game_id"], unique=False)
    op.create_table(
        "board_periods",
        sa.Column("board_id", schema.Id(), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), autoincrement=False, nullable=False),
        _key("board_periods", "board_id", "begins_at"),
        sqlite_with_rowid=False,
    )
    for slot in SLOTS:
        _entries(f"entries_{slot}")
        _entries(f"entry_parts_{slot}")
        _persons(f"entry_persons_{slot}")
        _sessions(f"entry_sessions_{slot}")
        _careers(f"careers_{slot}")
        name = f"boards_built_{slot}"
        op.create_table(
            name,
            sa.Column("board_id", schema.Id(), nullable=False),
            sa.Column("definition", sa.String(length=32), nullable=False),
            _key(name, "board_id"),
            sqlite_with_rowid=False,
        )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _entries(name: str) -> None:
    op.create_table(
        name,
        sa.Column("board_id", schema.Id(), nullable=False),
        sa.Column("period", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", schema.Id(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("since", schema.Position, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("last", schema.Position, nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        _key(name, "board_id", "period", "member_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_member_id", name, ["member_id"], unique=False)


def _persons(name: str) -> None:
    op.create_table(
        name,
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("since", schema.Position, nullable=False),
        _key(name, "player_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_person_id", name, ["person_id"], unique=False)


def _sessions(name: str) -> None:
    op.create_table(
        name,
        sa.Column("board_id", schema.Id(), nullable=False),
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_position", schema.Position, autoincrement=False, nullable=False),
        sa.Column("to_position", schema.Position, nullable=False),
        sa.Column("since", schema.Position, nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("member_id", schema.Id(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        _key(name, "board_id", "session_id", "seat", "from_position"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_member", name, ["board_id", "period", "member_id"], unique=False)
    op.create_index(f"ix_{name}_session_id", name, ["session_id"], unique=False)


def _careers(name: str) -> None:
    op.create_table(
        name,
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("stream", schema.Id(), nullable=False),
        _key(name, "game_id", "player_id"),
        sqlite_with_rowid=False,
    )
