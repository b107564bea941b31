"""The MariaDB that other tests stand on."""

from tests.servers.mariadb import MariaDB


def test_what_was_committed_survives_a_crash_and_no_database_is_another(mariadb_server: MariaDB) -> None:
    urls = [mariadb_server.create_database() for _ in range(2)]
    name, empty = (url.rpartition("/")[2] for url in urls)
    mariadb_server.sql("CREATE TABLE move AS SELECT 7 AS sticks", database=name)

    mariadb_server.stop(crashing=True)
    mariadb_server.start()

    assert mariadb_server.sql("SELECT sticks FROM move", database=name) == "7"
    assert mariadb_server.sql("SHOW TABLES", database=empty) == ""
    assert mariadb_server.sql("SELECT @@innodb_flush_log_at_trx_commit") == "1"
    for url in urls:
        mariadb_server.drop_database(url)
