"""The sockets as an AsyncAPI document, written from the shapes that REST is described by."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tallybook.access.routes import EVENTS, JOIN
from tallybook.delivery.channels.rooms import Params
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.examples import KEY, example_of
from tallybook.kernel.randomness import ROOM_KEY_ALPHABET, ROOM_KEY_LENGTH
from tallybook.kernel.refusals import CODES
from tallybook.rules.scoresheet.scoresheet import Scoresheet
from tallybook.sessions.wire import PLATFORM_COMMANDS


class Nothing(msgspec.Struct, frozen=True):
    """An object without content."""


class JoinReply(msgspec.Struct, frozen=True):
    """Where the caller is now; with `last_index` also what came after it, at most 500 events."""

    scoreboard: shapes.Scoreboard
    role: shapes.Role
    seat: int | None
    index: int
    session_id: UUID
    events: tuple[shapes.SessionEvent, ...] | UnsetType = UNSET
    more: bool | UnsetType = UNSET


class SessionStarted(msgspec.Struct, frozen=True):
    """The room's next session has begun: indexes start again from 0."""

    session_id: UUID


class RematchReply(SessionStarted, frozen=True):
    """The new session, with the index of the last event written."""

    index: int


class Presence(msgspec.Struct, frozen=True):
    """One device of somebody who is there; `phx_ref` tells it from the others."""

    phx_ref: str
    name: str | None
    role: shapes.Role
    seat: int | None
    online_at: shapes.Time


class Present(msgspec.Struct, frozen=True):
    metas: tuple[Presence, ...]


class PresenceDiff(msgspec.Struct, frozen=True):
    """Who came and who went since the last one, by player id."""

    joins: Mapping[str, Present]
    leaves: Mapping[str, Present]


class SocketError(msgspec.Struct, frozen=True):
    """`reason` is for people; without a `code` the message was for a topic that is not joined."""

    reason: str
    code: Annotated[str, Meta(extra_json_schema={"enum": sorted(CODES)})] | UnsetType = UNSET


class Crash(msgspec.Struct, frozen=True):
    reason: str


_BODIES: Mapping[str, Any] = MappingProxyType(
    {
        JOIN: Params,
        "seats": shapes.SeatChange,
        "end": shapes.End,
        "correct": shapes.Correction,
        "rematch": shapes.Write,
    }
)  # where the command's own struct is not what a client writes
_REPLIES: Mapping[str, Any] = MappingProxyType({JOIN: JoinReply, "rematch": RematchReply})
_PUSHED: Mapping[str, tuple[Any, str]] = MappingProxyType(
    {
        "scoreboard": (shapes.Scoreboard, "The whole board; several commits may arrive as one."),
        "event": (shapes.SessionEvent, "One event, as this client may see it; none is merged or skipped."),
        "session_started": (SessionStarted, "The room has gone on to its next session."),
        "presence_state": (Mapping[str, Present], "Who is there by player id, after every join."),
        "presence_diff": (PresenceDiff, "Who came and who went."),
        "phx_close": (Nothing, "The topic was left, joined anew, or the client was sent out of the room."),
        "phx_error": (Crash, "The server failed on this topic; the socket stays open."),
    }
)
CLOSE_CODES: Mapping[int, str] = MappingProxyType(
    {
        1001: "nothing was heard or no topic joined for too long, or the account is no more",
        1002: "frames that are not WebSocket's",
        1003: "a message that is not Phoenix Channels'",
        1007: "text that is not UTF-8",
        1009: "a message of more than 64 KiB",
        1011: "a fault of the server",
        1012: "the server restarts: come back",
        1013: "too slow a reader: come back and catch up by `last_index`",
    }
)
_REF = "#/components/schemas/{name}"
_FRAME_REF: Mapping[str, Any] = {"type": ["string", "integer", "null"]}
_ROOM: Mapping[str, Any] = {"$ref": "#/channels/room"}


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
        self._shapes += [Nothing, SocketError, shapes.Written, *_REPLIES.values()]
        references, self.schemas = msgspec.json.schema_components(self._shapes, ref_template=_REF)
        self._references = {repr(shape): at for shape, at in zip(self._shapes, references, strict=True)}
        self.messages: dict[str, Any] = {}

    def of(self, shape: Any) -> dict[str, Any]:
        return self._references[repr(shape)]

    def message(
        self, name: str, event: str, payload: dict[str, Any], summary: str, example: Any, topic: str = "room"
    ) -> None:
        """A message, whose payload in the document is the whole frame."""
        known = {"room": {"type": "string", "pattern": "^room:"}, "phoenix": {"const": "phoenix"}}
        at = known.get(topic, {"type": "string"})
        frame = [_FRAME_REF, _FRAME_REF, at, {"const": event}, payload]
        self.messages[name] = {
            "name": event,
            "summary": summary,
            "payload": {"type": "array", "prefixItems": frame, "items": False, "minItems": 5},
            "examples": [
                {"payload": ["1", "2", f"room:{KEY}" if topic == "room" else topic, event, example]}
            ],
        }

    def reply(self, name: str, status: str, response: dict[str, Any], summary: str) -> None:
        fields = {"status": {"const": status}, "response": response}
        payload = {"type": "object", "required": ["status", "response"], "properties": fields}
        example = {"status": status, "response": example_of(response, self.schemas)}
        self.message(name, "phx_reply", payload, summary, example, "any")


