"""The AsyncAPI document held against what sockets really say."""

from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import msgspec

from tallybook.access.routes import EVENTS, JOIN, LISTENED
from tallybook.bootstrap.node import Node
from tallybook.delivery.channels import transport
from tallybook.delivery.channels.description import CLOSE_CODES, asyncapi_document
from tests.contract.cast import Table, gather_cast
from tests.contract.test_openapi import DIALECT
from tests.contract.test_permissions import PUSHES, WRITES
from tests.contract.wire import Socket, socket

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "asyncapi.json"
DOCUMENT: Any = msgspec.json.decode(asyncapi_document())
MESSAGES = DOCUMENT["components"]["messages"]
OURS = (*EVENTS, "phx_leave", "heartbeat")


def test_the_committed_description_is_that_of_the_code() -> None:
    assert COMMITTED.read_bytes() == asyncapi_document(), (
        "the sockets changed: python -m tallybook.delivery.channels docs/reference/asyncapi.json"
    )


def test_every_message_that_may_be_sent_is_described_and_every_reference_leads_somewhere() -> None:
    assert set(received("room")) == {f"receive_{event}" for event in OURS}
    for topic in LISTENED:
        kind = topic.partition(":")[0]
        assert received(kind) == [f"receive_{kind}_join"]
    assert received("socket_io") == [
        f"receive_socket_io_{name}" for name in ("push", "subscribe", "unsubscribe")
    ]
    named = {code for code in vars(transport).values() if type(code) is int and code >= 1000}
    assert named <= CLOSE_CODES.keys()
    for reference in references(DOCUMENT):
        node = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def received(channel: str) -> list[str]:
    return sorted(
        name
        for name, operation in DOCUMENT["operations"].items()
        if operation["action"] == "receive" and operation["channel"]["$ref"] == f"#/channels/{channel}"
    )


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for inner in node.values() for found in references(inner)]
    return [found for inner in node for found in references(inner)] if isinstance(node, list) else []


def test_every_example_is_true_to_its_message() -> None:
    for name, message in MESSAGES.items():
        for example in message["examples"]:
            assert problems([name], example["payload"]) == []


def problems(names: list[str], frame: Any) -> list[str]:
    """What is wrong with a frame, if it has to be one of these messages."""
    schema = {
        "$schema": DIALECT,
        "components": DOCUMENT["components"],
        "oneOf": [MESSAGES[name]["payload"] for name in names],
    }
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(frame)]


async def test_what_is_said_on_a_socket_is_as_described(server: Node, client: httpx.AsyncClient) -> None:
    cast = await gather_cast(server, client)
    table = await cast.table()
    async with (
        socket(server, cast.director.token) as keeper,
        socket(server, cast.callers["host"].token) as host,
        socket(server, cast.extra.token) as extra,
    ):
        topic = f"room:{table.key}"
        await extra.ask(topic, "undo", {})  # not joined
        await extra.ask(topic, JOIN, {})
        for opened in (host, keeper):
            await opened.ask("phoenix", "heartbeat", {})
            await opened.ask(topic, JOIN, {"last_index": -1})
            await converse(opened, topic, table, cast.extra.id, cast.callers["host"].id)
            await opened.ask(topic, JOIN, {})  # anew: what was joined before is closed
        await keeper.ask(topic, "phx_leave", {})
        heard = {message[3] for opened in (keeper, host, extra) for message in opened.heard}
        assert heard == {"phx_reply", *PUSHED} - {"phx_error"}
        for opened in (keeper, host, extra):
            check(opened)


PUSHED = {
    message["name"]
    for name, operation in DOCUMENT["operations"].items()
    if name.startswith("send_") and operation["channel"]["$ref"] == "#/channels/room"
    for message in [MESSAGES[operation["messages"][0]["$ref"].rpartition("/")[2]]]
}


async def converse(opened: Socket, topic: str, table: Table, extra: str, host: str) -> None:
    """Say everything once; where this person may not, that is described too."""
    for event in EVENTS:
        body = PUSHES.get(event, WRITES.get(event, {}))
        if event.endswith("scorekeeper") or event == "kick":
            body = {"player_id": extra}
        if event == "host":
            body = {"player_id": host}
        if event != JOIN:
            reply = await opened.ask(topic, event, body)
            if event == "rematch" and reply["status"] == "ok":
                await opened.until(lambda heard: heard[3] == "session_started")
    await opened.until(lambda heard: heard[3] == "presence_diff")


def check(opened: Socket) -> None:
    """Every frame of a conversation against the document."""
    asked = {said[1]: said for said in opened.said}
    for said in opened.said:
        assert problems([said[3]], said) == [], said
    for heard in opened.heard:
        names = [heard[3]]
        if heard[3] == "phx_reply":
            operation = DOCUMENT["operations"][f"receive_{asked[heard[1]][3]}"]
            names = [each["$ref"].rpartition("/")[2] for each in operation["reply"]["messages"]]
        assert problems(names, heard) == [], heard
