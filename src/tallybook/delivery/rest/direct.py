"""Busy reads that take their query apart themselves: the framework's way costs as much as the answer."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request

from tallybook.delivery.rest.contract import contract
from tallybook.delivery.rest.reading import COMMAND_ID_HEADER
from tallybook.sessions.wire import in_words

T = TypeVar("T")

REMEMBERED = 1_000  # bytes of a query

_SECURITY = [{"HTTPBearer": list[str]()}]


def read_query(request: Request, shape: type[T]) -> T:
    """The query as a struct; parameters that it does not know are left alone."""
    try:
        return msgspec.convert(_parsed(request.scope["query_string"]), shape, strict=False)
    except msgspec.ValidationError as error:
        raise in_words(str(error)) from None


def _parsed(query: bytes) -> Mapping[str, str]:
    return _remembered(query) if len(query) <= REMEMBERED else _parse(query)


def _parse(query: bytes) -> Mapping[str, str]:
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


_remembered = lru_cache(maxsize=4_096)(_parse)  # the same is asked again and again


def given_in(query: msgspec.Struct) -> dict[str, Any]:
    """The fields that were given, by name."""
    fields = ((name, getattr(query, name)) for name in query.__struct_fields__)
    return {name: value for name, value in fields if value is not msgspec.UNSET}


class Nothing(msgspec.Struct, frozen=True):
    """The query of a route that has none."""


def direct(query: type[msgspec.Struct], *path: str, writes: bool = False, **said: Any) -> dict[str, Any]:
    """A contract that also describes the parameters, in a struct and in the path, and the token.

    What `writes` takes a command id by its header.
    """
    (schema,), parts = msgspec.json.schema_components([query], ref_template="{name}")
    properties = parts[schema["$ref"]]["properties"]
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in path
    ]
    in_query = [_parameter(name, dict(described)) for name, described in properties.items()]
    described = contract(**said)
    if writes:
        in_query.append(COMMAND_ID_HEADER)
    security = [*described["openapi_extra"].get("security", ()), *_SECURITY]
    described["openapi_extra"] |= {"parameters": in_path + in_query, "security": security}
    return described


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    description = schema.pop("description", None)
    said = {} if description is None else {"description": description}
    return {"name": name, "in": "query", "required": False, **said, "schema": schema}
