"""What is shown of a player, and what a profile may say."""

import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, insert, select

from tallybook.accounts.events import Kind
from tallybook.accounts.registry import name_key, refusing_twins
from tallybook.accounts.reserved import refuse_official_name
from tallybook.accounts.tables import credentials, players
from tallybook.database.bulk import Lookup
from tallybook.database.driver import Rows
from tallybook.database.prepared import as_id
from tallybook.kernel.clock import iso
from tallybook.kernel.refusals import invalid, not_found
from tallybook.kernel.text import clean_name

display_names = Lookup(players, ["id", "display_name"], ["id"])
kinds = Lookup(players, ["id", "kind", "erased_at"], ["id"])

_USERNAME = re.compile(r"[A-Za-z0-9_-]{3,45}")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_REGION = re.compile(r"[A-Z0-9-]{2,16}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_LONGEST_EMAIL = 254
_LONGEST_SEED = 64
_LARGEST_SETTINGS = 8 * 1024
# Ten hues that can be told apart on light and on dark.
_PALETTE = (
    "#e03131",
    "#c2255c",
    "#9c36b5",
    "#6741d9",
    "#3b5bdb",
    "#1971c2",
    "#0c8599",
    "#2f9e44",
    "#e8590c",
    "#846358",
)


class Player(msgspec.Struct, frozen=True):
    """A player as everybody may see one."""

    id: UUID
    username: str | None
    display_name: str
    kind: Kind
    avatar_seed: str
    color: str
    region: str | None
    created_at: str


class Me(Player, frozen=True):
    """What a player alone sees of itself."""

    roles: tuple[str, ...]
    email: str | None
    settings: dict[str, Any]
    active: bool
    updated_at: str
    last_seen: str


class Profile(msgspec.Struct, frozen=True):
    """Changes to a profile; what is unset stays. An empty region or e-mail takes it out."""

    display_name: str | UnsetType = UNSET
    color: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    avatar_seed: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET  # all of them

    def columns(self) -> dict[str, Any]:
        """The checked changes by column; the e-mail, which is none, is checked too."""
        changes: dict[str, Any] = {}
        if isinstance(self.display_name, str):
            changes["display_name"] = checked_display_name(self.display_name)
        if isinstance(self.email, str) and self.email:
            check_email(self.email)
        if isinstance(self.settings, dict):
            changes["settings"] = _checked_settings(self.settings)
        if isinstance(self.color, str):
            changes["color"] = checked_color(self.color)
        if isinstance(self.region, str):
            region = self.region.upper()
            allowed = "must be 2 to 16 letters, digits or hyphens, or empty"
            changes["region"] = _matching(_REGION, region, "region", allowed) if region else None
        if isinstance(self.avatar_seed, str):
            changes["avatar_seed"] = clean_name(self.avatar_seed, "avatar_seed", longest=_LONGEST_SEED)
        return changes


def checked_username(username: str) -> str:
    return _matching(
        _USERNAME, username, "username", "needs 3 to 45 letters, digits, hyphens or underscores (A-Z, a-z)"
    )


def checked_display_name(name: str) -> str:
    name = clean_name(name, "display_name")
    refuse_official_name(name)
    return name


def _checked_settings(settings: dict[str, Any]) -> bytes:
    try:
        encoded = msgspec.json.encode(settings)
    except UnicodeEncodeError:
        raise invalid("settings", "holds half a character (a lone surrogate)") from None
    if len(encoded) > _LARGEST_SETTINGS:
        raise invalid("settings", f"at most {_LARGEST_SETTINGS} bytes of JSON")
    return encoded


def check_email(email: str) -> None:
    """Refuse what cannot be an address."""
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise invalid("email", "must be an e-mail address")


def checked_color(color: str) -> str:
    return _matching(_COLOR, color.lower(), "color", "must look like #1971c2")


def color_of(some_id: UUID) -> str:
    """The colour of whoever or whatever was given none."""
    return _PALETTE[some_id.int % len(_PALETTE)]


def _matching(pattern: re.Pattern[str], text: str, field: str, otherwise: str) -> str:
    if not pattern.fullmatch(text):
        raise invalid(field, otherwise)
    return text


def insert_player(
    connection: Connection,
    player_id: UUID,
    kind: Kind,
    display_name: str,
    now: int,
    *,
    username: str | None = None,
    owner: UUID | None = None,
) -> None:
    """A new row, with looks that follow from the id."""
    with refusing_twins(*(USERNAME_TAKEN if owner is None else NAME_TAKEN)):
        connection.execute(
            insert(players).values(
                id=player_id,
                kind=kind,
                username=username,
                username_folded=username and username.lower(),
                display_name=display_name,
                avatar_seed=player_id.hex[-12:],
                color=color_of(player_id),
                region=None,
                owner_id=owner,
                name_key=owner and name_key(display_name),
                roles="",
                created_at=now,
                last_seen=now,
            )
        )


USERNAME_TAKEN = ("username_taken", "somebody else has this username")
NAME_TAKEN = ("name_taken", "somebody in your library has this name")


def find_player(connection: Connection, player_id: UUID) -> Row[Any]:
    """The row, or `not_found`."""
    row = connection.execute(select(players).where(players.c.id == player_id)).one_or_none()
    if row is None:
        raise not_found("player")
    return row


def kinds_of(rows: Rows) -> dict[UUID, str]:
    """Of which kind players are, as `kinds` says; who does not exist, or was erased, is left out."""
    return {as_id(player_id): kind for player_id, kind, erased_at in rows if erased_at is None}


def find_credentials(connection: Connection, username: str) -> tuple[UUID, str] | None:
    """The player and the password hash behind a username."""
    query = select(players.c.id, credentials.c.password_hash).join_from(
        players, credentials, players.c.id == credentials.c.player_id
    )
    found = connection.execute(query.where(players.c.username_folded == username.lower())).one_or_none()
    return None if found is None else (found.id, found.password_hash)


def library_names(connection: Connection, owners: Collection[UUID]) -> list[tuple[UUID, str]]:
    """The named players of a person's library and what they are called."""
    query = select(players.c.id, players.c.display_name).where(players.c.owner_id.in_(owners))
    return [(row.id, row.display_name) for row in connection.execute(query)]


def players_of(connection: Connection, player_ids: Iterable[UUID]) -> dict[UUID, Player]:
    """The players with these ids; who does not exist is left out."""
    query = select(players).where(players.c.id.in_(set(player_ids)))
    return {row.id: shown(row) for row in connection.execute(query)}


def named_players(connection: Connection, owner: UUID, keys: Iterable[bytes]) -> dict[bytes, UUID]:
    """Those of somebody's library whose names have one of these keys."""
    query = select(players.c.name_key, players.c.id).where(
        players.c.owner_id == owner, players.c.name_key.in_(list(keys))
    )
    return {bytes(key): player_id for key, player_id in connection.execute(query)}


def shown(row: Row[Any]) -> Player:
    return Player(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        kind=row.kind,
        avatar_seed=row.avatar_seed,
        color=row.color,
        region=row.region,
        created_at=iso(row.created_at),
    )


def shown_to_oneself(row: Row[Any], email: str | None) -> Me:
    return Me(
        **msgspec.structs.asdict(shown(row)),
        roles=("player", *row.roles.split()),
        email=email,
        settings={} if row.settings is None else msgspec.json.decode(row.settings),
        active=row.suspended_at is None,
        updated_at=iso(row.updated_at or row.created_at),
        last_seen=iso(row.last_seen),
    )
