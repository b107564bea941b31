"""Lists of sessions are read from an index alone."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COVERED = ["sat", "hosted", "listed", "outcome", "team"]


def upgrade() -> None:
    for table in ("session_people_a", "session_people_b"):
        indexes = {
            f"ix_{table}_person": ["person_id", "played_at", "session_id", "game_id", *_COVERED],
            f"ix_{table}_person_game": ["person_id", "game_id", "played_at", "session_id", *_COVERED],
        }
        for name, columns in indexes.items():
            op.drop_index(name, table)
            op.create_index(name, table, columns)