def document() -> dict[str, Any]:
    """The AsyncAPI document; each message's payload is a whole frame of five parts."""
    writer = _Writer()
    operations = dict(_operations(writer))
    key = f"[{ROOM_KEY_ALPHABET}]{{{ROOM_KEY_LENGTH}}}"
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tallybook sockets",
            "version": version("tallybook"),
            "description": "Phoenix Channels, protocol 2.0.0: each message is a JSON array "
            "`[join_ref, ref, topic, event, payload]`.",
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
            }
        },
        "channels": {
            "room": {
                "address": "room:{key}",
                "description": "A room and the session that is played there.",
                "parameters": {"key": {"description": f"The room's key, in any case: {key}."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in writer.messages},
            },
        },
        "operations": operations,
        "components": {
            "messages": writer.messages,
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
    error = writer.of(SocketError)
    writer.reply("error", "error", error, "Refused: nothing was written.")
    writer.reply("done", "ok", writer.of(Nothing), "Done.")
    writer.reply("written", "ok", writer.of(shapes.Written), "Committed.")
    writer.reply("joined", "ok", writer.of(JoinReply), "Let in.")
    writer.reply("rematched", "ok", writer.of(RematchReply), "The next session has begun.")
    answers = {JOIN: "joined", "rematch": "rematched", "phx_leave": "done", "heartbeat": "done"}
    nothing = writer.of(Nothing)
    for event in (*EVENTS, "phx_leave", "heartbeat"):
        payload = writer.of(_in_room(event)) if event in EVENTS else nothing
        summary = f"{event}: {EVENTS[event]}" if event in EVENTS else event
        topic = "phoenix" if event == "heartbeat" else "room"
        writer.message(event, event, payload, summary, example_of(payload, writer.schemas), topic)
        yield (
            f"receive_{event}",
            _operation("receive", event)
            | {"reply": {"channel": _ROOM, "messages": _named(answers.get(event, "written"), "error")}},
        )
    for event, (shape, summary) in _PUSHED.items():
        payload = writer.of(shape)
        writer.message(event, event, payload, summary, example_of(payload, writer.schemas))
        yield f"send_{event}", _operation("send", event)


def _operation(action: str, event: str) -> dict[str, Any]:
    return {"action": action, "channel": _ROOM, "messages": _named(event)}


def _named(*messages: str) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/room/messages/{message}"} for message in messages]


def asyncapi_document() -> bytes:
    """The document as it is kept in the repository: sorted and indented, so that changes show."""
    return msgspec.json.format(msgspec.json.encode(document(), order="sorted"), indent=2) + b"\n"
