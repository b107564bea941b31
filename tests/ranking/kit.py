"""A ledger that is a list, and what a ranking must answer according to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tallybook.kernel.clock import SystemClock
from tallybook.ranking.keys import key
from tallybook.ranking.port import TIED, Change, NotReady, Page, Ranked, Ranking, Row, Source, Standing

Commit = tuple[int, int, list[Change]]  # after, upto, what changed


def better(score: int, second: int = 0, since: int = 0) -> bytes:
    """The key of a board where more points are better, then fewer seconds."""
    return key(score, second, since, highest=True, second_highest=False)


def member(number: int) -> bytes:
    return number.to_bytes(16)


class HandClock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> int:
        return int(self.time * 1_000_000)

    def monotonic(self) -> float:
        return self.time


async def nothing() -> None:
    """What happens meanwhile, by default."""


@dataclass
class Truth:
    """Every commit there was."""

    commits: list[Commit] = field(default_factory=list)

    @property
    def position(self) -> int:
        return self.commits[-1][1] if self.commits else 0

    def commit(self, *changes: tuple[bytes, bytes, bytes | None]) -> Commit:
        """Log the changes of some lists' members, an event each; without any, one that changes nothing."""
        after = self.position
        made = [Change(*change, after + number) for number, change in enumerate(changes, 1)]
        self.commits.append((after, after + max(1, len(made)), made))
        return self.commits[-1]

    def rows(self, name: bytes, *, upto: int | None = None) -> list[Row]:
        """A list as of a position, in its order."""
        found: dict[bytes, Row] = {}
        for _, _, changes in self.commits:
            for change in changes:
                if change.list == name and (upto is None or change.version <= upto):
                    found.pop(change.member, None)
                    if change.key is not None:
                        found[change.member] = (change.member, change.key, change.version)
        return sorted(found.values(), key=lambda row: (row[1], row[0]))

    def lines(self, name: bytes, *, upto: int) -> list[Ranked]:
        rows = self.rows(name, upto=upto)
        return [Ranked(each, key, rank_among(key, [row[1] for row in rows])) for each, key, _ in rows]

    def source(
        self, name: bytes, *, size: int = 2, meanwhile: Callable[[], Awaitable[None]] = nothing
    ) -> Callable[[], Awaitable[Source]]:
        """The list for loading, in chunks that are read one after another, as SQL would in transactions.

        `meanwhile` is called before the first and after each.
        """

        async def chunks() -> AsyncIterator[Sequence[Row]]:
            seen: set[bytes] = set()
            while rest := sorted(row for row in self.rows(name) if row[0] not in seen):
                yield rest[:size]
                seen.update(row[0] for row in rest[:size])
                await meanwhile()

        async def source() -> Source:
            await meanwhile()
            return Source(self.position, chunks())

        return source


def rank_among(key: bytes, keys: Sequence[bytes]) -> int:
    return 1 + sum(other[:TIED] < key[:TIED] for other in keys)


async def deliver(ranking: Ranking, *commits: Commit) -> bool:
    """Bring commits that follow one another."""
    changes = [change for _, _, part in commits for change in part]
    return await ranking.apply(changes, after=commits[0][0], upto=commits[-1][1])


def look(ranking: Ranking, truth: Truth) -> None:
    """Look at the ledger."""
    ranking.heard(truth.position, looked_at=SystemClock().monotonic())


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; the test's time-out is the limit."""
    while not await condition():
        await asyncio.sleep(0.02)


async def check(ranking: Ranking, truth: Truth, name: bytes, *, heard: int, probes: Sequence[bytes]) -> bool:
    """Every answer is that of one position at least `heard`, or there is none; whether there was."""
    position = await ranking.ready(name)
    if position is None:
        try:
            await ranking.top(name, 10)
        except NotReady:
            return False
        raise AssertionError("a list that is not ready has answered")
    assert heard <= position <= truth.position
    lines = truth.lines(name, upto=position)
    total = len(lines)
    standings = {line.member: Standing(line.key, line.rank, place, total) for place, line in enumerate(lines)}
    assert truth.rows(name, upto=await ranking.changed(name)) == truth.rows(name, upto=position)
    assert await ranking.size(name) == total
    assert await ranking.ranks(name, probes) == {
        probe: standings[probe] for probe in probes if probe in standings
    }
    for probe in probes:
        assert await ranking.rank(name, probe) == standings.get(probe)
        page = await ranking.around(name, probe, 3)
        if probe in standings:
            start = max(0, min(standings[probe].place - 1, total - 3))
            assert page == Page(lines[start : start + 3], start, total)
        else:
            assert page is None
    for score in (better(2), better(2, 1, 5), better(9)):
        for probe in probes:
            others = [line.key for line in lines if line.member != probe]
            assert await ranking.ranks_of(name, [(score, probe)]) == [rank_among(score, others)]
            worse = sum(other[:TIED] > score[:TIED] for other in others)
            assert await ranking.below(name, score, probe) == worse
        behind = sum(line.key + line.member <= score + member(3) for line in lines)
        expected = Page(lines[behind : behind + 2], behind, total)
        assert await ranking.top(name, 2, after=score + member(3)) == expected
    assert await ranking.top(name, total + 1) == Page(lines, 0, total)
    assert await ranking.top(name, 2, offset=1) == Page(lines[1:3], 1, total)
    return True
