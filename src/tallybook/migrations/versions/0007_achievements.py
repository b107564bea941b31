"""Achievements: what a game's developers define, and who has unlocked what."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "achievements",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("icon", sa.String(length=300), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=True),
        sa.Column("tiers", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.String(length=8), nullable=False),
        sa.Column("rarity", sa.String(length=12), nullable=True),
        sa.Column("revoke", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.LargeBinary(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("achievements", "id"),
    )
    op.create_index("uq_achievements_game_id_key", "achievements", ["game_id", "key"], unique=True)
    for slot in ("a", "b"):
        _unlocks(f"unlocks_{slot}")
        name = f"unlock_counts_{slot}"
        op.create_table(
            name,
            sa.Column("thing_id", schema.Id(), nullable=False),
            sa.Column("persons", sa.Integer(), nullable=False),
            _key(name, "thing_id"),
            sqlite_with_rowid=False,
        )
        name = f"unlock_persons_{slot}"
        op.create_table(
            name,
            sa.Column("player_id", schema.Id(), nullable=False),
            sa.Column("person_id", schema.Id(), nullable=False),
            sa.Column("position", sa.BigInteger(), nullable=False),
            _key(name, "player_id"),
            sqlite_with_rowid=False,
        )


def _unlocks(name: str) -> None:
    op.create_table(
        name,
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("thing_id", schema.Id(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("bot", sa.Integer(), nullable=False),
        sa.Column("tiers", sa.Integer(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("unlocked_at", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        _key(name, "player_id", "thing_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_thing", name, ["thing_id", "person_id"], unique=False)
    listed = ["person_id", "held", "unlocked_at", "thing_id"]
    op.create_index(f"ix_{name}_person", name, listed, unique=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
