"""Private rows about people; everything a projection depends on is in the registry's events instead."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from tallybook.database.schema import Id, Moment, metadata

players = Table(
    "players",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("username", String(45)),
    Column("username_folded", String(45)),
    Column("display_name", String(100), nullable=False),
    Column("avatar_seed", String(64), nullable=False),
    Column("color", String(7), nullable=False),
    Column("region", String(16)),
    Column("owner_id", Id),  # in whose library a named player is
    Column("name_key", LargeBinary(16)),  # of a named player, unique in that library
    Column("roles", String(100), nullable=False),  # separated by spaces
    Column("created_at", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Index("uq_players_username_folded", "username_folded", unique=True),
    Index("uq_players_owner_id_name_key", "owner_id", "name_key", unique=True),
)

credentials = Table(
    "credentials",
    metadata,
    Column("player_id", Id, primary_key=True),
    Column("password_hash", String(255), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

sign_ins = Table(  # a row is a signed-in device: a family of refresh tokens, of which the newest counts
    "sign_ins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("player_id", Id, nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_sign_ins_player_id", "player_id"),
)
