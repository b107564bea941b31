"""What a ranking promises, whichever technology keeps it.

A ranking is an index of what SQL holds, never the truth. It answers exactly or not at all (`NotReady`), and
ledger positions decide which: the index knows the stretches of the ledger whose changes have all reached it
(`apply` says which stretch it brings), a list knows the position it was loaded at, and it is answered from
only while one unbroken stretch leads from there to the newest position that anybody has told of. A change
that got lost, a node that died between commit and `apply`, an index that was emptied or came back older:
each leaves a hole in the stretch, and a hole means `NotReady` until it is filled or the list loaded again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

MEMBER = 16  # bytes of a member: the id of a player or a team
KEY = 24  # bytes of a key; see `keys`
TIED = 16  # bytes of a key that decide the rank; the others only the order among equals
LONGEST_LIST = 40  # bytes of a list's name

TRUST = 2.0  # seconds that a shared index answers after the last look at the ledger

Row = tuple[bytes, bytes, int]  # member, key, version: the ledger position that gave the member this key


class NotReady(Exception):
    """The list cannot be answered from now; SQL can, and `load` makes it ready again."""


class Change(NamedTuple):
    """A member has a new key in a list, or left it (`None`), by the event at ledger position `version`."""

    list: bytes
    member: bytes
    key: bytes | None
    version: int


class Standing(NamedTuple):
    """Where a member is: equals share a `rank` (1, 2, 2, 4), but nobody a `place` in the listed order (from
    0), which is by whole key, then member."""

    key: bytes
    rank: int
    place: int
    total: int


class Ranked(NamedTuple):
    """A line of a list."""

    member: bytes
    key: bytes
    rank: int


class Page(NamedTuple):
    """Consecutive lines of a list; `start` is the place of the first, `total` the members of the list."""

    lines: Sequence[Ranked]
    start: int
    total: int


class Source(NamedTuple):
    """What SQL says of a list, for loading: every change up to `upto` is in the rows, later ones may be.

    So rows may be read in several transactions, if the ledger's position was read before the first. Rows come
    in chunks, of some thousands; sorted by key, then member, they load fastest. Of several rows of one member
    the last counts.
    """

    upto: int
    chunks: AsyncIterator[Sequence[Row]] | Iterable[Sequence[Row]]

    async def each(self) -> AsyncIterator[Sequence[Row]]:
        """The chunks that are not empty."""
        if isinstance(self.chunks, AsyncIterator):
            async for chunk in self.chunks:
                if chunk:
                    yield chunk
        else:
            for chunk in self.chunks:
                if chunk:
                    yield chunk


class Ranking(Protocol):
    """Lists of members in order. Everything that reads raises `NotReady` rather than err.

    An answer is the list exactly as it was at one position of the ledger: the newest that this process has
    been told of (by `apply`, `heard` or `load`) or one after it, and no earlier than any `apply` that has
    returned True in a process that shares the index.
    """

    shared: bool  # whether other processes bring to the same index what they commit

    async def apply(self, changes: Sequence[Change], *, after: int, upto: int) -> bool:
        """Take in all the changes, of all lists, that the ledger's positions `after` < p <= `upto` make.

        Called after every commit, even with no changes, and before it is acknowledged. Several processes may
        call it in any order and again: a change older than what the member has is ignored, removals included.
        Lists that are neither loaded nor being loaded take no notice. Of one member's changes of one version
        the last counts.

        True: in every answer from now on. False (the index is out of reach): no answer of this process will
        lack it, nor any of another that has heard of it; processes that look at the ledger twice a second
        have heard of it within `TRUST`, or answer no more.
        """

    def heard(self, position: int, *, looked_at: float | None = None) -> None:
        """The ledger has got as far as this: an answer that lacks some of it is none. For the event loop.

        `looked_at` is `Clock.monotonic()` from before the ledger itself was asked (not a message): a shared
        index answers only for so long (`TRUST`) after the last look, and after a new connection only once
        there was a look, since only the ledger tells what an index that came back older has forgotten.
        """

    async def ready(self, name: bytes) -> int | None:
        """The ledger position as of which the list is answered now; None when it is not ready."""

    async def changed(self, name: bytes) -> int:
        """A position since which the list has been as it is now: while it is the same, so are all answers."""

    async def size(self, name: bytes) -> int:
        """How many members the list has."""

    async def rank(self, name: bytes, member: bytes) -> Standing | None:
        """Where the member is; None when it is not in the list."""

    async def ranks(self, name: bytes, members: Sequence[bytes]) -> Mapping[bytes, Standing]:
        """Where each of these is that is in the list: all as of one moment."""

    async def ranks_of(self, name: bytes, wanted: Sequence[tuple[bytes, bytes]]) -> Sequence[int]:
        """The ranks that members have or would have, each with its key (key, member), all as of one moment:
        1 + the others who are strictly better, whatever key the member itself has by now."""

    def rank_at_hand(self, name: bytes, key: bytes, member: bytes) -> int | None:
        """One of them, if it can be said at once; None where that has to be asked for.

        Of a shared index it is the rank that the member had as this process brought this key, and told once:
        for whoever has had it brought.
        """

    async def below(self, name: bytes, key: bytes, member: bytes) -> int:
        """How many others are strictly worse than this key; equals are not."""

    async def top(self, name: bytes, limit: int, *, offset: int = 0, after: bytes | None = None) -> Page:
        """The first `limit` lines from place `offset` on, or those behind `after` (key + member of the last
        line seen, which need not be there any more)."""

    async def around(self, name: bytes, member: bytes, limit: int) -> Page | None:
        """`limit` lines with the member in their middle, or as near to it as the list's ends allow; None
        when it is not in the list."""

    async def load(self, name: bytes, source: Callable[[], Awaitable[Source]]) -> bool:
        """Make a list ready from what SQL says, while changes keep arriving.

        `source` is called once the index keeps the list's changes, so it must look at the ledger's position
        then and not earlier. True: it is ready, or will be when changes that were in the rows already have
        been brought. False: somebody else is loading it, or the index is out of reach. What `source` raises
        comes out, and the list is not ready.
        """

    async def drop(self, name: bytes) -> bool:
        """Forget a list; False when the index is out of reach. A list that is filled anew with other content
        gets another name, so that nothing depends on this."""

    async def close(self) -> None:
        """Let go of connections."""
