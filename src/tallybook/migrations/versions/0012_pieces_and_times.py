"""Leaderboards say how often their entries were made anew and how far they are; sessions, what scores are."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("boards", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    for name in ("boards_built_a", "boards_built_b"):
        op.add_column(name, sa.Column("filled", position, nullable=True))
    for name in ("sessions_a", "sessions_b"):
        op.add_column(name, sa.Column("score_type", sa.String(10), nullable=False, server_default="number"))
