"""Socket.IO in the AsyncAPI document: what is emitted either way; the payloads are those of Channels."""

from typing import Any

from tallybook.delivery.rest.examples import KEY

_TOPIC = {"type": "string", "pattern": "^(room|game|player):"}
_ACKNOWLEDGED = {
    "type": "object",
    "required": ["status", "response"],
    "properties": {"status": {"enum": ["ok", "error"]}, "response": {"type": "object"}},
}
_EMITTED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "subscribe": (
        "Join a topic; beside it stands what `phx_join` takes. Acknowledged with that one's reply.",
        {"required": ["topic"], "properties": {"topic": _TOPIC}},
        {"topic": f"room:{KEY}", "last_index": -1},
    ),
    "unsubscribe": (
        "Leave a topic.",
        {"required": ["topic"], "properties": {"topic": _TOPIC}, "additionalProperties": False},
        {"topic": f"room:{KEY}"},
    ),
    "push": (
        "Send one of the messages of a topic that was joined. Acknowledged with its reply.",
        {
            "required": ["topic", "event"],
            "properties": {"topic": _TOPIC, "event": {"type": "string"}, "payload": {"type": "object"}},
            "additionalProperties": False,
        },
        {"topic": f"room:{KEY}", "event": "record", "payload": {"seat": 0, "stat": "Points", "value": 350}},
    ),
}


def server() -> dict[str, Any]:
    return {
        "socket_io": {
            "host": "127.0.0.1:8000",
            "pathname": "/socket.io/",
            "protocol": "socket.io",
            "protocolVersion": "5",
            "description": "Engine.IO 4 by WebSocket and by long-polling. The token is said when connecting, "
            "`auth: { token }`; who is refused finds `code` and `reason` in the error's `data`.",
        }
    }


def channel() -> dict[str, Any]:
    named = {name: {"$ref": f"#/components/messages/{name}"} for name in messages()}
    return {
        "socket_io": {
            "address": "/",
            "servers": [{"$ref": "#/servers/socket_io"}],
            "description": "All topics, by the same names, events and payloads; an acknowledgement is what "
            "`phx_reply` is, and each payload that is sent also has its `topic`.",
            "messages": named,
        }
    }


def messages() -> dict[str, Any]:
    emitted = {
        f"socket_io_{name}": _message(name, summary, {"type": "object", **shape}, example)
        for name, (summary, shape, example) in _EMITTED.items()
    }
    told = {"type": "object", "required": ["topic"], "properties": {"topic": _TOPIC}}
    example = {"topic": f"room:{KEY}", "session_id": "00000000-0000-7000-8000-000000000000"}
    return emitted | {
        "socket_io_acknowledgement": {
            "name": "acknowledgement",
            "summary": "What came of it.",
            "payload": {"type": "array", "prefixItems": [_ACKNOWLEDGED], "items": False, "minItems": 1},
            "examples": [{"payload": [{"status": "ok", "response": {"index": 7}}]}],
        },
        "socket_io_told": _message("session_started", "Whatever Channels push, named so.", told, example),
    }


def _message(name: str, summary: str, payload: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    event = {"type": "string"} if name == "session_started" else {"const": name}
    return {
        "name": name,
        "summary": summary,
        "payload": {"type": "array", "prefixItems": [event, payload], "items": False, "minItems": 2},
        "examples": [{"payload": [name, example]}],
    }


def operations() -> dict[str, Any]:
    channel = {"$ref": "#/channels/socket_io"}
    received = {
        f"receive_socket_io_{name}": {
            "action": "receive",
            "channel": channel,
            "messages": [_named(name)],
            "reply": {"channel": channel, "messages": [_named("acknowledgement")]},
        }
        for name in _EMITTED
    }
    told = {"action": "send", "channel": channel, "messages": [_named("told")]}
    return received | {"send_socket_io_told": told}


def _named(message: str) -> dict[str, str]:
    return {"$ref": f"#/channels/socket_io/messages/socket_io_{message}"}
