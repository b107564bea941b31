"""Ratings of persons in each game, folded in the order in which sessions ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, func, or_, select

from tallybook.accounts.events import PlayerMerged
from tallybook.kernel.events import Recorded, name_without_version
from tallybook.projections.beginnings import games_of_streams
from tallybook.projections.ratings_model import RatedSeat, Rating, play
from tallybook.projections.ratings_tables import (
    TABLES,
    find_persons,
    find_ratings,
    find_sessions,
    ratings,
    save_persons,
    save_ratings,
    save_sessions,
    save_steps,
    sessions,
    steps,
)
from tallybook.projections.slots import SLOTS
from tallybook.sessions.events import (
    Result,
    ResultCorrected,
    SessionFinished,
)

CHUNK = 200  # sessions counted again at a stretch: the server goes on in between

_seats = msgspec.json.Decoder(tuple[RatedSeat, ...]).decode

_RESULTS = frozenset({"session_finished", "result_corrected", "session_voided"})
_MERGES = frozenset({"player_merged", "player_split"})

Since = dict[UUID, int]  # by game, the end of the first session that has to be counted again


class Ratings:
    """Follows results, corrections, voids and merges; what comes late is put in its place."""

    name = "ratings"
    version = 1
    concerns = frozenset({*_RESULTS, *_MERGES})

    def __init__(self) -> None:
        self.slot = SLOTS[0]

    def apply(self, connection: Connection, slot: str, events: Sequence[Recorded]) -> None:
        since: Since = {}
        _take_results(connection, slot, events, since)
        _take_merges(connection, slot, events, since)
        for game_id, ended_at in sorted(since.items()):
            _refold(connection, slot, game_id, ended_at, events[-1].position)

    def clear(self, connection: Connection, slot: str) -> None:
        for tables in TABLES:
            tables.clear(connection, slot)


def _earlier(since: Since, game_id: UUID, ended_at: int) -> None:
    since[game_id] = min(since.get(game_id, ended_at), ended_at)


def _take_results(connection: Connection, slot: str, events: Sequence[Recorded], since: Since) -> None:
    """Write down the results that count as they are now."""
    news = [recorded for recorded in events if name_without_version(recorded.type) in _RESULTS]
    if not news:
        return
    ids = sorted({(recorded.stream,) for recorded in news})
    rows = {row[0]: list(row) for row in find_sessions[slot].run(connection, ids)}
    finished = [r for r in news if isinstance(r.event, SessionFinished) and r.stream not in rows]
    counting = [r for r in finished if isinstance(r.event, SessionFinished) and _rated_seats(r.event.result)]
    games = games_of_streams(connection, [recorded.stream for recorded in counting])
    for recorded in counting:
        rows[recorded.stream] = [recorded.stream, games[recorded.stream], recorded.happened_at, "[]", -1]
    changed = {}
    for recorded in news:
        row = rows.get(recorded.stream)
        if row is None or recorded.index <= row[4]:
            continue
        said = recorded.event
        counted = _rated_seats(said.result) if isinstance(said, SessionFinished | ResultCorrected) else ()
        row[3:] = msgspec.json.encode(counted).decode(), recorded.index
        changed[recorded.stream] = row
        _earlier(since, row[1], row[2])
    save_sessions[slot].run(connection, list(changed.values()))


def _rated_seats(result: Result) -> tuple[RatedSeat, ...]:
    """The seats that compete; none where nobody does."""
    people = [seat for seat in result.seats if not seat.is_bot]
    if result.win in {"cooperative", "none"} or len(people) < 2:
        return ()
    return tuple(RatedSeat(seat.player_id, seat.winner, seat.place, seat.team) for seat in people)


def _take_merges(connection: Connection, slot: str, events: Sequence[Recorded], since: Since) -> None:
    """Note who is who, and from when on that makes a difference in each game."""
    news = [recorded for recorded in events if name_without_version(recorded.type) in _MERGES]
    if not news:
        return
    keys = sorted({(recorded.stream,) for recorded in news})
    known = {row[0]: (row[1], row[2]) for row in find_persons[slot].run(connection, keys)}
    moved: dict[UUID, set[UUID]] = {}  # by player, the persons before and after
    for recorded in news:
        player_id = recorded.stream
        before, position = known.get(player_id, (player_id, 0))
        if recorded.position <= position:
            continue
        after = recorded.event.into if isinstance(recorded.event, PlayerMerged) else player_id
        known[player_id] = after, recorded.position
        moved.setdefault(player_id, set()).update({before, after})
    save_persons[slot].run(connection, [(player_id, *known[player_id]) for player_id in sorted(moved)])
    table, played = steps[slot], sessions[slot]
    for player_id, people in sorted(moved.items()):
        query = (
            select(table.c.game_id, table.c.ended_at, played.c.seats)
            .join(played, played.c.session_id == table.c.session_id)
            .where(table.c.person_id.in_(sorted(people)))
        )
        for game_id, ended_at, seats in connection.execute(query):
            if any(seat.player_id == player_id for seat in _seats(seats)):
                _earlier(since, game_id, ended_at)


def _refold(connection: Connection, slot: str, game_id: UUID, since: int, position: int) -> None:
    """Count the game again from the first session that ended at `since` or later."""
    stale = _rated_since(connection, slot, game_id, since)
    if stale:
        table = steps[slot]
        connection.execute(delete(table).where(table.c.game_id == game_id, table.c.ended_at >= since))
    book = _Book(connection, slot, game_id, since)
    for written in book.count({}):
        save_steps[slot].run(connection, written)
    book.recall(stale)
    rows = [
        [
            *(game_id, person_id, *msgspec.structs.astuple(rating)),
            *(rating.shown, int(rating.settled), book.last[person_id], position),
        ]
        for person_id, rating in sorted(book.ratings.items())
    ]
    save_ratings[slot].run(connection, rows)
    if gone := sorted(stale - book.ratings.keys()):  # no session is left to them
        rated = ratings[slot]
        connection.execute(delete(rated).where(rated.c.game_id == game_id, rated.c.person_id.in_(gone)))


def foreseen(
    connection: Connection, slot: str, session_id: UUID, result: Result | None
) -> dict[UUID, tuple[Rating | None, Rating | None]]:
    """By person, the ratings now and if the session had this result, or counted no longer. Writes nothing."""
    found = find_sessions[slot].run(connection, [(session_id,)])
    if not found:
        return {}
    _, game_id, since, _, _ = found[0]
    book = _Book(connection, slot, game_id, since)
    for _ in book.count({session_id: () if result is None else _rated_seats(result)}):
        pass  # only where it leads to is of interest
    stale = _rated_since(connection, slot, game_id, since)
    book.recall(stale)
    people = sorted(stale | book.ratings.keys())
    rows = find_ratings[slot].run(connection, [(game_id, person_id) for person_id in people])
    now = {row[1]: Rating(*row[2:5]) for row in rows}
    return {person_id: (now.get(person_id), book.ratings.get(person_id)) for person_id in people}


def _rated_since(connection: Connection, slot: str, game_id: UUID, since: int) -> set[UUID]:
    """Who was rated after a session that ended then or later."""
    table = steps[slot]
    query = select(table.c.person_id).where(table.c.game_id == game_id, table.c.ended_at >= since)
    return set(connection.execute(query.distinct()).scalars())


class _Book:
    """The ratings of one game, while it is counted again from a moment on."""

    def __init__(self, connection: Connection, slot: str, game_id: UUID, since: int) -> None:
        self._connection = connection
        self._slot = slot
        self._game_id = game_id
        self._since = since
        self.ratings: dict[UUID, Rating] = {}
        self.last: dict[UUID, int] = {}  # when the last session of each person ended

    def count(self, instead: Mapping[UUID, tuple[RatedSeat, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        """Fold session by session; gives rows of steps. `instead` has other seats of some sessions."""
        table = sessions[self._slot]
        order = table.c.ended_at, table.c.session_id
        after = self._since, UUID(int=0)
        more = True
        while more:
            query = select(*order, table.c.seats).where(
                table.c.game_id == self._game_id,
                table.c.ended_at >= after[0],
                or_(table.c.ended_at > after[0], table.c.session_id > after[1]),
            )
            rows = self._connection.execute(query.order_by(*order).limit(CHUNK)).all()
            more = len(rows) == CHUNK
            if more:
                after = rows[-1][0], rows[-1][1]
            yield self._fold(
                [(at, each, instead[each] if each in instead else _seats(seats)) for at, each, seats in rows]
            )

    def _fold(self, played: Sequence[tuple[int, UUID, tuple[RatedSeat, ...]]]) -> list[tuple[Any, ...]]:
        players = {seat.player_id for _, _, seats in played for seat in seats}
        links = find_persons[self._slot].run(self._connection, [(each,) for each in sorted(players)])
        who = {row[0]: row[1] for row in links}
        self.recall({who.get(player_id, player_id) for player_id in players})
        written = []
        for ended_at, session_id, seats in played:
            for person_id, rating in sorted(play(seats, who, self.ratings).items()):
                self.ratings[person_id], self.last[person_id] = rating, ended_at
                step = (self._game_id, person_id, ended_at, session_id)
                written.append((*step, rating.mu, rating.sigma, rating.rated))
        return written

    def recall(self, people: Iterable[UUID]) -> None:
        """Put in what these persons were rated before, unless they are in; newcomers are left out."""
        late = []
        asked = [(self._game_id, person_id) for person_id in sorted(set(people) - self.ratings.keys())]
        for row in find_ratings[self._slot].run(self._connection, asked):
            _, person_id, mu, sigma, rated, _, _, last_at, _ = row
            if last_at < self._since:
                self.ratings[person_id], self.last[person_id] = Rating(mu, sigma, rated), last_at
            else:
                late.append(person_id)
        table = steps[self._slot]
        here = (table.c.game_id == self._game_id) & (table.c.ended_at < self._since)
        for start in range(0, len(late), CHUNK):
            mine = table.c.person_id.in_(late[start : start + CHUNK])
            newest = (
                select(table.c.person_id, func.max(table.c.ended_at).label("ended_at"))
                .where(here, mine)
                .group_by(table.c.person_id)
                .subquery()
            )
            same = (newest.c.person_id == table.c.person_id) & (newest.c.ended_at == table.c.ended_at)
            query = select(table.c.person_id, table.c.ended_at, table.c.mu, table.c.sigma, table.c.rated)
            query = query.join(newest, same).where(here).order_by(table.c.session_id)
            for person_id, ended_at, *rating in self._connection.execute(query):
                self.ratings[person_id], self.last[person_id] = Rating(*rating), ended_at
