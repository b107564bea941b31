"""Seasons with their announcements and final standings; and what developers count."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seasons",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("boards", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("tiers", sa.LargeBinary(), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.Column("standings_id", schema.Id(), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("seasons", "id"),
    )
    op.create_index("uq_seasons_game_id_key", "seasons", ["game_id", "key"], unique=True)
    op.create_index("ix_seasons_closed_at_ends_at", "seasons", ["closed_at", "ends_at"], unique=False)
    op.create_table(
        "season_announcements",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("season_id", schema.Id(), nullable=False),
        sa.Column("occasion", sa.String(length=6), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("season_announcements", "id"),
    )
    op.create_index(
        "ix_season_announcements_season_id_id", "season_announcements", ["season_id", "id"], unique=False
    )
    op.create_table(
        "season_standings",
        sa.Column("season_id", schema.Id(), nullable=False),
        sa.Column("standings_id", schema.Id(), nullable=False),
        sa.Column("board_id", schema.Id(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("member_id", schema.Id(), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        _key("season_standings", "season_id", "standings_id", "board_id", "place"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_season_standings_standings_id_board_id_member_id",
        "season_standings",
        ["standings_id", "board_id", "member_id"],
        unique=False,
    )
    for slot in ("a", "b"):
        _days(f"analytics_days_{slot}")
        _unlocks(f"analytics_unlocks_{slot}")


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _days(name: str) -> None:
    op.create_table(
        name,
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _key(name, "game_id", "player_id", "day"),
        sqlite_with_rowid=False,
    )


def _unlocks(name: str) -> None:
    op.create_table(
        name,
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("achievement_id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("tier", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unlocked_at", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _key(name, "game_id", "achievement_id", "player_id", "tier"),
        sqlite_with_rowid=False,
    )
