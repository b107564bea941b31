"""What an entry of a leaderboard was worth before its last change."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("entries", "entry_parts"):
        for slot in ("a", "b"):
            op.add_column(f"{table}_{slot}", sa.Column("previous", sa.BigInteger()))
