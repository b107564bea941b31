"""The page of permissions: what every caller may expect of every route and every message on a socket."""

from collections.abc import Iterable, Sequence

from docs.markdown import table
from tallybook.access.routes import (
    CALLERS,
    EVENTS,
    LISTENED,
    ROUTES,
    Expected,
    at_a_table,
    expected,
    expected_of_topic,
    expected_on_socket,
)

MARKS = {"ok": "✓", "unauthenticated": "401", "forbidden": "403", "not_found": "404"}


def permissions_page() -> str:
    tables = [route for route in ROUTES if at_a_table(route)]
    head = ["Route", "Action", *CALLERS]
    return f"""\
# Permissions

What everybody may expect of every route and of every message on a socket: ✓ it is carried out; 401 a token is
needed; 403 it is not for this caller; 404 the caller may not even know of the thing. A test plays all of this
against the server.

*Owner* is the owner of the game, of the stat set, or of the library that holds the named player; *manager* is
a community manager; *API key* is one of the game. The action `people` concerns the caller alone, and
`anybody` asks nothing of its caller.

{table(head, _routes(route for route in ROUTES if route not in tables))}

## At a table in a private room

Whoever has the key of the room may come in by it, and is a spectator from then on. Of `seats`, to decline a
request of one's own, and so to take it back, is `session.join` everywhere.

{table(head, _routes(tables, private=True))}

## At a table in a public room

{table(head, _routes(tables))}

## On a socket

Messages on a topic `room:{{KEY}}`. Who is answered 401 cannot connect; who has joined is at least a
spectator.

{table(["Message", *head[1:]], (_row(event, EVENTS[event], _on_socket(event)) for event in EVENTS))}

Who may listen to the other topics; to `player:{{id}}` only that player, anybody else is answered 404.

{table(["Topic", *head[1:]], (_row(topic, LISTENED[topic], _of_topic(topic)) for topic in LISTENED))}
"""


def _routes(routes: Iterable[str], *, private: bool = False) -> Iterable[Sequence[str]]:
    for route in routes:
        action = ROUTES[route]
        yield _row(route, action, (expected(action, caller, private=private) for caller in CALLERS))


def _on_socket(event: str) -> Iterable[Expected]:
    return (expected_on_socket(event, caller) for caller in CALLERS)


def _of_topic(topic: str) -> Iterable[Expected]:
    return (expected_of_topic(topic, caller) for caller in CALLERS)


def _row(what: str, action: str, cells: Iterable[Expected]) -> Sequence[str]:
    return [f"`{what}`", f"`{action}`", *(MARKS[cell] for cell in cells)]
