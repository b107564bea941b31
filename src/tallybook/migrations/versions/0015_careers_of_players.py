"""The games of a player's careers are found, as merges look for them."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("careers_a", "careers_b"):
        op.create_index(f"ix_{table}_player_id", table, ["player_id"])
