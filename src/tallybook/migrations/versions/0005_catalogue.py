"""Games have covers, are found by the words of their names, and are sorted the same everywhere."""

import sqlalchemy as sa
from alembic import op

from tallybook.catalogue.finding import index_name, name_order
from tallybook.database import schema

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_games = sa.table(
    "games", sa.column("id", schema.Id), sa.column("name"), sa.column("name_order", sa.LargeBinary)
)


def upgrade() -> None:
    op.create_table(
        "game_words",
        sa.Column("word", sa.LargeBinary(length=96), nullable=False),
        sa.Column("game_id", schema.Id(), nullable=False),
        sa.PrimaryKeyConstraint("word", "game_id", name=op.f("pk_game_words")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_game_words_game_id", "game_words", ["game_id"], unique=False)
    with op.batch_alter_table("games") as games:
        games.add_column(sa.Column("color", sa.String(length=7), nullable=True))
        games.add_column(sa.Column("initials", sa.String(length=8), nullable=True))
        games.add_column(sa.Column("name_order", sa.LargeBinary(length=96), nullable=True))
    connection = op.get_bind()
    for game_id, name in connection.execute(sa.select(_games.c.id, _games.c.name)).all():
        ordered = sa.update(_games).where(_games.c.id == game_id)
        connection.execute(ordered.values(name_order=name_order(name)))
        index_name(connection, game_id, name)
    with op.batch_alter_table("games") as games:
        games.alter_column("name_order", existing_type=sa.LargeBinary(length=96), nullable=False)
        games.drop_column("name_folded")
    op.create_index("ix_games_owner_id_name_order", "games", ["owner_id", "name_order"], unique=False)
    op.create_index("ix_games_name_order", "games", ["name_order"], unique=False)
