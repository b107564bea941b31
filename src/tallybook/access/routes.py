"""Which action of the matrix every route and every socket message is, and what each caller may expect of it.

Nothing is decided here: the reference page shows it, and tests play every cell of it against the server.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from tallybook.access.matrix import NOBODY, Relations, may
from tallybook.access.sessions import action_of

Expected = Literal["ok", "unauthenticated", "forbidden", "not_found"]

ANYBODY = "anybody"  # asks nothing of its caller
PEOPLE = "people"  # concerns the caller alone: whoever is signed in, and no API key

CALLERS: Mapping[str, Relations] = MappingProxyType(
    {
        "nobody": NOBODY,
        "guest": frozenset({"guest"}),
        "stranger": frozenset({"stranger"}),
        "spectator": frozenset({"stranger", "spectator"}),
        "player": frozenset({"stranger", "player"}),
        "scorekeeper": frozenset({"stranger", "scorekeeper"}),
        "host": frozenset({"stranger", "host"}),
        "owner": frozenset({"stranger", "owner"}),
        "manager": frozenset({"stranger", "manager"}),
        "admin": frozenset({"stranger", "admin"}),
        "API key": frozenset({"api_key"}),
        "other API key": frozenset(),
    }
)
"""Who calls, and what they are to the thing: to an API key of another game it does not exist."""

_API = "/api/v1"
_SESSION = f"{_API}/sessions/{{id}}"
_GAME = f"{_API}/games/{{id}}"
_PLAYER = f"{_API}/players/{{id}}"
_ME = f"{_API}/players/me"


def _writes(*commands: str) -> dict[str, str]:
    """Commands that are a path below the session, where people keep the score."""
    return {
        f"POST {_SESSION}/{command.replace('_', '-')}": action_of(command, manual=True)
        for command in commands
    }


ROUTES: Mapping[str, str] = MappingProxyType(
    {
        "GET /healthz": ANYBODY,
        "GET /readyz": ANYBODY,
        "GET /metrics": ANYBODY,  # unless the operator has set a token
        f"GET {_API}/openapi.json": ANYBODY,
        f"POST {_API}/auth/register": "player.register",
        f"POST {_API}/auth/login": ANYBODY,
        "POST /auth/login": ANYBODY,
        f"POST {_API}/auth/guest": ANYBODY,
        f"POST {_API}/auth/refresh": ANYBODY,
        f"GET {_ME}": PEOPLE,
        f"PATCH {_ME}": PEOPLE,
        f"POST {_ME}/password": "player.password",
        f"GET {_ME}/sign-ins": PEOPLE,
        f"GET {_ME}/export": PEOPLE,
        f"GET {_ME}/claims": PEOPLE,
        f"POST {_ME}/claim": "player.claim",
        f"DELETE {_ME}/claims/{{id}}": "claim.withdraw",
        f"POST {_API}/claims/{{id}}/approve": "claim.decide",
        f"POST {_API}/claims/{{id}}/reject": "claim.decide",
        f"GET {_API}/players": PEOPLE,
        f"POST {_API}/players": PEOPLE,
        f"GET {_PLAYER}": "player.view",
        f"GET {_PLAYER}/stats": "player.view",
        "GET /users/{id}/stats": "player.view",
        f"GET {_PLAYER}/statistics": "player.view",
        f"GET {_PLAYER}/statistics/history": "player.view",
        f"GET {_PLAYER}/dashboard": "player.view",
        f"GET {_PLAYER}/compare/{{other}}": "player.view",
        f"GET {_ME}/friends/compare": PEOPLE,
        f"GET {_PLAYER}/calendar": "player.view",
        f"GET {_PLAYER}/followers": "player.view",
        f"GET {_PLAYER}/following": "player.view",
        f"PUT {_PLAYER}/follow": PEOPLE,
        f"DELETE {_PLAYER}/follow": PEOPLE,
        f"POST {_PLAYER}/invitation": "player.invite",
        f"PUT {_PLAYER}/roles/{{role}}": "player.roles",
        f"DELETE {_PLAYER}/roles/{{role}}": "player.roles",
        f"PUT {_PLAYER}/suspension": "player.suspend",
        f"DELETE {_PLAYER}/suspension": "player.suspend",
        f"GET {_API}/feed": PEOPLE,
        f"GET {_API}/notifications": PEOPLE,
        f"POST {_API}/notifications/read": PEOPLE,
        f"GET {_API}/games": PEOPLE,
        f"POST {_API}/games": "game.create",
        "POST /games": "game.create",
        f"GET {_GAME}": "game.view",
        f"PATCH {_GAME}": "game.change",
        f"DELETE {_GAME}": "game.change",
        f"POST {_GAME}/restore": "game.change",
        f"GET {_GAME}/api-keys": "game.keys",
        f"POST {_GAME}/api-keys": "game.keys",
        f"DELETE {_GAME}/api-keys/{{key_id}}": "game.keys",
        f"GET {_GAME}/seasons": "season.view",
        f"POST {_GAME}/seasons": "season.manage",
        f"GET {_GAME}/seasons/{{season_id}}": "season.view",
        f"PATCH {_GAME}/seasons/{{season_id}}": "season.manage",
        f"GET {_GAME}/seasons/{{season_id}}/standings": "season.view",
        f"GET {_GAME}/seasons/{{season_id}}/announcements": "season.view",
        f"POST {_GAME}/seasons/{{season_id}}/announcements": "season.manage",
        f"DELETE {_GAME}/seasons/{{season_id}}": "season.manage",
        **{
            f"GET {_GAME}/analytics/{report}": "analytics.view"
            for report in ("achievements", "players", "retention", "funnel")
        },
        f"POST {_GAME}/stats/report": "record.submit",
        f"GET {_GAME}/statistics": "record.view",
        f"PUT {_GAME}/statistics/{{key}}": "record.define",
        f"GET {_GAME}/statistics/{{key}}": "record.view",
        f"DELETE {_GAME}/statistics/{{key}}": "record.define",
        f"GET {_GAME}/ratings": "record.view",
        f"GET {_GAME}/achievements": "record.view",
        f"POST {_GAME}/achievements": "record.define",
        f"GET {_GAME}/achievements/{{achievement_id}}": "record.view",
        f"PATCH {_GAME}/achievements/{{achievement_id}}": "record.define",
        f"POST {_GAME}/achievements/{{achievement_id}}/backfill": "record.define",
        f"POST {_API}/achievements/unlock": "record.submit",
        f"POST {_API}/achievements/unlock/batch": "record.submit",
        f"POST {_API}/achievements/progress": "record.submit",
        f"GET {_PLAYER}/achievements": "player.view",
        f"GET {_PLAYER}/achievements/{{achievement_id}}/why": "record.submit",
        f"DELETE {_GAME}/achievements/{{achievement_id}}": "record.define",
        f"GET {_GAME}/boards": "record.view",
        f"POST {_GAME}/boards": "record.define",
        f"GET {_GAME}/boards/{{board}}": "record.view",
        f"GET {_GAME}/boards/{{board}}/periods": "record.view",
        f"PATCH {_GAME}/boards/{{board}}": "record.define",
        f"DELETE {_GAME}/boards/{{board}}": "record.define",
        f"POST {_GAME}/boards/{{board}}/restore": "record.define",
        f"POST {_GAME}/boards/{{board}}/periods": "record.define",
        f"POST {_GAME}/scores": "record.submit",
        "POST /v1/games/{id}/scores": "record.submit",
        f"POST {_GAME}/scores/batch": "record.submit",  # every item for itself
        f"GET {_API}/leaderboards/{{game_id}}": "record.view",
        f"GET {_API}/leaderboards/{{game_id}}/player/{{player_id}}": "record.view",
        f"GET {_API}/leaderboards/{{game_id}}/around/{{player_id}}": "record.view",
        f"GET {_GAME}/webhooks": "record.define",
        f"POST {_GAME}/webhooks": "record.define",
        f"GET {_GAME}/webhooks/{{webhook_id}}": "record.define",
        f"PATCH {_GAME}/webhooks/{{webhook_id}}": "record.define",
        f"POST {_GAME}/webhooks/{{webhook_id}}/secret": "record.define",
        f"GET {_GAME}/webhooks/{{webhook_id}}/deliveries": "record.define",
        f"POST {_GAME}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/retry": "record.define",
        f"DELETE {_GAME}/webhooks/{{webhook_id}}": "record.define",
        f"GET {_GAME}/stat-sets": "stat_set.view",
        f"POST {_GAME}/stat-sets": "stat_set.create",
        f"GET {_API}/stat-sets/{{id}}": "stat_set.view",
        f"PATCH {_API}/stat-sets/{{id}}": "stat_set.change",
        f"DELETE {_API}/stat-sets/{{id}}": "stat_set.change",
        f"GET {_API}/rooms": PEOPLE,
        f"GET {_API}/rooms/by-key/{{key}}": "session.join",
        f"POST {_API}/rooms/by-key/{{key}}/join": "session.join",
        f"GET {_API}/sessions/history": PEOPLE,
        "GET /sessions/history": PEOPLE,
        f"POST {_API}/sessions": "session.create",
        f"GET {_SESSION}": "session.view",
        f"GET {_SESSION}/scoreboard": "session.view",
        f"GET {_SESSION}/events": "session.view",
        f"GET {_SESSION}/state": "session.view",
        f"GET {_SESSION}/timeline": "session.view",
        **_writes(
            "start", "record", "clear", "undo", "redo", "next_round", "pause", "resume", "move", "seats"
        ),
        f"PUT {_SESSION}/scorekeepers/{{player_id}}": "session.seat",
        f"DELETE {_SESSION}/scorekeepers/{{player_id}}": "session.seat",
        f"POST {_API}/rooms/{{id}}/ready": "session.play",
        f"POST {_API}/rooms/{{id}}/kick": "session.govern",
        f"POST {_API}/rooms/{{id}}/host": "session.govern",
        **_writes("end"),
        f"GET {_SESSION}/replay": "session.view",
        f"POST {_SESSION}/correct/preview": action_of("correct", manual=True),
        f"POST {_SESSION}/void/preview": action_of("void", manual=True),
        **_writes("correct", "void", "rematch", "abandon"),
        f"DELETE {_ME}/sign-ins": PEOPLE,
        f"DELETE {_ME}/sign-ins/{{id}}": PEOPLE,
        f"POST {_API}/auth/logout": PEOPLE,
        f"DELETE {_ME}": PEOPLE,
    }
)
"""By method and path, in an order in which they can be played one after another."""

JOIN = "phx_join"
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        JOIN: "session.join",
        **{
            command: action_of(command, manual=True)
            for command in (
                "start", "record", "clear", "undo", "redo", "next_round", "pause", "resume", "seats",
                "add_scorekeeper", "remove_scorekeeper", "ready", "kick", "host", "end", "correct", "void",
                "rematch", "take_seat", "join_seat", "abandon",
            )
        },
    }
)  # fmt: skip
"""What a client may send on a topic `room:{KEY}`; who has joined is at least a spectator."""

LISTENED: Mapping[str, str] = MappingProxyType({"game:{id}": "game.view", "player:{id}": PEOPLE})
"""Topics that are only listened to; of a player only that player has one."""


def expected(action: str, caller: str, *, private: bool = False) -> Expected:
    """What a caller may expect; `private` when the action is at a table in a private room."""
    relations = CALLERS[caller]
    if action == ANYBODY:
        return "ok"
    rule = "player.view" if action == PEOPLE else action
    if caller == "nobody":
        return "ok" if may(rule, NOBODY) else "unauthenticated"
    if "key" in caller:
        if not may(rule, {"api_key"}):
            return "forbidden"
        return "ok" if relations else "not_found"
    if private and not relations & {"spectator", "player", "scorekeeper", "host", "admin"}:
        relations = NOBODY
    if may(rule, relations):
        return "ok"
    return "forbidden" if may(f"{rule.partition('.')[0]}.view", relations) else "not_found"


def at_a_table(route: str) -> bool:
    """Whether a route leads to one session: then it matters whether its room is private."""
    return ROUTES[route].startswith("session.") and "{id}" in route


def expected_on_socket(event: str, caller: str) -> Expected:
    """The same for a message on a socket, to which API keys are not let in."""
    if caller == "nobody" or "key" in caller:
        return "unauthenticated"
    allowed = may(EVENTS[event], CALLERS[caller] | {"spectator"})
    return "ok" if allowed else "forbidden"


def expected_of_topic(topic: str, caller: str) -> Expected:
    """The same for joining a topic that is only listened to."""
    if caller == "nobody" or "key" in caller:
        return "unauthenticated"
    if LISTENED[topic] == PEOPLE:
        return "ok"
    return "ok" if may(LISTENED[topic], CALLERS[caller]) else "not_found"
