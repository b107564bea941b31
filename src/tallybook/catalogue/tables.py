"""Rows of the catalogue: what the registry's events say, and the names that they do not."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from tallybook.database.schema import Id, Moment, metadata

games = Table(
    "games",
    metadata,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_order", LargeBinary(96), nullable=False),  # UTF-8, so that every database sorts it the same
    Column("name_key", LargeBinary(16)),  # NULL once archived, so that the name can be used again
    Column("description", Text, nullable=False),
    Column("min_players", Integer),
    Column("max_players", Integer),
    Column("win", String(12), nullable=False),
    Column("rules", String(40), nullable=False),
    Column("color", String(7)),  # NULL: follows from the id
    Column("initials", String(8)),  # NULL: follow from the name
    Column("archived", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_games_owner_id_name_key", "owner_id", "name_key", unique=True),
    Index("ix_games_owner_id_id", "owner_id", "id"),
    Index("ix_games_owner_id_name_order", "owner_id", "name_order"),
    Index("ix_games_name_order", "name_order"),
)

game_words = Table(  # by which words, or parts of words, games are found
    "game_words",
    metadata,
    Column("word", LargeBinary(96), primary_key=True),  # UTF-8
    Column("game_id", Id, primary_key=True),
    Index("ix_game_words_game_id", "game_id"),
    sqlite_with_rowid=False,
)

stat_sets = Table(
    "stat_sets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("owner_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_key", LargeBinary(16)),  # NULL once removed
    Column("stats", LargeBinary, nullable=False),  # JSON
    Column("removed", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_stat_sets_game_id_owner_id_name_key", "game_id", "owner_id", "name_key", unique=True),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(6), nullable=False),
    Column("name", String(100)),
    Column("name_folded", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("max_players", Integer),
    Column("session_id", Id, nullable=False),  # the newest of the sessions played in it
    Column("created_by", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_rooms_key", "key", unique=True),
    Index("ix_rooms_public_id", "public", "id"),
)

room_members = Table(
    "room_members",
    metadata,
    Column("room_id", Id, primary_key=True),
    Column("player_id", Id, primary_key=True),
    Column("admitted_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
