"""Who wrote what is announced of a season; of older ones the owner of the game did."""

import sqlalchemy as sa
from alembic import op

from tallybook.database.schema import Id

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seasons", sa.Column("texts_by", Id()))
    op.add_column("season_announcements", sa.Column("written_by", Id()))
    op.execute("UPDATE seasons SET texts_by = (SELECT owner_id FROM games WHERE games.id = seasons.game_id)")
    op.execute(
        "UPDATE season_announcements SET written_by ="
        " (SELECT texts_by FROM seasons WHERE seasons.id = season_announcements.season_id)"
    )
