"""What games report of their players: checked against what the game declares, and written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection

from tallybook.access.actor import Actor
from tallybook.access.matrix import Relations, may, relations_to_game, require
from tallybook.accounts.players import kinds, kinds_of
from tallybook.careers.events import Number, Reported, StatsReported
from tallybook.catalogue.games import find_game
from tallybook.catalogue.statistics import OBSERVED, Statistic, checked_key, statistics_of
from tallybook.database.engine import Database
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.ledger.append import Appended
from tallybook.ledger.ledger import Ledger
from tallybook.play.careers import command
from tallybook.play.desk import require_time
from tallybook.play.requests import Body, Envelope
from tallybook.rules.scoresheet.values import read_decimal, read_integer
from tallybook.sessions.wire import decode

MOST_VALUES = 100  # in one report
LONGEST_PLAYTIME = 31 * 86_400_000  # milliseconds

Value = Annotated[int | str, Meta(description='Exact: a whole number, or a decimal such as `"9.5"`.')]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is added to what was reported before."""

    delta: Value


class StatisticsReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values by key: a number is a new value, `{"delta": …}` adds to what was reported before.

    `playtime` is time played since the last report, in whole milliseconds. Without `player_id` it is the
    caller's own. What a game has not declared may be reported too: changes are summed up, and of values
    the latest counts.
    """

    player_id: UUID | UnsetType = UNSET
    values: Annotated[
        dict[Annotated[str, Meta(description="The key of a statistic.")], Value | Change],
        Meta(max_length=MOST_VALUES),
    ] = {}
    playtime: Annotated[int, Meta(ge=0, le=LONGEST_PLAYTIME)] = 0


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Whom a report concerns, and what the game declares."""

    relations: Relations
    declared: Mapping[str, Statistic]
    bot: bool


class Careers:
    """Takes reports. Everything raises `Refusal`."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    async def report(self, actor: Actor, game_id: UUID, body: Body, envelope: Envelope) -> Appended:
        """Write down statistics of a player, the caller's own where none is named."""
        report: StatisticsReport = decode(StatisticsReport, body)
        player_id = actor.player_id if isinstance(report.player_id, UnsetType) else report.player_id
        if report.player_id is UNSET and actor.key_games is not None:
            raise invalid("player_id", "is missing: a key is nobody's player")
        concerned = await self._database.read(
            partial(_concerned, actor=actor, game_id=game_id, player_id=player_id)
        )
        require("record.submit", concerned.relations)
        require_time(actor, envelope)
        if not report.values and not report.playtime:
            raise invalid("values", "report a value or playtime")
        values = tuple(_read(key, said, concerned) for key, said in sorted(report.values.items()))
        client = not may("record.vouch", concerned.relations)
        event = StatsReported(game_id, player_id, values, report.playtime, concerned.bot, client)
        append = command(
            actor,
            game_id,
            player_id,
            lambda _state, _index: [event],
            envelope,
            ("report", values, report.playtime),
        )
        return await self._ledger.append(append)


def _concerned(connection: Connection, *, actor: Actor, game_id: UUID, player_id: UUID) -> _Concerned:
    game = find_game(connection, game_id)
    relations = relations_to_game(actor, game)
    if player_id in actor.ids:
        relations |= {"player"}
    require("record.view", relations)
    game.check_offered()
    kind = kinds_of(kinds.run(connection, [(player_id,)])).get(player_id)
    if kind is None:
        raise not_found("player")
    return _Concerned(relations, statistics_of(connection, [game_id])[game_id], kind == "bot")


def _read(key: str, said: Value | Change, concerned: _Concerned) -> Reported:
    """One statistic as it will stand in the ledger."""
    field = f"values.{key}"
    declared = concerned.declared.get(checked_key(key, "values"))
    if (
        declared is not None
        and declared.authority == "server"
        and not may("record.vouch", concerned.relations)
    ):
        raise Refusal("forbidden", f"{field}: only the game's server or its owner may report this")
    if not isinstance(said, Change):
        return Reported(key, value=_number(said, field))
    if declared is not None and declared.aggregation in OBSERVED:
        raise invalid(field, f"takes no changes: it is declared as {declared.aggregation}")
    return Reported(key, delta=_number(said.delta, f"{field}.delta"))


def _number(value: int | str, field: str) -> Number:
    return read_integer(value, field) if isinstance(value, int) else read_decimal(value, field)
