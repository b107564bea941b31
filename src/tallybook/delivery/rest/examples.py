"""Examples for the descriptions of the API: made from the shapes, so that none is forgotten or untrue."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tallybook.kernel.refusals import CODES

Shapes = Mapping[str, Mapping[str, Any]]  # JSON schemas by name

POINTS = {"name": "Points", "data_type": "integer", "scoring": True}
ANA, BEA = "01990c3e-7c00-7000-8000-00000000000a", "01990c3e-7c00-7000-8000-00000000000b"
GAME, SESSION = "01990c3e-7c00-7000-8000-000000000001", "01990c3e-7c00-7000-8000-000000000002"
ROOM, STAT_SET = "01990c3e-7c00-7000-8000-000000000003", "01990c3e-7c00-7000-8000-000000000004"
KEY = "K7Q2ZF"
THING = "01990c3e-7c00-7000-8000-000000000005"

# Whole bodies, where several fields have to agree.
_BODIES: Mapping[str, Any] = MappingProxyType(
    {
        "AchievementPatch": {"points": 20, "hidden": True},
        "AddedSeat": {"name": "Cleo"},
        "ChangedBoard": {
            "name": "Fastest lap of the week",
            "definition": {"order": "lowest", "schedule": "weekly"},
        },
        "ChangedGame": {"description": "Birds and their habitats", "max_players": 5},
        "ChangedStatSet": {"name": "Short game"},
        "ChangedSeason": {"ends_at": "2026-02-14T18:00:00Z"},
        "Clear": {"seat": 0, "stat": "Points"},
        "Correction": {"seat": 0, "stat": "Points", "value": 12, "reason": "counted again"},
        "End": {"result": [{"seat": 0, "winner": True}]},
        "Farewell": {"password": "correct horse battery"},
        "Join": {"name": "Ana"},
        "Move": {},
        "NewAchievement": {
            "key": "first-win",
            "name": "First win",
            "points": 10,
            "rule": {"type": "nth", "what": "win"},
        },
        "NewBoard": {"key": "speedrun", "name": "Fastest lap", "definition": {"order": "lowest"}},
        "NewClaim": {"player_id": BEA},
        "NewGame": {"name": "Wingspan", "min_players": 1, "max_players": 5},
        "NewSession": {"game_id": GAME, "stats": [POINTS], "seats": [{"player_id": ANA}, {"name": "Bea"}]},
        "NewAnnouncement": {"text": "Snow at last."},
        "NewSeason": {
            "key": "winter-2026",
            "name": "Winter cup",
            "boards": ["score"],
            "starts_at": "2026-01-31T18:00:00Z",
            "ends_at": "2026-02-14T18:00:00Z",
            "tiers": [{"name": "Gold", "from_rank": 1, "reward": {"skin": "dragon"}}],
        },
        "NewScore": {"score": 12_500, "board": "speedrun", "metadata": {"track": "Forest"}},
        "NewStatSet": {"name": "Full game", "stats": [POINTS]},
        "ProfileChanges": {"display_name": "Ana", "color": "#1971c2"},
        "Ready": {"ready": True},
        "Record": {"seat": 0, "stat": "Points", "value": 7, "command_id": "a1"},
        "ReadNotifications": {"ids": [THING]},
        "ChangedWebhook": {"active": False},
        "NewStatistic": {"name": "Kills", "aggregation": "sum"},
        "NewWebhook": {"url": "https://game.example/events", "events": ["score_submitted"]},
        "ScoreBatch": {"scores": [{"score": 12_500, "board": "speedrun", "player_id": ANA}]},
        "StatisticsReport": {"values": {"kills": {"delta": 3}}, "playtime": 1_800_000},
        "Registration": {"username": "ana-plays", "password": "correct horse battery"},
        "Stat": POINTS | {"scope": "player", "choices": []},
        "SeatChange": {"add": {"name": "Cleo"}},
        "Tier": {"key": "bronze", "steps": 10, "points": 5},
        "UnlockBatch": {"unlocks": [{"achievement_id": THING, "player_id": ANA}]},
        "Write": {"expected_index": 4},
    }
)

# What stands in a field, by its name; `Shape.field` goes before it.
_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbmEifQ.c2lnbmVk",
        "AchievementShown.description": "Win for the first time",
        "AchievementShown.icon": "🏆",
        "AchievementShown.key": "first-win",
        "AchievementShown.name": "First win",
        "actor": ANA,
        "after": 7,
        "ChangedStanding.after": {"place": 1, "winner": True, "score": 12},
        "ChangedStanding.before": {"place": 2, "winner": False, "score": 7},
        "ChangedStatistics.after": None,
        "ChangedStatistics.before": None,
        "at": "2026-01-31T18:05:00Z",
        "average": "6.5",
        "avatar_seed": "ana",
        "before": 0,
        "best": 12,
        "Claim.status": "pending",
        "code": "K7Q2-9FMX",
        "color": "#1971c2",
        "condition": {"type": "nth", "what": "win"},
        "config": {},
        "created_at": "2026-01-31T18:00:00Z",
        "created_by": ANA,
        "current": "correct horse battery",
        "Streaks.current": 2,
        "Device.current": True,
        "data": {"seat": 0, "stat": "Points", "value": 7},
        "day": "2026-01-31",
        "decided_at": None,
        "description": "Birds and their habitats",
        "device": "Firefox on Linux",
        "display_name": "Ana",
        "email": None,
        "ended_at": None,
        "expires_at": "2026-02-14T18:00:00Z",
        "expires_in": 900,
        "from": "2025-02-01",
        "game_id": GAME,
        "host_id": ANA,
        "id": THING,
        "games.id": GAME,
        "players.id": BEA,
        "rooms.id": ROOM,
        "sessions.id": SESSION,
        "stat-sets.id": STAT_SET,
        "StatSet.id": STAT_SET,
        "Season.key": "winter-2026",
        "Session.id": SESSION,
        "SessionSummary.id": SESSION,
        "Game.id": GAME,
        "Room.id": ROOM,
        "Player.id": ANA,
        "Me.id": ANA,
        "Presented.id": ANA,
        "index": 4,
        "initials": "WI",
        "is_bot": False,
        "key": KEY,
        "kind": "account",
        "Step.kind": "value_recorded",
        "last_played": "2026-01-31T18:00:00Z",
        "last_seen": "2026-01-31T18:05:00Z",
        "GameStatistics.last_seen": "2026-01-31",
        "last_used_at": "2026-01-31T18:05:00Z",
        "max_players": 5,
        "missing": [],
        "mode": "competitive",
        "name": "Ana",
        "ApiKey.name": "Our server",
        "NewApiKey.name": "Our server",
        "Game.name": "Wingspan",
        "Room.name": "Friday evening",
        "Stat.name": "Points",
        "StatSet.name": "Full game",
        "new": "a better battery horse",
        "PlayersLine.new": 1,
        "next_cursor": None,
        "owner_id": ANA,
        "password": "correct horse battery",
        "place": 1,
        "player_id": ANA,
        "played": 2,
        "prefix": "tb_9fK2",
        "prev_index": 3,
        "previous": None,
        "reason": "played as a test",
        "refresh_token": "9fK2mQx7.c2VjcmV0",
        "region": "EU",
        "requests": [],
        "result": None,
        "role": "scorekeeper",
        "roles": [],
        "room_id": ROOM,
        "round": 1,
        "rounds": 3,
        "rules": "scoresheet",
        "rules_version": 1,
        "score": 12,
        "scorekeepers": [ANA],
        "seat": 0,
        "session_id": SESSION,
        "sessions": "/api/v1/sessions/history?status=finished",
        "Rated.sessions": 24,
        "Rated.mu": "31.207",
        "Rated.sigma": "2.904",
        "settings": {"theme": "dark"},
        "started_at": "2026-01-31T18:00:00Z",
        "stat": "Points",
        "status": "playing",
        "Delivery.status": "delivered",
        "Delivery.type": "score_submitted",
        "team": None,
        "to": "2026-01-31",
        "tied": 0,
        "total": 12,
        "type": "scoresheet.value_recorded.v1",
        "updated_at": "2026-01-31T18:05:00Z",
        "username": "ana-plays",
        "value": 7,
        "win": "highest",
        "win_rate": 0.5,
        "winner": True,
        "worst": 3,
        "zone": "Europe/Berlin",
    }
)


def example_of(schema: Mapping[str, Any], shapes: Shapes, *names: str) -> Any:
    """A value of a schema; `names` are those under which it is looked up first."""
    for name in names:
        if name in _VALUES and (_VALUES[name] is not None or _nullable(schema)):
            return _VALUES[name]
    if "$ref" in schema:
        shape = schema["$ref"].rpartition("/")[2]
        return _BODIES[shape] if shape in _BODIES else _object(shape, shapes[shape], shapes)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], shapes)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return [example_of(each, shapes) for each in schema["prefixItems"]]
        case "array":
            return [example_of(schema["items"], shapes, *names)] if "items" in schema else []
        case "object":
            inner = schema.get("additionalProperties")
            return {"Points": example_of(inner, shapes)} if isinstance(inner, dict) and inner else {}
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return {"date-time": "2026-01-31T18:05:00Z", "date": "2026-01-31", "uuid": THING}.get(
                schema.get("format", ""), "text"
            )


def _nullable(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or any(map(_nullable, schema.get("anyOf", ())))


def _object(shape: str, schema: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    fields: Mapping[str, Any] = schema.get("properties", {})
    required = schema.get("required", ())
    return {
        name: example_of(described, shapes, f"{shape}.{name}", name)
        for name, described in fields.items()
        if name in required
    }


def example_problem(code: str) -> dict[str, Any]:
    """The answer to a refusal with this code."""
    kind = CODES[code]
    return {
        "type": f"urn:tallybook:error:{code}",
        "title": kind.title,
        "status": kind.status,
        "code": code,
        "detail": "what was wrong, in words",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
