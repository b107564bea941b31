"""Answers as bytes: structs are encoded once, and what is JSON already goes out as it is."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from fastapi import Response

from tallybook.delivery.rest.reading import Key, Listing

T = TypeVar("T")

JSON = "application/json"
NO_CONTENT = 204


class Encoded(Response):
    """JSON as bytes. What a response asks itself about any content is known of this."""

    media_type = JSON

    def __init__(self, content: bytes, status: int) -> None:
        self.status_code = status
        self.background = None
        self.body = content
        length = b"%d" % len(content)
        self.raw_headers = [(b"content-length", length), (b"content-type", JSON.encode())]


def answer(content: Any, status: int = 200) -> Response:
    return Encoded(msgspec.json.encode(content), status)


def raw(content: bytes, status: int = 200) -> Response:
    return Encoded(content, status)


def nothing() -> Response:
    return Response(status_code=NO_CONTENT)


def part(items: Sequence[T], at: Listing, key_of: Callable[[T], Key], show: Callable[[T], Any]) -> Response:
    """The part of a list that was asked for, out of items read with one more than its limit."""
    shown = items[: at.limit]
    following = at.cursor(key_of(shown[-1])) if len(items) > at.limit else None
    return answer({"items": [show(item) for item in shown], "next_cursor": following})


def page_of(
    items: Sequence[T], at: Listing, id_of: Callable[[T], UUID], show: Callable[[T], Any]
) -> Response:
    """The same of a list that is in the order of its ids."""
    return part(items, at, lambda item: (b"", id_of(item)), show)
