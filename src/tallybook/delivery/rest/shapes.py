"""The shapes of bodies and answers about people and games; the OpenAPI document is written from them."""

from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.catalogue.games import Clearable
from tallybook.catalogue.stat_sets import NewStat
from tallybook.delivery.rest.reading import Command
from tallybook.rules.protocol import DataType, Scope, Win

T = TypeVar("T")


def _text(description: str, **schema: Any) -> Meta:
    """What is told about a text, which is judged behind this layer in words of its own."""
    return Meta(description=description, extra_json_schema=schema)


Username = Annotated[
    str,
    _text("3 to 45 of A-Z, a-z, 0-9, - and _; unique ignoring case.", pattern="^[A-Za-z0-9_-]{3,45}$"),
]
Password = Annotated[str, _text("8 to 256 characters.", minLength=8, maxLength=256)]
Settings = Annotated[dict[str, Any], Meta(description="An object of the clients, at most 8 KiB of JSON.")]
Name = Annotated[str, _text("At most 100 visible characters of any script.", minLength=1, maxLength=100)]
Email = Annotated[str, _text("Kept encrypted.", format="email")]
Color = Annotated[str, _text("Such as #1971c2.", pattern="^#[0-9a-fA-F]{6}$")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list; `next_cursor` asks for the next one and is null at the end."""

    items: list[T]
    next_cursor: str | None


# Accounts


class Registration(Command, frozen=True, kw_only=True):
    """`email` is kept encrypted, and shown to nobody else."""

    username: Username
    password: Password
    email: Email | UnsetType = UNSET
    display_name: Name | UnsetType = UNSET


class Credentials(Command, frozen=True, kw_only=True):
    username: str
    password: str


class NewGuest(Command, frozen=True, kw_only=True):
    display_name: Name


class Refresh(Command, frozen=True, kw_only=True):
    refresh_token: str


class NewPlayer(Command, frozen=True, kw_only=True):
    """Somebody for the caller's library, without a sign-in of her own."""

    name: Name


class PasswordChange(Command, frozen=True, kw_only=True):
    current: str
    new: Password


class NewApiKey(Command, frozen=True, kw_only=True):
    name: Name


class ProfileChanges(Command, frozen=True, kw_only=True):
    """At least one field. An empty `region` or `email` takes it out; `settings` replace the former ones."""

    display_name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    region: Annotated[str, Meta(description="2 to 16 letters, digits or hyphens.")] | UnsetType = UNSET
    avatar_seed: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET


# Catalogue


class ChangedGame(Command, frozen=True, kw_only=True):
    """At least one field; what is left out stays."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType = UNSET
    min_players: int | UnsetType = UNSET
    max_players: int | UnsetType = UNSET
    win: Win | UnsetType = UNSET
    rules: str | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    initials: Annotated[str, Meta(description="On the cover.")] | UnsetType = UNSET
    clear: Annotated[tuple[Clearable, ...], Meta(description="What to take back.")] = ()


class NewGame(ChangedGame, frozen=True, kw_only=True):
    """A game; left out, `win` is `highest`, `rules` are `scoresheet` and the cover follows from the name."""

    name: Name


class NewStatSet(Command, frozen=True, kw_only=True):
    name: Name
    stats: tuple[NewStat, ...]


class ChangedStatSet(Command, frozen=True, kw_only=True):
    """At least one field; sessions keep the stats they began with."""

    name: Name | UnsetType = UNSET
    stats: tuple[NewStat, ...] | UnsetType = UNSET


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is counted, per player or per table; it can be sent back as it is.

    Bounds are numbers for integer and duration (milliseconds) and canonical decimal strings for decimal.
    """

    name: str
    data_type: DataType
    scope: Scope
    scoring: bool
    choices: tuple[str, ...]
    minimum: int | str | UnsetType = UNSET
    maximum: int | str | UnsetType = UNSET
    step: int | str | UnsetType = UNSET


class StatSet(msgspec.Struct, frozen=True):
    id: UUID
    game_id: UUID
    owner_id: UUID
    name: str
    stats: tuple[Stat, ...]
