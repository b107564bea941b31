"""The sockets as an AsyncAPI document, written from the shapes that REST is described by."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from tallybook.access.routes import EVENTS, JOIN, LISTENED
from tallybook.delivery.channels import described
from tallybook.delivery.channels.rooms import Params
from tallybook.delivery.notifications import Notification
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.examples import KEY, THING, example_of
from tallybook.delivery.socketio import description as socket_io
from tallybook.kernel.randomness import ROOM_KEY_ALPHABET, ROOM_KEY_LENGTH
from tallybook.rules.scoresheet.scoresheet import Scoresheet
from tallybook.sessions.wire import PLATFORM_COMMANDS

_BODIES: Mapping[str, Any] = MappingProxyType(
    {
        JOIN: Params,
        "seats": shapes.SeatChange,
        "end": shapes.End,
        "correct": shapes.Correction,
        "rematch": shapes.Write,
    }
)  # where the command's own struct is not what a client writes
_REPLIES: Mapping[str, Any] = MappingProxyType({JOIN: described.JoinReply, "rematch": described.RematchReply})
_PUSHED: Mapping[str, tuple[Any, str]] = MappingProxyType(
    {
        "scoreboard": (shapes.Scoreboard, "The whole board; several commits may arrive as one."),
        "event": (shapes.SessionEvent, "One event, as this client may see it; none is merged or skipped."),
        "session_started": (described.SessionStarted, "The room has gone on to its next session."),
        "presence_state": (Mapping[str, described.Present], "Who is there by player id, after every join."),
        "presence_diff": (described.PresenceDiff, "Who came and who went."),
        "phx_close": (
            described.Nothing,
            "The topic was left, joined anew, or the client was sent out of the room.",
        ),
        "phx_error": (described.Crash, "The server failed on this topic; the socket stays open."),
    }
)
_HEARD: Mapping[str, Mapping[str, tuple[Any, str]]] = MappingProxyType(
    {
        "game": {"scoreboard": (described.FirstPlaces, "The first places have changed.")},
        "player": {
            "achievement.unlocked": (described.AchievementUnlocked, "The player has an achievement."),
            "leaderboard.updated": (described.LeaderboardUpdated, "The player has another place."),
            "notification": (Notification, "Something is new in the player's inbox."),
        },
    }
)  # on topics where only the server speaks
_WELCOMES: Mapping[str, Any] = MappingProxyType({"game": described.FirstPlaces, "player": described.Nothing})
_TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "room": "A room and the session that is played there.",
        "game": "The first places of a game, ten times a second at most, for whoever may see the game.",
        "player": "What concerns one player, for that player alone: also as the account it was merged into.",
    }
)
CLOSE_CODES: Mapping[int, str] = MappingProxyType(
    {
        1001: "nothing was heard or no topic joined for too long, or the sign-in or the account has ended",
        1002: "frames that are not WebSocket's",
        1003: "a message that is not Phoenix Channels', or Socket.IO's",
        1007: "text that is not UTF-8",
        1009: "a message of more than 64 KiB",
        1011: "a fault of the server",
        1012: "the server restarts: come back",
        1013: "too slow a reader: come back and catch up by `last_index`",
    }
)
_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {"room": f"room:{KEY}", "game": f"game:{THING}", "player": f"player:{THING}"}
)
_REF = "#/components/schemas/{name}"
_FRAME_REF: Mapping[str, Any] = {"type": ["string", "integer", "null"]}


def _in_room(event: str) -> Any:
    """What a client sends: the body of the same route, and the session it means if not the room's."""
    commands = {**PLATFORM_COMMANDS, **Scoresheet().commands}
    body = _BODIES.get(event) or shapes.described(commands[event])
    if event == JOIN:
        return body
    name = f"{event.title().replace('_', '')}Push"
    return msgspec.defstruct(
        name,
        [("session_id", UUID | UnsetType, UNSET)],
        bases=(body,),
        namespace={"__doc__": body.__doc__},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )


class _Writer:
    """Collects the schemas that messages refer to."""

    def __init__(self) -> None:
        self._shapes = [*map(_in_room, EVENTS), *(shape for shape, _ in _PUSHED.values())]
        self._shapes += [shape for heard in _HEARD.values() for shape, _ in heard.values()]
        self._shapes += [described.Nothing, described.SocketError, shapes.Written, *_REPLIES.values()]
        references, self.schemas = msgspec.json.schema_components(self._shapes, ref_template=_REF)
        self._references = {repr(shape): at for shape, at in zip(self._shapes, references, strict=True)}
        self.messages: dict[str, Any] = {}
        self.channels: dict[str, list[str]] = {topic: [] for topic in _TOPICS}

    def of(self, shape: Any) -> dict[str, Any]:
        return self._references[repr(shape)]

    def message(
        self, name: str, event: str, payload: dict[str, Any], summary: str, example: Any, topic: str = "room"
    ) -> None:
        """A message, whose payload in the document is the whole frame."""
        at: dict[str, Any] = {"type": "string"}
        if topic in _TOPICS:
            at["pattern"] = f"^{topic}:"
        elif topic == "phoenix":
            at = {"const": topic}
        frame = [_FRAME_REF, _FRAME_REF, at, {"const": event}, payload]
        self.channels[topic if topic in _TOPICS else "room"].append(name)
        self.messages[name] = {
            "name": event,
            "summary": summary,
            "payload": {"type": "array", "prefixItems": frame, "items": False, "minItems": 5},
            "examples": [{"payload": ["1", "2", _EXAMPLES.get(topic, topic), event, example]}],
        }

    def reply(
        self, name: str, status: str, response: dict[str, Any], summary: str, topic: str = "any"
    ) -> None:
        fields = {"status": {"const": status}, "response": response}
        payload = {"type": "object", "required": ["status", "response"], "properties": fields}
        example = {"status": status, "response": example_of(response, self.schemas)}
        self.message(name, "phx_reply", payload, summary, example, topic)


