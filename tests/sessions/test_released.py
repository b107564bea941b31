"""Logs written by released versions still fold to what they said when they were written.

A released file is never changed. An event of a later version goes into a new file beside it.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tallybook.kernel.events import Recorded, registry
from tallybook.rules.scoresheet.sheet import ScoresheetEvent
from tallybook.sessions.board import render_board, session_json
from tallybook.sessions.events import PLATFORM_EVENTS
from tests.sessions.tables import FOLD, NAMES

RELEASED = Path(__file__).parent / "released"


class Line(msgspec.Struct):
    stream: UUID
    index: int
    type: str
    payload: msgspec.Raw
    actor: UUID | None
    at: int | None
    committed_at: int


def read(path: Path) -> list[Line]:
    return [msgspec.json.decode(line, type=Line) for line in path.read_bytes().splitlines()]


def folded(lines: list[Line], stream: UUID) -> Any:
    log = [
        Recorded(
            stream=line.stream,
            index=line.index,
            position=position,
            type=line.type,
            payload=bytes(line.payload),
            actor=line.actor,
            at=line.at,
            zone=None,
            committed_at=line.committed_at,
            hash=b"",
        )
        for position, line in enumerate(lines, start=1)
        if line.stream == stream
    ]
    session = FOLD.fold(None, log)
    assert session is not None
    shown: dict[str, Any] = {"session_id": stream, "index": len(log) - 1, "names": NAMES, "texts": {}}
    return {
        "board": msgspec.json.decode(render_board(session, **shown)),
        "session": msgspec.json.decode(msgspec.json.encode(session_json(session, **shown))),
    }


def without_nothing(session: dict[str, Any]) -> dict[str, Any]:
    """A bound or a team that there is none of was shown as null once, and is left out by now."""

    def said(rows: list[dict[str, Any]], *optional: str) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k not in optional or v is not None} for row in rows]

    stats = said(session["stats"], "minimum", "maximum", "step")
    return session | {"stats": stats, "seats": said(session["seats"], "team")}


@pytest.mark.parametrize("version", ["v1"])
def test_a_released_log_still_folds(version: str) -> None:
    lines = read(RELEASED / f"{version}.ndjson")
    expected = msgspec.json.decode((RELEASED / f"{version}.json").read_bytes())
    assert expected
    for stream, shown in expected.items():
        now = folded(lines, UUID(stream))
        assert now["board"] == now["board"] | shown["board"]  # later versions may show more
        assert now["session"] == now["session"] | without_nothing(shown["session"])


def test_every_event_that_is_written_today_is_in_a_released_log() -> None:
    ours = PLATFORM_EVENTS | set(ScoresheetEvent.__args__)
    written = {name for name, cls in registry.names.items() if cls in ours}
    assert written <= {line.type for path in RELEASED.glob("*.ndjson") for line in read(path)}
