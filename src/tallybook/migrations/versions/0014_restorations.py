"""A ledger that was restored from a backup is told from the one it is a copy of."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restorations",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("position", schema.Position, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restorations")),
    )
