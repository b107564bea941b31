"""Rules of achievements over the ledger: their JSON, read strictly and kept in one spelling."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.kernel.refusals import FieldError, Refusal, invalid
from tallybook.rules.scoresheet.values import read_decimal, read_integer

MOST_LEAVES = 20
DEEPEST = 4
BUILT_IN = frozenset({"played", "wins", "streak", "best_score", "score_total", "playtime"})
_SCORES = frozenset({"best_score", "score_total"})

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Source = Literal["sessions", "reports", "scores"]


class _Condition(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    kw_only=True,
):
    pass


class Reached(_Condition, frozen=True, tag="stat", kw_only=True):
    """A figure of the player in the game: one that is built in, a stat of sessions, or a reported one.

    `of` says which where there is a choice: scores are those of sessions unless it is `scores` (of one
    `board`, or of all), other names are reported statistics unless it is `sessions`.
    """

    stat: Name
    at_least: int | str | UnsetType = UNSET
    at_most: int | str | UnsetType = UNSET
    of: Source | UnsetType = UNSET
    board: UUID | UnsetType = UNSET


class InOneSession(_Condition, frozen=True, tag="in_one_session", kw_only=True):
    """`score`, `playtime`, `rounds` or a stat of the game, within a single session."""

    stat: Name
    at_least: int | str | UnsetType = UNSET
    at_most: int | str | UnsetType = UNSET


class Streak(_Condition, frozen=True, tag="streak", kw_only=True):
    """Wins in a row."""

    wins: Count


class Nth(_Condition, frozen=True, tag="nth", kw_only=True):
    """The first, or n-th, win, session or submitted score."""

    what: Literal["win", "session", "score"]
    n: Count = 1


class Comeback(_Condition, frozen=True, tag="comeback", kw_only=True):
    """A session won although the player was so far behind after a round, or last after half the rounds."""

    behind_by: int | str | UnsetType = UNSET
    last_at_half: bool = False


Leaf = Reached | InOneSession | Streak | Nth | Comeback


class AllOf(msgspec.Struct, frozen=True):
    all: tuple["Rule", ...]


class AnyOf(msgspec.Struct, frozen=True):
    any: tuple["Rule", ...]


Rule = Leaf | AllOf | AnyOf
_TYPES = ("stat", "in_one_session", "streak", "nth", "comeback")


def read_rule(document: Any) -> Rule:
    """The rule of a document; refuses with `invalid` and the path of what is wrong."""
    rule = _read(document, "rule", DEEPEST)
    if sum(1 for _ in leaves(rule)) > MOST_LEAVES:
        raise invalid("rule", f"at most {MOST_LEAVES} conditions")
    return rule


def document_of(rule: Rule) -> dict[str, Any]:
    """The document in its one spelling."""
    match rule:
        case AllOf(all=parts):
            return {"all": [document_of(part) for part in parts]}
        case AnyOf(any=parts):
            return {"any": [document_of(part) for part in parts]}
    written: dict[str, Any] = msgspec.to_builtins(rule)
    return written


def leaves(rule: Rule) -> Iterator[Leaf]:
    match rule:
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from leaves(part)
        case leaf:
            yield leaf


def goal_of(leaf: Leaf) -> Decimal:
    """The number that a condition asks for; 1 where it either holds or does not."""
    match leaf:
        case Reached() | InOneSession():
            return _decimal(leaf.at_most if isinstance(leaf.at_least, UnsetType) else leaf.at_least)
        case Streak(wins=wins):
            return Decimal(wins)
        case Nth(n=n):
            return Decimal(n)
        case Comeback(behind_by=behind_by):
            return Decimal(1) if isinstance(behind_by, UnsetType) else _decimal(behind_by)


def at_most(leaf: Leaf) -> bool:
    """Whether less is better."""
    return isinstance(leaf, Reached | InOneSession) and not isinstance(leaf.at_most, UnsetType)


def source_of(leaf: Leaf) -> Source:
    """Where a condition looks."""
    match leaf:
        case Reached(of=str(source)):
            return source
        case Reached(stat=stat):
            return "sessions" if stat in BUILT_IN else "reports"
        case Nth(what="score"):
            return "scores"
    return "sessions"


def sources_of(rule: Rule) -> frozenset[Source]:
    """Where a rule looks: what has to be read for it, and what may change its outcome."""
    found = {source_of(leaf) for leaf in leaves(rule)}
    if any(isinstance(leaf, Reached) and leaf.stat == "playtime" for leaf in leaves(rule)):
        found.add("reports")  # which carry time played, too
    return frozenset(found)


def looks_into_rounds(rule: Rule) -> bool:
    return any(isinstance(leaf, Comeback) for leaf in leaves(rule))


def _decimal(number: int | str | UnsetType) -> Decimal:
    assert not isinstance(number, UnsetType)
    return Decimal(number)


def _read(document: Any, path: str, depth: int) -> Rule:
    if not isinstance(document, Mapping):
        raise invalid(path, "must be an object")
    kinds = document.keys() & {"all", "any", "type"}
    if len(kinds) != 1:
        raise invalid(path, "needs one of type, all and any")
    kind = kinds.pop()
    if kind == "type":
        return _read_leaf(document, path)
    parts = document[kind]
    if len(document) > 1:
        raise invalid(path, f"{kind} stands alone")
    if not isinstance(parts, list) or not parts:
        raise invalid(f"{path}.{kind}", "must be a list of at least one rule")
    if depth == 1 or len(parts) > MOST_LEAVES:
        raise invalid(path, f"at most {DEEPEST} deep and {MOST_LEAVES} conditions")
    read = tuple(_read(part, f"{path}.{kind}.{number}", depth - 1) for number, part in enumerate(parts))
    return AllOf(read) if kind == "all" else AnyOf(read)


def _read_leaf(document: Mapping[str, Any], path: str) -> Leaf:
    if document["type"] not in _TYPES:
        raise invalid(f"{path}.type", f"must be one of {', '.join(_TYPES)}")
    try:
        leaf: Leaf = msgspec.convert(document, Leaf)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        raise invalid(path + place.rstrip("`"), said[:1].lower() + said[1:]) from None
    match leaf:
        case Reached():
            _check_reached(leaf, path)
            return _with_bounds(leaf, path)
        case InOneSession():
            return _with_bounds(leaf, path)
        case Comeback(behind_by=behind_by, last_at_half=last):
            if isinstance(behind_by, UnsetType) != last:
                raise invalid(path, "a comeback is behind_by a number, or last_at_half")
            if not isinstance(behind_by, UnsetType):
                number = _number(behind_by, f"{path}.behind_by")
                if Decimal(number) <= 0:
                    raise invalid(f"{path}.behind_by", "must be above 0")
                return Comeback(behind_by=number)
    return leaf


def _check_reached(leaf: Reached, path: str) -> None:
    if not isinstance(leaf.at_most, UnsetType) and leaf.stat != "best_score":
        raise invalid(f"{path}.at_most", "goes with best_score alone: other figures begin at nothing")
    if leaf.stat in BUILT_IN:
        allowed = {"sessions", "scores"} if leaf.stat in _SCORES else {"sessions"}
    else:
        allowed = {"sessions", "reports"}
    if not isinstance(leaf.of, UnsetType) and leaf.of not in allowed:
        raise invalid(f"{path}.of", f"must be one of {', '.join(sorted(allowed))} for {leaf.stat[:40]}")
    if not isinstance(leaf.board, UnsetType) and leaf.of != "scores":
        raise invalid(f"{path}.board", "goes with scores that were submitted: say of: scores")


def _with_bounds(leaf: Reached | InOneSession, path: str) -> Reached | InOneSession:
    given = [name for name in ("at_least", "at_most") if getattr(leaf, name) is not UNSET]
    if len(given) != 1:
        raise invalid(path, "needs one of at_least and at_most")
    number = _number(getattr(leaf, given[0]), f"{path}.{given[0]}")
    return msgspec.structs.replace(leaf, **{given[0]: number})


def _number(value: int | str, path: str) -> int | str:
    try:
        return read_integer(value, path) if isinstance(value, int) else read_decimal(value, path)
    except Refusal as refusal:
        raise Refusal(
            "invalid", refusal.detail, errors=[FieldError(path, refusal.errors[0].message)]
        ) from None
