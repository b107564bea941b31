"""The published description: what is committed, what is true of the answers, what of the requests."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tallybook.delivery.opening import NewSeat, NewSession
from tallybook.delivery.rest import session_shapes as shapes
from tallybook.delivery.rest.app import openapi_document
from tallybook.delivery.rest.shapes import Page
from tallybook.delivery.sessions import JoinRequest
from tallybook.kernel.refusals import CODES
from tests.rest.kit import API, Person

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_the_committed_description_is_that_of_the_code() -> None:
    assert COMMITTED.read_bytes() == openapi_document(), (
        "the API changed: python -m tallybook.delivery.rest docs/reference/openapi.json"
    )


async def test_a_server_describes_itself(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get(f"{API}/openapi.json")
    assert response.content == COMMITTED.read_bytes()
    assert response.json()["openapi"].startswith("3.1.")


def test_every_operation_names_its_problems_and_every_reference_leads_somewhere() -> None:
    document = msgspec.json.decode(openapi_document())
    known = {name for kind in ("schemas", "examples", "headers") for name in document["components"][kind]}

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for inner in node.values() for ref in references(inner)]
        return [ref for inner in node for ref in references(inner)] if isinstance(node, list) else []

    assert {ref.rpartition("/")[2] for ref in references(document)} <= known
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        for status, response in operation["responses"].items():
            if status == "default" or int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]
                codes = response["description"].replace("`", "").split(", ")
                assert all(status in {"default", str(CODES[code].status)} for code in codes)


@pytest.mark.parametrize(
    ("described", "read", "also"),
    [
        (shapes.NewSession, NewSession, set(shapes.Write.__struct_fields__)),
        (shapes.SeatedPlayer, NewSeat, set()),
        (shapes.Join, JoinRequest, {"command_id"}),
    ],
)
def test_bodies_are_described_by_the_fields_that_are_read(
    described: type[msgspec.Struct], read: type[msgspec.Struct], also: set[str]
) -> None:
    assert set(described.__struct_fields__) == {*read.__struct_fields__, *also}


async def test_answers_are_exactly_what_is_described(ana: Person) -> None:
    """Reading an answer as its shape and writing it again gives the same: no field more or less."""
    session = await ana.opens("Cleo", public=True)
    path = f"/sessions/{session['id']}"
    await ana.post(f"{path}/record", {"seat": 0, "stat": "Points", "value": 5})
    await ana.post(f"{path}/end")
    answers: list[tuple[Any, Any]] = [
        (shapes.Session, await ana.get(path)),
        (shapes.Scoreboard, await ana.get(f"{path}/scoreboard")),
        (shapes.Events, await ana.get(f"{path}/events")),
        (Page[shapes.SessionSummary], await ana.get("/sessions/history")),
        (Page[shapes.Room], await ana.get("/rooms")),
        (shapes.Room, await ana.get(f"/rooms/by-key/{session['key']}")),
        (shapes.Joined, await ana.post(f"/rooms/by-key/{session['key']}/join")),
        (shapes.Written, await ana.post(f"{path}/void", {"reason": "a test"})),
    ]
    for shape, answer in answers:
        assert _plain(msgspec.to_builtins(msgspec.convert(answer, shape))) == _plain(answer)


def _plain(node: Any) -> Any:
    """Without what a stat leaves at its default: it may be spelled out or not."""
    if isinstance(node, dict):
        stat = "data_type" in node or "scoring" in node
        return {key: _plain(value) for key, value in node.items() if not stat or key == "name"}
    return [_plain(inner) for inner in node] if isinstance(node, list | tuple) else node
