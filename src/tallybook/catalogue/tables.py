"""Rows of the catalogue: what the registry's events say, and the names that they do not."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

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

boards = Table(  # leaderboards; their ids follow from the game and the key
    "boards",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("key", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("definition", LargeBinary, nullable=False),  # JSON
    Column("archived", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False, default=0),  # grows when entries are made anew
    Index("ix_boards_game_id", "game_id"),
)

board_periods = Table(  # of boards whose periods are begun by hand
    "board_periods",
    metadata,
    Column("board_id", Id, primary_key=True),
    Column("begins_at", Moment, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

statistics = Table(  # declared for a game; what is reported without a declaration has no row
    "statistics",
    metadata,
    Column("game_id", Id, primary_key=True),
    Column("key", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("aggregation", String(8), nullable=False),
    Column("authority", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

achievements = Table(
    "achievements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("key", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False),
    Column("texts", LargeBinary, nullable=False),  # JSON: name and description by language
    Column("icon", String(300)),
    Column("hidden", Boolean, nullable=False),
    Column("points", Integer, nullable=False),
    Column("steps", Integer),
    Column("tiers", LargeBinary, nullable=False),  # JSON
    Column("authority", String(8), nullable=False),
    Column("rarity", String(12)),
    Column("revoke", Boolean, nullable=False),
    Column("rule", LargeBinary),  # JSON
    Column("archived", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_achievements_game_id_key", "game_id", "key", unique=True),
)

seasons = Table(
    "seasons",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("key", String(40)),  # NULL once removed
    Column("name", String(100), nullable=False),
    Column("boards", LargeBinary, nullable=False),  # JSON: their keys
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("tiers", LargeBinary, nullable=False),  # JSON
    Column("texts", LargeBinary, nullable=False),  # JSON: what is announced by itself
    Column("texts_by", Id),  # who wrote it
    Column("standings_id", Id),  # of the final standings, once they are
    Column("digest", String(32)),  # of these
    Column("closed_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("uq_seasons_game_id_key", "game_id", "key", unique=True),
    Index("ix_seasons_closed_at_ends_at", "closed_at", "ends_at"),
)

season_announcements = Table(
    "season_announcements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("season_id", Id, nullable=False),
    Column("occasion", String(6), nullable=False),
    Column("text", Text, nullable=False),
    Column("written_by", Id),
    Column("created_at", Moment, nullable=False),
    Index("ix_season_announcements_season_id_id", "season_id", "id"),
)

season_standings = Table(  # those whose id a closed season names are final; others were never finished
    "season_standings",
    metadata,
    Column("season_id", Id, primary_key=True),
    Column("standings_id", Id, primary_key=True),
    Column("board_id", Id, primary_key=True),  # the season's own
    Column("place", Integer, primary_key=True, autoincrement=False),  # from 1, in the order of the list
    Column("rank", Integer, nullable=False),
    Column("member_id", Id, nullable=False),  # a person, or a team
    Column("team", String(40)),
    Column("value", BigInteger, nullable=False),
    Column("second", BigInteger, nullable=False),
    Index("ix_season_standings_standings_id_board_id_member_id", "standings_id", "board_id", "member_id"),
    sqlite_with_rowid=False,
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("url", String(500), nullable=False),
    Column("events", LargeBinary, nullable=False),  # JSON: types without their versions
    Column("active", Boolean, nullable=False),
    Column("key_id", LargeBinary(6), nullable=False),  # of the server's secret that opens `sealed`
    Column("sealed", LargeBinary, nullable=False),  # the secrets that sign
    Column("created_by", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("failing_since", Moment),
    Column("disabled_at", Moment),  # since when it is not active because it failed for so long
    Index("ix_webhooks_game_id_id", "game_id", "id"),
)
