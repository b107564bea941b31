"""Profiles, devices, e-mail addresses, revocations, API keys."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("players", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.add_column("players", sa.Column("suspended_at", sa.BigInteger(), nullable=True))
    op.add_column("players", sa.Column("settings", sa.LargeBinary(), nullable=True))
    op.add_column("sign_ins", sa.Column("device", sa.String(length=60), nullable=True))
    op.create_table(
        "emails",
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=6), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_emails")),
    )
    op.create_index("ix_emails_key_id", "emails", ["key_id"], unique=False)
    op.create_index("uq_emails_lookup", "emails", ["lookup"], unique=True)
    op.create_table(
        "revocations",
        sa.Column("subject", schema.Id(), nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_revocations")),
    )
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_by", schema.Id(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_game_id_id", "api_keys", ["game_id", "id"], unique=False)
    op.create_index("uq_api_keys_secret_digest", "api_keys", ["secret_digest"], unique=True)
