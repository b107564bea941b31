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
    restorations = sa.table(
        "restorations", sa.column("id", schema.Id()), sa.column("position", sa.BigInteger())
    )
    op.execute(sa.insert(restorations).values(id=new_id(), position=0))
