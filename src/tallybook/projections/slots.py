"""The two sets of tables that every in-transaction projection has."""

from collections.abc import Callable

from sqlalchemy import Connection, Table, delete

SLOTS = ("a", "b")


class Slots:
    """One table in both slots, made by the same definition."""

    def __init__(self, make: Callable[[str], Table]) -> None:
        self._tables = {slot: make(slot) for slot in SLOTS}

    def __getitem__(self, slot: str) -> Table:
        return self._tables[slot]

    def clear(self, connection: Connection, slot: str) -> None:
        connection.execute(delete(self._tables[slot]))
