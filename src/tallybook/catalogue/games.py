"""Games: their shape, what makes one valid, and reading them back."""

from collections.abc import Collection
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, select

from tallybook.accounts.players import checked_color, color_of
from tallybook.catalogue.tables import games
from tallybook.kernel.refusals import Refusal, invalid, not_found
from tallybook.kernel.text import clean_name, clean_text
from tallybook.rules.protocol import Win

MOST_PLAYERS = 100
LONGEST_INITIALS = 8  # in code points: one flag or family is several

Clearable = Literal["min_players", "max_players", "color", "initials"]


class Game(msgspec.Struct, frozen=True):
    """A game as everybody may see it; colour and initials are its cover."""

    id: UUID
    name: str
    description: str
    win: Win
    rules: str
    owner_id: UUID
    archived: bool
    color: str
    initials: str
    min_players: int | UnsetType = UNSET
    max_players: int | UnsetType = UNSET

    def check_offered(self) -> None:
        """Refuses with `archived`: nothing more is taken of players."""
        if self.archived:
            raise Refusal("archived", "the game is archived")


class GameChanges(msgspec.Struct, frozen=True):
    """Fields of a game to set, and to clear; what is in neither stays, and is plain in a new game."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    min_players: int | UnsetType = UNSET
    max_players: int | UnsetType = UNSET
    win: Win | UnsetType = UNSET
    rules: str | UnsetType = UNSET
    color: str | UnsetType = UNSET
    initials: str | UnsetType = UNSET
    clear: tuple[Clearable, ...] = ()

    def columns(self, known_rules: Collection[str]) -> dict[str, Any]:
        """The checked changes by column."""
        changes: dict[str, Any] = dict.fromkeys(self.clear)
        if isinstance(self.name, str):
            changes["name"] = clean_name(self.name)
        if isinstance(self.description, str):
            changes["description"] = clean_text(self.description, "description")
        for field in ("min_players", "max_players"):
            number = getattr(self, field)
            if number is not UNSET:
                if not 1 <= number <= MOST_PLAYERS:
                    raise invalid(field, f"must be from 1 to {MOST_PLAYERS}")
                changes[field] = number
        if self.win is not UNSET:
            changes["win"] = self.win
        if isinstance(self.rules, str):
            if self.rules not in known_rules:
                raise invalid("rules", f"this server has the rules {', '.join(sorted(known_rules))}")
            changes["rules"] = self.rules
        if isinstance(self.color, str):
            changes["color"] = checked_color(self.color)
        if isinstance(self.initials, str):
            changes["initials"] = clean_name(self.initials, "initials", longest=LONGEST_INITIALS)
        for field in self.clear:
            if changes[field] is not None:
                raise invalid("clear", f"{field} is to be set and to be cleared")
        return changes


def check_players(fewest: int | None, most: int | None) -> None:
    if fewest is not None and most is not None and fewest > most:
        raise invalid("min_players", "is above max_players")


def find_game(connection: Connection, game_id: UUID) -> Game:
    """A game by id, archived or not; refuses with `not_found`."""
    row = connection.execute(select(games).where(games.c.id == game_id)).one_or_none()
    if row is None:
        raise not_found("game")
    return shown(row)


def shown(row: Row[Any]) -> Game:
    return Game(
        id=row.id,
        name=row.name,
        description=row.description,
        min_players=UNSET if row.min_players is None else row.min_players,
        max_players=UNSET if row.max_players is None else row.max_players,
        win=row.win,
        rules=row.rules,
        owner_id=row.owner_id,
        archived=row.archived,
        color=row.color or color_of(row.id),
        initials=row.initials or _initials(row.name),
    )


def _initials(name: str) -> str:
    """The first letters or digits of the first two words; of a name without any, its first character."""
    words = ("".join(filter(str.isalnum, word)) for word in name.split())
    return "".join(word[0].upper() for word in words if word)[:2] or name[0]