def document() -> dict[str, Any]:
    """The AsyncAPI document; each message's payload is a whole frame of five parts."""
    writer = _Writer()
    operations = dict(_operations(writer))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tallybook sockets",
            "version": version("tallybook"),
            "description": "Phoenix Channels, protocol 2.0.0: each message is a JSON array "
            "`[join_ref, ref, topic, event, payload]`. The same topics are on Socket.IO.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": "127.0.0.1:8000",
                "pathname": "/socket/websocket",
                "protocol": "ws",
                "description": "Answers 403 at the handshake to a token that does not count and to a version "
                "that is not spoken, 503 when about to restart.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
                "x-close-codes": {str(code): meaning for code, meaning in CLOSE_CODES.items()},
            },
            **socket_io.server(),
        },
        "channels": {
            **{
                topic: {
                    "address": f"{topic}:{{{'key' if topic == 'room' else 'id'}}}",
                    "description": meaning,
                    "parameters": _parameters(topic),
                    "messages": {
                        name: {"$ref": f"#/components/messages/{name}"} for name in writer.channels[topic]
                    },
                }
                for topic, meaning in _TOPICS.items()
            },
            **socket_io.channel(),
        },
        "operations": operations | socket_io.operations(),
        "components": {
            "messages": writer.messages | socket_io.messages(),
            "schemas": writer.schemas,
            "securitySchemes": {
                "token": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "token",
                    "description": "An access token; newer clients send it as the subprotocol "
                    "`base64url.bearer.phx.…` instead.",
                }
            },
        },
    }


def _operations(writer: _Writer) -> Iterator[tuple[str, dict[str, Any]]]:
    error = writer.of(described.SocketError)
    writer.reply("error", "error", error, "Refused: nothing was written.")
    writer.reply("done", "ok", writer.of(described.Nothing), "Done.")
    writer.reply("written", "ok", writer.of(shapes.Written), "Committed.")
    writer.reply("joined", "ok", writer.of(described.JoinReply), "Let in.")
    writer.reply("rematched", "ok", writer.of(described.RematchReply), "The next session has begun.")
    answers = {JOIN: "joined", "rematch": "rematched", "phx_leave": "done", "heartbeat": "done"}
    nothing = writer.of(described.Nothing)
    for event in (*EVENTS, "phx_leave", "heartbeat"):
        payload = writer.of(_in_room(event)) if event in EVENTS else nothing
        summary = f"{event}: {EVENTS[event]}" if event in EVENTS else event
        topic = "phoenix" if event == "heartbeat" else "room"
        writer.message(event, event, payload, summary, example_of(payload, writer.schemas), topic)
        yield (
            f"receive_{event}",
            _operation("receive", event)
            | {
                "reply": {
                    "channel": {"$ref": "#/channels/room"},
                    "messages": _named(answers.get(event, "written"), "error"),
                }
            },
        )
    for event, (shape, summary) in _PUSHED.items():
        payload = writer.of(shape)
        writer.message(event, event, payload, summary, example_of(payload, writer.schemas))
        yield f"send_{event}", _operation("send", event)

    for topic, (listened, action) in zip(_HEARD, LISTENED.items(), strict=True):
        assert listened.startswith(f"{topic}:")
        welcome = writer.of(_WELCOMES[topic])
        writer.message(f"{topic}_join", JOIN, nothing, f"{JOIN}: {action}", {}, topic)
        writer.reply(f"{topic}_joined", "ok", welcome, "Let in.", topic)
        writer.reply(f"{topic}_error", "error", error, "Refused.", topic)
        yield (
            f"receive_{topic}_join",
            _operation("receive", f"{topic}_join", topic)
            | {
                "reply": {
                    "channel": {"$ref": f"#/channels/{topic}"},
                    "messages": _named(f"{topic}_joined", f"{topic}_error", topic=topic),
                }
            },
        )
        for event, (shape, summary) in _HEARD[topic].items():
            payload, name = writer.of(shape), f"{topic}_{event}"
            writer.message(name, event, payload, summary, example_of(payload, writer.schemas), topic)
            yield f"send_{name}", _operation("send", name, topic)


def _parameters(topic: str) -> dict[str, Any]:
    if topic == "room":
        key = f"[{ROOM_KEY_ALPHABET}]{{{ROOM_KEY_LENGTH}}}"
        return {"key": {"description": f"The room's key, in any case: {key}."}}
    return {"id": {"description": f"The {topic}'s id."}}


def _operation(action: str, message: str, topic: str = "room") -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{topic}"}
    return {"action": action, "channel": channel, "messages": _named(message, topic=topic)}


def _named(*messages: str, topic: str = "room") -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/{topic}/messages/{message}"} for message in messages]


def asyncapi_document() -> bytes:
    """The document as it is kept in the repository: sorted and indented, so that changes show."""
    return msgspec.json.format(msgspec.json.encode(document(), order="sorted"), indent=2) + b"\n"
