"""Answers as bytes: structs are encoded once, and what is JSON already goes out as it is."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Response

from tallybook.delivery.rest.reading import Key, Listing, cursor_after

T = TypeVar("T")

JSON = "application/json"
NO_CONTENT = 204


def answer(content: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=JSON)


def raw(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type=JSON)


def nothing() -> Response:
    return Response(status_code=NO_CONTENT)


def page(items: Sequence[Any], following: UUID | None) -> Response:
    """A page of structs or of `msgspec.Raw`; `following` is the id after which the next one begins."""
    cursor = None if following is None else cursor_after(following)
    return answer({"items": items, "next_cursor": cursor})


def page_of(items: Sequence[T], limit: int, id_of: Callable[[T], UUID], show: Callable[[T], Any]) -> Response:
    """A page of what was read with one item more than `limit`."""
    shown = items[:limit]
    return page([show(item) for item in shown], id_of(shown[-1]) if len(items) > limit else None)


def part(items: Sequence[T], at: Listing, key_of: Callable[[T], Key], show: Callable[[T], Any]) -> Response:
    """The part of a list that was asked for, out of items read with one more than its limit."""
    shown = items[: at.limit]
    following = at.cursor(key_of(shown[-1])) if len(items) > at.limit else None
    return answer({"items": [show(item) for item in shown], "next_cursor": following})
