"""The servers that other tests stand on."""

import pytest

from tests.servers.postgres import Postgres
from tests.servers.server import Absent


class Missing(Postgres):
    """A program that nobody has installed."""

    program = "tallybook-no-such-program"


def test_a_database_is_empty_or_a_copy_of_its_template_and_nobody_elses(postgres_server: Postgres) -> None:
    original = postgres_server.create_database()
    name = original.rpartition("/")[2]
    postgres_server.sql("CREATE TABLE move AS SELECT 7 AS sticks", database=name)
    copy = postgres_server.create_database(template=name).rpartition("/")[2]
    postgres_server.sql("UPDATE move SET sticks = 3", database=copy)

    empty = postgres_server.create_database().rpartition("/")[2]

    assert postgres_server.sql("SELECT sticks FROM move", database=name) == "7"
    assert postgres_server.sql("SELECT sticks FROM move", database=copy) == "3"
    assert postgres_server.sql("SELECT to_regclass('move') IS NULL", database=empty) == "t"


def test_what_was_committed_survives_a_crash(postgres_server: Postgres) -> None:
    name = postgres_server.create_database().rpartition("/")[2]
    postgres_server.sql("CREATE TABLE move AS SELECT 7 AS sticks", database=name)

    postgres_server.stop(crashing=True)
    postgres_server.start()

    assert postgres_server.sql("SELECT sticks FROM move", database=name) == "7"
    assert postgres_server.sql("SHOW fsync") == "on"


def test_an_absent_program_is_named_with_its_package() -> None:
    with pytest.raises(Absent, match=r"tallybook-no-such-program .* apt-get install postgresql"):
        Missing()
