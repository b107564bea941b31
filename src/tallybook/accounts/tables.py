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
    Column("updated_at", Moment),  # when the profile last changed
    Column("last_seen", Moment, nullable=False),  # the last sign-in or refresh, so within the hour
    Column("suspended_at", Moment),
    Column("settings", LargeBinary),  # a JSON object of the player's clients
    Column("erased_at", Moment),
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
    Column("device", String(60)),  # such as: Firefox on Android
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_sign_ins_player_id", "player_id"),
)

emails = Table(  # encrypted by the application
    "emails",
    metadata,
    Column("player_id", Id, primary_key=True),
    Column("key_id", LargeBinary(6), nullable=False),  # under which of the server's keys
    Column("sealed", LargeBinary, nullable=False),
    Column("lookup", LargeBinary(32), nullable=False),  # tells equal addresses, and nothing else
    Index("uq_emails_lookup", "lookup", unique=True),
    Index("ix_emails_key_id", "key_id"),
)

revocations = Table(  # what access tokens that are still alive may no longer do
    "revocations",
    metadata,
    Column("subject", Id, primary_key=True),  # a sign-in or a player
    Column("roles", String(100)),  # those that were taken; NULL: the tokens have ended
    Column("expires_at", Moment, nullable=False),
    Index("ix_revocations_expires_at", "expires_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("game_id", Id, nullable=False),
    Column("name", String(100), nullable=False),
    Column("prefix", String(12), nullable=False),  # by which people tell keys apart
    Column("secret_digest", LargeBinary(32), nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Index("uq_api_keys_secret_digest", "secret_digest", unique=True),
    Index("ix_api_keys_game_id_id", "game_id", "id"),
)

merges = Table(  # who is somebody else too; the second is merged into nobody, so one look is enough
    "merges",
    metadata,
    Column("player_id", Id, primary_key=True),
    Column("into_id", Id, nullable=False),
    Column("merged_at", Moment, nullable=False),
    Index("ix_merges_into_id", "into_id"),
)

claims = Table(  # who says to be whom
    "claims",
    metadata,
    Column("id", Id, primary_key=True),
    Column("player_id", Id, nullable=False),
    Column("claimant_id", Id, nullable=False),
    Column("status", String(10), nullable=False),
    Column("decided_at", Moment),
    Index("uq_claims_player_id_claimant_id", "player_id", "claimant_id", unique=True),
    Index("ix_claims_claimant_id_id", "claimant_id", "id"),
)

invitations = Table(  # to be a named player: the newest code for each
    "invitations",
    metadata,
    Column("player_id", Id, primary_key=True),
    Column("code_digest", LargeBinary(32), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("uq_invitations_code_digest", "code_digest", unique=True),
)

follows = Table(
    "follows",
    metadata,
    Column("follower_id", Id, primary_key=True),
    Column("followed_id", Id, primary_key=True),
    Column("id", Id, nullable=False),  # by which the lists are in the order of following
    Index("ix_follows_follower_id_id", "follower_id", "id"),
    Index("ix_follows_followed_id_id", "followed_id", "id"),
    sqlite_with_rowid=False,
)

notifications = Table(  # the newest of each player, as codes and ids
    "notifications",
    metadata,
    Column("player_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),  # by which they are in the order of what happened
    Column("kind", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", LargeBinary, nullable=False),  # JSON
    Column("read_at", Moment),
    sqlite_with_rowid=False,
)
