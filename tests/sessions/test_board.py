"""The board and the session as clients read them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.kernel.refusals import Refusal
from tallybook.rules.protocol import Stat
from tallybook.sessions.board import render_board
from tests.sessions.tables import ANA, BEN, CLEO, FOLD, GAME, HOST, POINTS, ROOM, SESSION, Table, creation

STATS = [POINTS, Stat("style", "decimal", scoring=True), Stat("note", "text"), Stat("fire", scope="table")]


def test_the_board_is_the_one_of_the_contract() -> None:
    table = Table(creation(ANA, BEN, stats=STATS))
    table.record(1, 5)
    table.record(1, "slept", stat="note")
    table.record(None, 3, stat="fire")
    assert table.board == {
        "session_id": str(SESSION),
        "key": "ABC234",
        "index": 4,
        "status": "playing",
        "paused": False,
        "round": 1,
        "seats": [
            {
                "seat": 0,
                "player_id": str(ANA),
                "name": "Ana",
                "team": None,
                "total": "0",
                "rank": 2,
                "values": {},
            },
            {
                "seat": 1,
                "player_id": str(BEN),
                "name": "Ben",
                "team": None,
                "total": "5",
                "rank": 1,
                "values": {
                    "points": {"total": 5, "by_round": [{"round": None, "value": 5}]},
                    "note": {"total": "slept", "by_round": [{"round": None, "value": "slept"}]},
                },
            },
        ],
        "table": {"fire": {"total": 3, "by_round": [{"round": None, "value": 3}]}},
        "missing": [0, 1],
    }


def test_erased_names_and_texts_are_null() -> None:
    table = Table(creation(ANA, stats=STATS))
    table.record(0, "slept", stat="note")
    shown = render_board(table.session, session_id=SESSION, index=2, names={}, texts={})
    assert b'"name":null' in shown
    assert b'"note":{"total":null,"by_round":[{"round":null,"value":null}]}' in shown


def test_the_session_is_the_one_of_the_contract() -> None:
    table = Table(creation(ANA, stats=[POINTS]))
    shown = table.json
    assert shown["stats"][0]["data_type"] == "integer"
    assert {key: shown[key] for key in ("id", "room_id", "game_id", "key", "rules", "status", "round")} == {
        "id": str(SESSION),
        "room_id": str(ROOM),
        "game_id": str(GAME),
        "key": "ABC234",
        "rules": "scoresheet",
        "status": "playing",
        "round": 1,
    }
    assert (shown["index"], shown["scorekeepers"], shown["ended_at"]) == (1, [str(HOST)], None)
    assert shown["started_at"] == "2027-01-15T08:00:01.000000Z"
    assert shown["seats"] == [
        {"seat": 0, "player_id": str(ANA), "name": "Ana", "is_bot": False, "ready": False}
    ]


ACTS = st.sampled_from(
    [
        ("record", {"seat": 0, "stat": "points", "value": 5}),
        ("record", {"seat": 1, "stat": "style", "delta": "0.5"}),
        ("record", {"seat": 2, "stat": "note", "value": "x"}),
        ("record", {"seat": None, "stat": "fire", "delta": 2}),
        ("next_round", {}),
        ("undo", {}),
        ("redo", {}),
        ("pause", {}),
        ("resume", {}),
        ("join_seat", {}),
        ("take_seat", {"seat": 0}),
        ("seats", {"approve": {"seat": 0, "player_id": str(CLEO)}}),
        ("seats", {"remove": 1}),
        ("seats", {"team": {"seat": 0, "team": "red"}}),
        ("ready", {}),
        ("end", {}),
        ("correct", {"reason": "y", "seat": 0, "stat": "points", "value": 1}),
        ("void", {"reason": "z"}),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([HOST, ANA, CLEO]), ACTS), max_size=40), st.integers(0, 40))
def test_the_state_and_its_events_make_the_same_board_as_a_fresh_fold(
    script: list[tuple[object, tuple[str, dict[str, object]]]], cut: int
) -> None:
    table = Table(creation(ANA, BEN, stats=STATS))
    for actor, (name, body) in script:
        try:
            table.do(name, actor, **body)  # type: ignore[arg-type]
        except Refusal:
            continue
    early = FOLD.fold(FOLD.initial(), table.log[:cut])
    fresh = FOLD.fold(FOLD.load(FOLD.dump(early)), table.log[cut:])
    assert FOLD.dump(fresh) == FOLD.dump(FOLD.fold(None, table.log)) == FOLD.dump(table.session)
    assert fresh is not None
    assert render_board(fresh, **table.shown) == render_board(table.session, **table.shown)
