"""A database with a span around every statement; values of parameters stay untold."""

from typing import TypeVar

from opentelemetry.context import attach, detach, get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from sqlalchemy import Connection, event

from tallybook.database.driver import Rows
from tallybook.database.engine import Database, Transaction
from tallybook.database.prepared import Query

T = TypeVar("T")
V = TypeVar("V")


class TracedDatabase:
    """Another `Database` behind the same promises."""

    def __init__(self, database: Database, traces: TracerProvider) -> None:
        self.url = database.url
        self._database = database
        self._tracer = traces.get_tracer("tallybook")

    async def read(self, transaction: Transaction[T]) -> T:
        return await self._database.read(self._traced(transaction))

    async def glance(self, query: Query[V], values: V) -> Rows:
        return await self.read(lambda connection: query.run(connection, values))

    async def write(self, transaction: Transaction[T]) -> T:
        return await self._database.write(self._traced(transaction))

    async def close(self) -> None:
        await self._database.close()

    def _traced(self, transaction: Transaction[T]) -> Transaction[T]:
        caller = get_current()

        def run(connection: Connection) -> T:
            under_way: list[Span] = []

            def begins(_connection: object, _cursor: object, statement: str, *_: object) -> None:
                verb = statement.split(None, 1)[0]
                attributes = {"db.system.name": connection.dialect.name, "db.query.text": statement}
                under_way.append(self._tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=attributes))

            def ends(*_: object) -> None:
                under_way.pop().end()

            event.listen(connection, "before_cursor_execute", begins)
            event.listen(connection, "after_cursor_execute", ends)
            token = attach(caller)  # the current span does not come along to SQLite's thread by itself
            try:
                return transaction(connection)
            finally:
                for failed in under_way:
                    failed.set_status(Status(StatusCode.ERROR))
                    failed.end()
                detach(token)

        return run
