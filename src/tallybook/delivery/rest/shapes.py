"""The shapes of bodies and answers about people and games; the OpenAPI document is written from them."""

from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.catalogue.stat_sets import NewStat
from tallybook.delivery.rest.reading import Command
from tallybook.rules.protocol import Stat, Win

T = TypeVar("T")

Username = Annotated[str, Meta(description="3 to 45 of A-Z, a-z, 0-9, - and _; unique ignoring case.")]
Password = Annotated[str, Meta(description="8 to 256 characters.")]
Name = Annotated[str, Meta(description="At most 100 visible characters of any script.")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list; `next_cursor` asks for the next one and is null at the end."""

    items: list[T]
    next_cursor: str | None


# Accounts


class Registration(Command, frozen=True, kw_only=True):
    """`email` is checked and, in this release, not kept."""

    username: Username
    password: Password
    email: str | UnsetType = UNSET
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


class ProfileChanges(Command, frozen=True, kw_only=True):
    """At least one field. An empty `region` takes it out."""

    display_name: Name | UnsetType = UNSET
    color: Annotated[str, Meta(description="Such as #1971c2.")] | UnsetType = UNSET
    region: Annotated[str, Meta(description="2 to 16 letters, digits or hyphens.")] | UnsetType = UNSET
    avatar_seed: str | UnsetType = UNSET


# Catalogue


class ChangedGame(Command, frozen=True, kw_only=True):
    """At least one field; what is left out stays."""

    name: Name | UnsetType = UNSET
    description: str | UnsetType = UNSET
    min_players: int | UnsetType = UNSET
    max_players: int | UnsetType = UNSET
    win: Win | UnsetType = UNSET
    rules: str | UnsetType = UNSET


class NewGame(ChangedGame, frozen=True, kw_only=True):
    """A game; `win` is `highest` and `rules` are `scoresheet` when left out."""

    name: Name


class NewStatSet(Command, frozen=True, kw_only=True):
    name: Name
    stats: tuple[NewStat, ...]


class ChangedStatSet(Command, frozen=True, kw_only=True):
    """At least one field; sessions keep the stats they began with."""

    name: Name | UnsetType = UNSET
    stats: tuple[NewStat, ...] | UnsetType = UNSET


class StatSet(msgspec.Struct, frozen=True):
    id: UUID
    game_id: UUID
    owner_id: UUID
    name: str
    stats: tuple[Stat, ...]
