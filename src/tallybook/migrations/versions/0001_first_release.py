"""The first release: ledger, players, catalogue, rooms, sessions."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("scope", schema.Id(), nullable=False),
        sa.Column("command", sa.LargeBinary(length=16), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("stream", schema.Id(), nullable=True),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "command", name=op.f("pk_commands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credentials",
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "events",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("stream", schema.Id(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("actor", schema.Id(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_events")),
    )
    op.create_index("uq_events_stream_idx", "events", ["stream", "idx"], unique=True)
    op.create_table(
        "games",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("owner_id", schema.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("min_players", sa.Integer(), nullable=True),
        sa.Column("max_players", sa.Integer(), nullable=True),
        sa.Column("win", sa.String(length=12), nullable=False),
        sa.Column("rules", sa.String(length=40), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_games")),
    )
    op.create_index("ix_games_owner_id_id", "games", ["owner_id", "id"], unique=False)
    op.create_index("uq_games_owner_id_name_key", "games", ["owner_id", "name_key"], unique=True)
    op.create_table(
        "ledger_lock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_lock")),
    )
    op.create_table(
        "players",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("username", sa.String(length=45), nullable=True),
        sa.Column("username_folded", sa.String(length=45), nullable=True),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("avatar_seed", sa.String(length=64), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("owner_id", schema.Id(), nullable=True),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_players")),
    )
    op.create_index("uq_players_owner_id_name_key", "players", ["owner_id", "name_key"], unique=True)
    op.create_index("uq_players_username_folded", "players", ["username_folded"], unique=True)
    op.create_table(
        "projections",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("live", sa.String(length=1), nullable=False),
        sa.Column("also", sa.String(length=1), nullable=True),
        sa.Column("building", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_projections")),
    )
    op.create_table(
        "room_members",
        sa.Column("room_id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("admitted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "player_id", name=op.f("pk_room_members")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rooms",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("max_players", sa.Integer(), nullable=True),
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("created_by", schema.Id(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
    )
    op.create_index("ix_rooms_public_id", "rooms", ["public", "id"], unique=False)
    op.create_index("uq_rooms_key", "rooms", ["key"], unique=True)
    op.create_table(
        "session_seats_a",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("is_bot", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("score", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("session_id", "seat", name=op.f("pk_session_seats_a")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_session_seats_a_player", "session_seats_a", ["player_id", "session_id"], unique=False)
    op.create_table(
        "session_seats_b",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("is_bot", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("winner", sa.Integer(), nullable=True),
        sa.Column("score", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("session_id", "seat", name=op.f("pk_session_seats_b")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_session_seats_b_player", "session_seats_b", ["player_id", "session_id"], unique=False)
    op.create_table(
        "session_values_a",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stat", sa.String(length=100), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seat", "stat", "round", name=op.f("pk_session_values_a")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_values_b",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stat", sa.String(length=100), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "seat", "stat", "round", name=op.f("pk_session_values_b")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions_a",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("room_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=6), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("rules", sa.String(length=40), nullable=False),
        sa.Column("host_id", schema.Id(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions_a")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sessions_a_game", "sessions_a", ["game_id", "created_at"], unique=False)
    op.create_index("ix_sessions_a_host", "sessions_a", ["host_id", "created_at"], unique=False)
    op.create_index("ix_sessions_a_room", "sessions_a", ["room_id", "created_at"], unique=False)
    op.create_table(
        "sessions_b",
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("room_id", schema.Id(), nullable=False),
        sa.Column("key", sa.String(length=6), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("rules", sa.String(length=40), nullable=False),
        sa.Column("host_id", schema.Id(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("voided", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions_b")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sessions_b_game", "sessions_b", ["game_id", "created_at"], unique=False)
    op.create_index("ix_sessions_b_host", "sessions_b", ["host_id", "created_at"], unique=False)
    op.create_index("ix_sessions_b_room", "sessions_b", ["room_id", "created_at"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_player_id", "sign_ins", ["player_id"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("stream", schema.Id(), nullable=False),
        sa.Column("fold", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "stat_sets",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("owner_id", schema.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("stats", sa.LargeBinary(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stat_sets")),
    )
    op.create_index(
        "uq_stat_sets_game_id_owner_id_name_key",
        "stat_sets",
        ["game_id", "owner_id", "name_key"],
        unique=True,
    )
    op.create_table(
        "streams",
        sa.Column("stream", schema.Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_streams")),
        postgresql_with={"fillfactor": 70},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "texts",
        sa.Column("stream", schema.Id(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "digest", name=op.f("pk_texts")),
        sqlite_with_rowid=False,
    )
