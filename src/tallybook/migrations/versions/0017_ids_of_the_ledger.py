"""Every ledger has an id from its beginning, so that several may share one Redis."""

import sqlalchemy as sa
from alembic import op

from tallybook.database import schema
from tallybook.kernel.ids import new_id

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ids = op.create_table(
        "ledger_ids",
        sa.Column("id", schema.Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_ids")),
    )
    op.execute("INSERT INTO ledger_ids (id) SELECT id FROM restorations")
    op.bulk_insert(ids, [{"id": new_id()}])
    op.drop_table("restorations")
