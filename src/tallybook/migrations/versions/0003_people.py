"""Being the same person, following, and being erased."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("players", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "merges",
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("into_id", schema.Id(), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_into_id", "merges", ["into_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("claimant_id", schema.Id(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index("uq_claims_player_id_claimant_id", "claims", ["player_id", "claimant_id"], unique=True)
    op.create_index("ix_claims_claimant_id_id", "claims", ["claimant_id", "id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("player_id", schema.Id(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("player_id", name=op.f("pk_invitations")),
    )
    op.create_index("uq_invitations_code_digest", "invitations", ["code_digest"], unique=True)
    op.create_table(
        "follows",
        sa.Column("follower_id", schema.Id(), nullable=False),
        sa.Column("followed_id", schema.Id(), nullable=False),
        sa.Column("id", schema.Id(), nullable=False),
        sa.PrimaryKeyConstraint("follower_id", "followed_id", name=op.f("pk_follows")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_follows_follower_id_id", "follows", ["follower_id", "id"], unique=False)
    op.create_index("ix_follows_followed_id_id", "follows", ["followed_id", "id"], unique=False)
