"""Defining, changing, announcing and closing the seasons of a game.

A season ranks on boards of its own, one beside each board that it is over: made by that one's definition as
it was when the season was defined, and open during the season. What enters the one enters the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from tallybook.accounts.registry import refusing_twins, write_facts
from tallybook.catalogue.boards import SEASONAL, Board, boards_of, find_board
from tallybook.catalogue.events import (
    BoardDefined,
    SeasonAnnounced,
    SeasonClosed,
    SeasonDefined,
    SeasonRemoved,
)
from tallybook.catalogue.seasons import (
    MOST_SEASONS,
    Announcement,
    Occasion,
    Season,
    SeasonChanges,
    SeasonTexts,
    announcements_of,
    checked_text,
    columns,
    find_season,
    season_board_id,
    seasons_of,
)
from tallybook.catalogue.statistics import checked_key
from tallybook.catalogue.tables import board_periods, boards, season_announcements, seasons
from tallybook.kernel.clock import Clock
from tallybook.kernel.events import Event
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.append import Appended
from tallybook.ledger.ledger import Ledger

_TAKEN = ("name_taken", "the game has a season with this key")
_PLAIN: Mapping[str, Any] = {"tiers": (), "texts": SeasonTexts()}
SERVER = UUID(int=0)  # within which the command ids of the server itself are unique
_NEEDED = ("name", "boards", "starts_at", "ends_at")


@dataclass(frozen=True, slots=True)
class Final:
    """Frozen standings: their id, what tells them from any others, and how many places they have."""

    standings_id: UUID
    digest: str
    places: int


class Seasons:
    """Seasons by game. Who may do it is asked before; this only does it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._clock = clock

    async def season(self, game_id: UUID, season_id: UUID) -> Season:
        """A season, also a removed one."""
        return await self._database.read(partial(find_season, game_id=game_id, season_id=season_id))

    async def of_game(self, game_id: UUID, *, before: UUID | None, limit: int) -> list[Season]:
        return await self._database.read(partial(seasons_of, game_id=game_id, before=before, limit=limit))

    async def announcements(self, season_id: UUID, *, before: UUID | None, limit: int) -> list[Announcement]:
        return await self._database.read(
            partial(announcements_of, season_id=season_id, before=before, limit=limit)
        )

    async def define(
        self, actor: UUID, game_id: UUID, key: str, changes: SeasonChanges, *, command_id: str | None = None
    ) -> Season:
        """A new season. It may have begun, but not be over: what its boards took since then counts."""
        given = changes.given()
        for name in _NEEDED:
            if name not in given:
                raise invalid(name, "is missing")
        fields = {**_PLAIN, **given}
        self._check_times(fields)
        checked_key(key)
        season_id = new_id()
        own = await self._own_boards(game_id, season_id, fields["boards"])

        def beside(connection: Connection) -> None:
            of_game = select(func.count()).select_from(seasons).where(seasons.c.game_id == game_id)
            if connection.execute(of_game).scalar_one() >= MOST_SEASONS:
                raise invalid("key", f"a game has at most {MOST_SEASONS} seasons")
            row = {"id": season_id, "game_id": game_id, "key": key, "created_at": self._clock.now()}
            row["texts_by"] = actor
            with refusing_twins(*_TAKEN):
                connection.execute(insert(seasons).values(row | columns(fields)))
            self._open(connection, own, fields)

        facts = [_defined(season_id, key, fields), *_boards_defined(own)]
        content = ("define_season", game_id, key, given)
        written = await self._write(actor, game_id, facts, beside, command_id, content)
        if written.repeated:
            season_id = cast("SeasonDefined", await self._ledger.first_of(written)).season
        return await self.season(game_id, season_id)

    async def change(
        self, actor: UUID, before: Season, changes: SeasonChanges, *, command_id: str | None = None
    ) -> Season:
        """Boards and start stay once the season has begun, end and tiers once it is over."""
        given = changes.given()
        if not given:
            raise invalid("name", "give at least one field to change")
        fields = {name: getattr(before, name) for name in (*_NEEDED, *_PLAIN)} | given
        changed = {name for name in given if given[name] != getattr(before, name)}
        self._refuse_late(before, changed)
        own: list[Board] = []
        if moved := not changed.isdisjoint({"boards", "starts_at", "ends_at"}):
            self._check_times(fields)
            own = await self._own_boards(before.game_id, before.id, fields["boards"])
        dropped = [key for key in before.boards if key not in fields["boards"]]
        shut = await self._own_boards(before.game_id, before.id, dropped)

        def beside(connection: Connection) -> None:
            row = columns(given) | ({"texts_by": actor} if "texts" in changed else {})
            _update(connection, before.id, row)
            if moved:
                self._open(connection, own, fields)
            _shut(connection, shut)

        facts = [_defined(before.id, cast("str", before.key), fields), *_boards_defined([*own, *shut])]
        content = ("change_season", before.id, given)
        await self._write(actor, before.game_id, facts, beside, command_id, content)
        return await self.season(before.game_id, before.id)

    async def remove(self, actor: UUID, season: Season, *, command_id: str | None = None) -> None:
        """Call the season off, unless it is closed; doing it again changes nothing."""
        if season.key is None:
            return
        self._refuse_late(season, {"key"})
        own = await self._own_boards(season.game_id, season.id, season.boards)

        def beside(connection: Connection) -> None:
            _update(connection, season.id, {"key": None})
            _shut(connection, own)

        facts = [SeasonRemoved(season.id), *_boards_defined(own)]
        content = ("remove_season", season.id)
        await self._write(actor, season.game_id, facts, beside, command_id, content)

    async def announce(
        self,
        actor: UUID | None,
        season: Season,
        text: str,
        *,
        occasion: Occasion = "news",
        command_id: str | None = None,
    ) -> Announcement:
        """Say something about a season."""
        text = checked_text(text, "text")
        if not text:
            raise invalid("text", "is missing")
        announcement_id = new_id()
        content = ("announce_season", season.id, occasion, text)
        written = await self._write(
            actor,
            season.game_id,
            [SeasonAnnounced(season.id, announcement_id, occasion)],
            partial(self._say, actor, season.id, announcement_id, occasion, text),
            command_id,
            content,
        )
        if written.repeated:
            announcement_id = cast("SeasonAnnounced", await self._ledger.first_of(written)).announcement
        [said] = await self._database.read(
            partial(announcements_of, season_id=season.id, id_=announcement_id)
        )
        return said

    async def own_boards(self, season: Season) -> list[Board]:
        """The boards that the season ranks on, in the order of its boards."""
        return await self._own_boards(season.game_id, season.id, season.boards)

    async def close(self, season: Season, final: Final) -> bool:
        """Make frozen standings the final ones, and announce it; whether it was these."""
        now = self._clock.now()
        facts: list[Event] = [SeasonClosed(season.id, final.digest, final.places)]
        announcement_id = new_id()
        if season.texts.ends:
            facts.append(SeasonAnnounced(season.id, announcement_id, "ends"))

        def beside(connection: Connection) -> None:
            row = {"standings_id": final.standings_id, "digest": final.digest, "closed_at": now}
            _update(connection, season.id, row, seasons.c.ends_at == season.ends_at)
            if season.texts.ends:
                self._say(None, season.id, announcement_id, "ends", season.texts.ends, connection)

        content = ("close_season", season.id)
        written = await self._write(
            None, season.game_id, facts, beside, f"close-season-{season.id.hex}", content
        )
        return not written.repeated

    async def _write(
        self,
        actor: UUID | None,
        game_id: UUID,
        facts: Sequence[Event],
        beside: Any,
        command_id: str | None,
        content: Sequence[Any],
    ) -> Appended:
        """Into the game's stream. Command ids of people are theirs; nobody else has those of the server."""
        return await write_facts(
            self._ledger,
            game_id,
            facts,
            beside,
            actor=actor,
            command_id=command_id,
            content=content,
            scope=actor or SERVER,
        )

    def _check_times(self, fields: Mapping[str, Any]) -> None:
        if fields["ends_at"] <= fields["starts_at"]:
            raise invalid("ends_at", "must be after the start")
        if fields["ends_at"] <= self._clock.now():
            raise invalid("ends_at", "must be in the future")

    def _refuse_late(self, season: Season, changed: Iterable[str]) -> None:
        """Refuse to change what is settled by now."""
        state = season.state(self._clock.now())
        fixed = {"boards", "starts_at"} if state != "upcoming" else set()
        fixed |= {"ends_at", "tiers"} if state in {"ended", "closed"} else set()
        fixed |= {"key"} if state == "closed" else set()
        if refused := fixed.intersection(changed):
            what = "it stays" if "key" in refused else f"{', '.join(sorted(refused))} cannot change now"
            raise Refusal("season_fixed", f"the season is {state}: {what}")

    async def _own_boards(self, game_id: UUID, season_id: UUID, keys: Iterable[str]) -> list[Board]:
        """The season's boards beside those of the keys: as they are, or as they are to be."""

        def read(connection: Connection) -> list[Board]:
            known = boards_of(connection, [game_id])[game_id]
            found = []
            for key in keys:
                board_id = season_board_id(season_id, key)
                if (own := known.get(board_id)) is None:
                    own = _beside(find_board(connection, game_id, key), board_id)
                found.append(own)
            return found

        return await self._database.read(read)

    def _open(self, connection: Connection, own: Sequence[Board], fields: Mapping[str, Any]) -> None:
        """Let boards take what happens during the season."""
        ids = [board.id for board in own]
        known = set(connection.execute(select(boards.c.id).where(boards.c.id.in_(ids))).scalars())
        for board in own:
            if board.id not in known:
                row = {"id": board.id, "game_id": board.game_id, "key": board.key, "name": board.name}
                row["definition"] = msgspec.json.encode(board.definition)
                row |= {"archived": True, "created_at": self._clock.now()}
                connection.execute(insert(boards).values(row))
        _shut(connection, own)
        for board in own:
            for name in ("starts_at", "ends_at"):
                period = {"board_id": board.id, "begins_at": fields[name]}
                connection.execute(insert(board_periods).values(period))

    def _say(
        self,
        author: UUID | None,
        season_id: UUID,
        id_: UUID,
        occasion: Occasion,
        text: str,
        connection: Connection,
    ) -> None:
        """Without an author it is one of the season's own texts."""
        by = author or select(seasons.c.texts_by).where(seasons.c.id == season_id).scalar_subquery()
        row = {"id": id_, "season_id": season_id, "occasion": occasion, "text": text, "written_by": by}
        connection.execute(insert(season_announcements).values(row | {"created_at": self._clock.now()}))


