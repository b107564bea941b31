"""On SQLite, the wide rows of sessions lie beside their key and no longer within its tree."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for name in ("sessions_a", "sessions_b"):
        found = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL")
        made = connection.execute(found, {"name": name}).all()
        (table,) = (sql for kind, sql in made if kind == "table")
        op.rename_table(name, f"{name}_before")
        connection.exec_driver_sql(table.rpartition("WITHOUT ROWID")[0])
        connection.exec_driver_sql(f'INSERT INTO "{name}" SELECT * FROM "{name}_before"')  # noqa: S608 # our own names
        op.drop_table(f"{name}_before")
        for kind, sql in made:
            if kind == "index":
                connection.exec_driver_sql(sql)
