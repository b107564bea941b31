"""Seasons of a game: their shape, what makes one valid, and reading them back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection, Row, Select, exists, select

from tallybook.careers.streams import derived_id
from tallybook.catalogue.statistics import checked_key
from tallybook.catalogue.tables import season_announcements, seasons
from tallybook.kernel.clock import iso
from tallybook.kernel.refusals import invalid, not_found
from tallybook.kernel.text import clean_name, clean_text

State = Literal["upcoming", "running", "ended", "closed"]
Occasion = Literal["starts", "ends", "news"]

MOST_SEASONS = 1_000  # of one game
MOST_BOARDS = 10
MOST_TIERS = 20
LONGEST_TEXT = 2_000
LARGEST_REWARD = 4_096  # bytes of JSON


class TierBound(msgspec.Struct, frozen=True, omit_defaults=True):
    """From which rank on, up to the next tier; or which share of the ranks from the top."""

    from_rank: int | None = None
    top_percent: str | None = None


class SeasonTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a rank brings: all tiers of a season go by `from_rank`, or all by `top_percent`.

    With `from_rank` a tier reaches down to the next one; with `top_percent` it holds that share of the ranks,
    rounded up. `reward` is for the game to understand.
    """

    name: str
    from_rank: Annotated[int, Meta(ge=1, le=1_000_000_000)] | UnsetType = UNSET
    top_percent: Annotated[str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$")] | UnsetType = UNSET
    reward: dict[str, Any] = {}

    @property
    def bound(self) -> TierBound:
        return TierBound(self.from_rank or None, self.top_percent or None)


class SeasonTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is announced by itself when the season starts, and when its standings are final."""

    starts: str = ""
    ends: str = ""


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """A season as everybody may see it. Times are microseconds since 1970 UTC."""

    id: UUID
    game_id: UUID
    key: str | None  # None once removed
    name: str
    boards: tuple[str, ...]
    starts_at: int
    ends_at: int
    tiers: tuple[SeasonTier, ...]
    texts: SeasonTexts
    standings_id: UUID | None  # of the final ones
    digest: str | None
    closed_at: int | None
    created_at: int

    def state(self, now: int) -> State:
        if self.closed_at is not None:
            return "closed"
        if now < self.starts_at:
            return "upcoming"
        return "running" if now < self.ends_at else "ended"

    def tier_at(self, rank: int, ranked: int) -> int | None:
        """The number of the tier of a rank among so many, None below all of them."""
        begun = [n for n, tier in enumerate(self.tiers) if tier.from_rank and rank >= tier.from_rank]
        if begun:
            return begun[-1]
        for number, tier in enumerate(self.tiers):
            if tier.top_percent and rank <= ceil(Decimal(tier.top_percent) * ranked / 100):
                return number
        return None


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    season_id: UUID
    occasion: Occasion
    text: str
    created_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class SeasonChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Fields to set; what is unset stays, and is plain in a new season."""

    name: str | UnsetType = UNSET
    boards: Sequence[str] | UnsetType = UNSET
    starts_at: int | UnsetType = UNSET
    ends_at: int | UnsetType = UNSET
    tiers: Sequence[SeasonTier] | UnsetType = UNSET
    texts: SeasonTexts | UnsetType = UNSET

    def given(self) -> dict[str, Any]:
        """The checked changes by field."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        for name, check in _CHECKS.items():
            if name in given:
                given[name] = check(given[name])
        return given


def _checked_boards(boards: Sequence[str]) -> tuple[str, ...]:
    if not 1 <= len(boards) <= MOST_BOARDS or len(set(boards)) < len(boards):
        raise invalid("boards", f"from 1 to {MOST_BOARDS} different keys of boards")
    return tuple(checked_key(key) for key in boards)


def _checked_tiers(tiers: Sequence[SeasonTier]) -> tuple[SeasonTier, ...]:
    if len(tiers) > MOST_TIERS:
        raise invalid("tiers", f"at most {MOST_TIERS}")
    bounds = [_bound(tier) for tier in tiers]
    if len({kind for kind, _ in bounds}) > 1:
        raise invalid("tiers", "all go by from_rank, or all by top_percent")
    values = [value for _, value in bounds]
    if values != sorted(set(values)):
        raise invalid("tiers", "the best comes first, and no two begin or end at the same rank")
    return tuple(_checked_tier(tier) for tier in tiers)


def _bound(tier: SeasonTier) -> tuple[str, Decimal]:
    if (tier.from_rank is UNSET) == (tier.top_percent is UNSET):
        raise invalid("tiers", "each has either from_rank or top_percent")
    if not isinstance(tier.from_rank, UnsetType):
        return "from_rank", Decimal(tier.from_rank)
    percent = Decimal(str(tier.top_percent))
    if not 0 < percent <= 100:
        raise invalid("tiers", "top_percent is more than 0 and at most 100")
    return "top_percent", percent


def _checked_tier(tier: SeasonTier) -> SeasonTier:
    if len(msgspec.json.encode(tier.reward)) > LARGEST_REWARD:
        raise invalid("tiers", f"a reward has at most {LARGEST_REWARD} bytes")
    return msgspec.structs.replace(tier, name=clean_name(tier.name, "tiers.name"))


def season_board_id(season_id: UUID, key: str) -> UUID:
    """The board on which a season ranks what enters the game's board of that key."""
    return derived_id(b"season board", season_id.bytes, key.encode())


def checked_text(text: str, field: str) -> str:
    return clean_text(text, field, longest=LONGEST_TEXT).strip()


_CHECKS: Mapping[str, Any] = {
    "name": clean_name,
    "boards": _checked_boards,
    "tiers": _checked_tiers,
    "texts": lambda texts: SeasonTexts(
        checked_text(texts.starts, "texts.starts"), checked_text(texts.ends, "texts.ends")
    ),
}

_boards = msgspec.json.Decoder(tuple[str, ...]).decode
_tiers = msgspec.json.Decoder(tuple[SeasonTier, ...]).decode
_texts = msgspec.json.Decoder(SeasonTexts).decode


def columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The row of checked fields."""
    encoded = {"boards", "tiers", "texts"}
    return {name: msgspec.json.encode(value) if name in encoded else value for name, value in fields.items()}


def _season(row: Row[Any]) -> Season:
    return Season(
        id=row.id,
        game_id=row.game_id,
        key=row.key,
        name=row.name,
        boards=_boards(row.boards),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        tiers=_tiers(row.tiers),
        texts=_texts(row.texts),
        standings_id=row.standings_id,
        digest=row.digest,
        closed_at=row.closed_at,
        created_at=row.created_at,
    )


def find_season(connection: Connection, game_id: UUID, season_id: UUID) -> Season:
    """A season of a game by id, also a removed one; refuses with `not_found`."""
    this = (seasons.c.id == season_id) & (seasons.c.game_id == game_id)
    row = connection.execute(select(seasons).where(this)).one_or_none()
    if row is None:
        raise not_found("season")
    return _season(row)


def seasons_of(connection: Connection, game_id: UUID, *, before: UUID | None, limit: int) -> list[Season]:
    """Those of a game, the newest first."""
    query = select(seasons).where(seasons.c.game_id == game_id, seasons.c.key.is_not(None))
    if before is not None:
        query = query.where(seasons.c.id < before)
    return [_season(row) for row in connection.execute(query.order_by(seasons.c.id.desc()).limit(limit))]


def ended_seasons(connection: Connection, now: int) -> list[Season]:
    """Seasons of all games that are over and not closed, in the order of their ends."""
    query = _open().where(seasons.c.ends_at <= now).order_by(seasons.c.ends_at, seasons.c.id)
    return [_season(row) for row in connection.execute(query)]


def unannounced_seasons(connection: Connection, now: int) -> list[Season]:
    """Running seasons of all games whose start is to be announced and was not."""
    table = season_announcements
    said = exists().where(table.c.season_id == seasons.c.id, table.c.occasion == "starts")
    query = _open().where(seasons.c.starts_at <= now, seasons.c.ends_at > now, ~said)
    found = map(_season, connection.execute(query.order_by(seasons.c.starts_at, seasons.c.id)))
    return [season for season in found if season.texts.starts]


def _open() -> Select[Any]:
    return select(seasons).where(seasons.c.closed_at.is_(None), seasons.c.key.is_not(None))


def announcements_of(
    connection: Connection,
    season_id: UUID,
    *,
    before: UUID | None = None,
    id_: UUID | None = None,
    limit: int = 1,
) -> list[Announcement]:
    """What was said about a season, the newest first; or the one announcement that has this id."""
    table = season_announcements
    query = select(table).where(table.c.season_id == season_id)
    if id_ is not None:
        query = query.where(table.c.id == id_)
    if before is not None:
        query = query.where(table.c.id < before)
    return [
        Announcement(
            id=row.id,
            season_id=row.season_id,
            occasion=row.occasion,
            text=row.text,
            created_at=iso(row.created_at),
        )
        for row in connection.execute(query.order_by(table.c.id.desc()).limit(limit))
    ]