def _beside(board: Board, board_id: UUID) -> Board:
    """A season's board over another one."""
    definition = msgspec.structs.replace(board.definition, schedule="manual", zone="UTC")
    if definition.source == "scores":
        definition = msgspec.structs.replace(definition, of=str(board.id))
    name = board.name
    return Board(
        id=board_id, game_id=board.game_id, key=f"{SEASONAL}{board_id.hex}", name=name, definition=definition
    )


def _shut(connection: Connection, own: Sequence[Board]) -> None:
    ids = [board.id for board in own]
    connection.execute(delete(board_periods).where(board_periods.c.board_id.in_(ids)))
    anew = update(boards).where(boards.c.id.in_(ids))
    connection.execute(anew.values(revision=boards.c.revision + 1))


def _update(
    connection: Connection, season_id: UUID, row: Mapping[str, Any], *conditions: ColumnElement[bool]
) -> None:
    """Change a season that is still there, and not closed unless it is about its texts."""
    kept = [seasons.c.id == season_id, seasons.c.key.is_not(None), *conditions]
    if not row.keys() <= {"name", "texts", "texts_by"}:
        kept.append(seasons.c.closed_at.is_(None))
    if connection.execute(update(seasons).where(*kept).values(row)).rowcount != 1:
        raise not_found("season")


def _defined(season_id: UUID, key: str, fields: Mapping[str, Any]) -> SeasonDefined:
    return SeasonDefined(
        season=season_id,
        key=key,
        boards=fields["boards"],
        starts_at=fields["starts_at"],
        ends_at=fields["ends_at"],
        tiers=tuple(tier.bound for tier in fields["tiers"]),
    )


def _boards_defined(own: Iterable[Board]) -> list[BoardDefined]:
    return [BoardDefined(board.id, board.key, board.definition) for board in own]
