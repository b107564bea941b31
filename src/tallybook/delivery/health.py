"""Whether this process lives and whether it can serve, for those who restart it or send it traffic."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from tallybook.kernel.tasks import end
from tallybook.ledger.ledger import Ledger

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0  # within which the database has to answer
STUCK_SECONDS = 10.0  # for one batch; the writer gives up on a database that is away after five
LAG_SECONDS = 10.0  # of the follower, which looks twice a second

Failing = Mapping[str, str]  # a check, and what is wrong in words for the operator


class Health:
    """Looks at a running node. `foreign` says whether a database has the schema of another release."""

    def __init__(self, ledger: Ledger, foreign: Callable[[Connection], bool]) -> None:
        self._ledger = ledger
        self._foreign = foreign
        self._question: asyncio.Task[dict[str, str]] | None = None

    def lives(self) -> Failing:
        """The checks that only a restart can mend; that this is called shows that the event loop turns."""
        running = {"writer": self._ledger.writer_running, "follower": self._ledger.follower.running}
        return {name: "its task has ended" for name, runs in running.items() if not runs}

    async def ready(self) -> Failing:
        """The checks that fail now, within little more than `ANSWER_SECONDS` whatever the database does."""
        failing = dict(self.lives())
        if self._ledger.draining:
            failing["draining"] = "the server is shutting down"
        if (spent := self._ledger.writer_busy_seconds) > STUCK_SECONDS:
            failing["writer"] = f"one batch has taken {spent:.0f} seconds so far"
        if (lag := self._ledger.follower.lag_seconds) > LAG_SECONDS:
            failing["follower"] = f"the newest events were last seen {lag:.0f} seconds ago"
        # Everybody who asks waits for the same answer, so that asking cannot use up connections.
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._question}, timeout=ANSWER_SECONDS)
        if not done:
            failing["database"] = f"no answer within {ANSWER_SECONDS:.0f} seconds"
        else:
            failing |= self._question.result()
        return failing

    async def _ask(self) -> dict[str, str]:
        try:
            foreign = await self._ledger.database.read(self._foreign)
        except Exception as error:
            log.warning("the database could not be asked: %s", error.__cause__ or error)
            return {"database": "it could not be asked"}
        return {"schema": "it is of another release"} if foreign else {}

    async def close(self) -> None:
        """Give up the question under way."""
        if self._question is not None:
            await end(self._question)
