"""The page of sockets: what may be sent on a topic, what comes back, and what closes a socket."""

from typing import Any

from docs.markdown import table
from tallybook.delivery.channels.description import document

_ENVELOPE = {"command_id", "expected_index", "at", "zone", "session_id"}


def sockets_page() -> str:
    described = document()
    messages = described["components"]["messages"]
    schemas = described["components"]["schemas"]
    received: list[tuple[str, ...]] = []
    sent: list[tuple[str, ...]] = []
    heard: list[tuple[str, ...]] = []
    for operation in described["operations"].values():
        channel = _last(operation["channel"])
        if channel == "socket_io":  # whose payloads are these
            continue
        message = messages[_last(operation["messages"][0])]
        payload = _fields(message["payload"]["prefixItems"][4], schemas)
        if operation["action"] == "receive":
            answer = messages[_last(operation["reply"]["messages"][0])]
            response = answer["payload"]["prefixItems"][4]["properties"]["response"]
            row = f"`{message['name']}`", payload, _fields(response, schemas)
            (received if channel == "room" else heard).append((f"`{channel}:`", *row))
        else:
            row = f"`{message['name']}`", payload, message["summary"]
            (sent if channel == "room" else heard).append((f"`{channel}:`", *row))
    codes = described["servers"]["this"]["x-close-codes"].items()
    return f"""\
# Sockets

Phoenix Channels (protocol 2.0.0) at `/socket/websocket`; [how to connect](../how-to/phoenix-client.md).
Every message is an array `[join_ref, ref, topic, event, payload]`; {{download}}`asyncapi.json` has the shapes
of all of them in full (AsyncAPI {described["asyncapi"]}). Who may send what is among the
[permissions](permissions.md).

## From the client

On a topic `room:{{KEY}}`; `heartbeat` on `phoenix`. The answer to each is a `phx_reply`
`{{status: "ok", response}}`, or `{{status: "error", response: {{reason, code}}}}` with one of the
[codes](errors.md); `reason` alone says that the topic is not joined. A `?` marks what may be left out; every
write may have `command_id`, `expected_index`, `at`, `zone` and `session_id` besides.

{table(["Event", "Payload", "Response"], (row[1:] for row in received))}

## From the server

{table(["Event", "Payload", "When"], (row[1:] for row in sent))}

## Topics that are only listened to

`game:{{id}}` is for whoever may see the game, `player:{{id}}` for that player alone. For `phx_join` the last
column is the response.

{table(["Topic", "Event", "Payload", "When"], heard)}

## Over Socket.IO

The same at `/socket.io/`; [how to connect](../how-to/socket-io-client.md). `subscribe {{topic, …}}` is
`phx_join` with its payload, `unsubscribe {{topic}}` is `phx_leave`, and `push {{topic, event, payload}}`
sends any other message. The acknowledgement of each is what the `phx_reply` is. Events from the server have
the names above, and their payload has the `topic` besides.

## When a socket is closed

{table(["Code", "Why"], ((f"`{code}`", why) for code, why in codes))}
"""


def _fields(payload: Any, schemas: Any) -> str:
    schema = schemas[_last(payload)] if "$ref" in payload else payload
    if "properties" not in schema:
        return "by player id: `{metas: […]}`"
    required = schema.get("required", ())
    named = [name for name in schema["properties"] if name in required or name not in _ENVELOPE]
    return f"`{{{', '.join(name if name in required else f'{name}?' for name in named)}}}`"


def _last(reference: Any) -> str:
    name: str = reference["$ref"].rpartition("/")[2]
    return name
