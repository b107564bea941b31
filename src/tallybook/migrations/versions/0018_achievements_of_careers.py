"""What a career has achieved is found without reading the scores beside it; MariaDB has no such indexes."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "mariadb":
        op.execute(
            "CREATE INDEX ix_events_achievements ON events (stream, idx)"
            " WHERE substr(type, 1, 12) = 'achievement_'"
        )
