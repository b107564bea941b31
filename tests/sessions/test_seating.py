"""Who sits where, keeps the score and runs the room."""

from typing import Any
from uuid import UUID

import pytest

from tallybook.kernel.refusals import Refusal
from tallybook.sessions.commands import SeatToAdd
from tallybook.sessions.events import (
    HostChanged,
    PlayerKicked,
    PlayerReady,
    ScorekeeperAdded,
    ScorekeeperRemoved,
    SeatAdded,
    SeatRemoved,
    SeatRequestDeclined,
    SeatRequested,
    SeatsReordered,
    SeatTaken,
    TeamSet,
)
from tallybook.sessions.lifecycle import rematch_of
from tallybook.sessions.seating import first_seats
from tallybook.sessions.session import standing
from tests.sessions.tables import ANA, BEN, CLEO, FOLD, HOST, SESSION, Table, creation


def refusal(table: Table, name: str, **body: Any) -> str:
    with pytest.raises(Refusal) as refused:
        table.do(name, **body)
    return refused.value.code


def test_seats_come_and_go_while_the_score_is_kept_and_numbers_are_never_reused() -> None:
    table = Table(creation(ANA, BEN))
    table.record(1, 5)
    assert table.do("seats", remove=1) == [SeatRemoved(1)]
    assert refusal(table, "record", seat=1, stat="points", value=1) == "unknown_seat"
    assert table.do("seats", add={"player_id": str(CLEO), "team": " red "}) == [
        SeatAdded(2, CLEO, team="red")
    ]
    table.record(2, 7)
    assert [(line["name"], line["total"]) for line in table.board["seats"]] == [("Ana", 0), ("Cleo", 7)]


def test_seats_are_reordered_and_put_into_teams() -> None:
    table = Table(creation(ANA, BEN))
    assert table.do("seats", reorder=[1, 0]) == [SeatsReordered((1, 0))]
    assert table.do("seats", reorder=[1, 0]) == []
    assert table.do("seats", team={"seat": 1, "team": "blue"}) == [TeamSet(1, "blue")]
    assert table.do("seats", team={"seat": 1, "team": " blue "}) == []
    assert [(line["seat"], line["team"]) for line in table.board["seats"]] == [(1, "blue"), (0, None)]
    assert table.do("seats", team={"seat": 1}) == [TeamSet(1)]
    assert table.do("seats", team={"seat": 1}) == []
    for order in ([1], [1, 1], [0, 1, 2]):
        assert refusal(table, "seats", reorder=order) == "invalid"


@pytest.mark.parametrize("body", [{}, {"remove": 0, "reorder": [1, 0]}, {"remove": None}, {"team": {}}])
def test_one_change_of_the_table_at_a_time(body: dict[str, Any]) -> None:
    assert refusal(Table(creation(ANA, BEN)), "seats", **body) == "invalid"


def test_the_table_has_as_many_seats_as_it_was_made_for() -> None:
    table = Table(creation(ANA, max_players=2))
    table.do("join_seat", actor=BEN)
    assert refusal(table, "join_seat", actor=CLEO) == "room_full"
    assert refusal(table, "seats", add={"player_id": str(CLEO)}) == "room_full"


def test_a_hundred_seats_are_the_most() -> None:
    table = Table(creation(*(UUID(int=number) for number in range(100, 200))))
    assert refusal(table, "join_seat", actor=ANA) == "room_full"


def test_everybody_sits_once_and_nobody_as_a_bot() -> None:
    table = Table(creation(ANA))
    assert refusal(table, "seats", add={"player_id": str(ANA)}) == "seat_taken"
    for player in (ANA, CLEO):
        assert refusal(table, "seats", add={"player_id": str(player), "is_bot": True}) == "invalid"
    with pytest.raises(Refusal, match="has a seat already"):
        Table(creation(seats=(SeatToAdd(CLEO, is_bot=True), SeatToAdd(CLEO, is_bot=True))))


def test_who_joins_sits_down_once() -> None:
    table = Table(creation(ANA))
    assert table.do("join_seat", actor=BEN) == [SeatAdded(1, BEN)]
    assert table.do("join_seat", actor=BEN) == []


def test_an_own_seat_is_resumed_and_anothers_is_asked_for() -> None:
    table = Table(creation(ANA, BEN))
    table.record(0, 5)
    assert table.do("take_seat", actor=ANA, seat=0) == []
    assert table.do("take_seat", actor=CLEO, seat=1) == [SeatRequested(1, CLEO)]
    assert table.do("take_seat", actor=CLEO, seat=1) == []
    assert table.do("take_seat", actor=CLEO, seat=0) == [SeatRequested(0, CLEO)]
    assert [(request["seat"], request["name"]) for request in table.json["requests"]] == [(0, "Cleo")]
    assert refusal(table, "seats", approve={"seat": 1, "player_id": str(CLEO)}) == "not_found"
    taken = table.do("seats", approve={"seat": 0, "player_id": str(CLEO)})
    assert taken == [SeatTaken(0, CLEO, previous=ANA)]
    assert (table.board["seats"][0]["name"], table.board["seats"][0]["total"]) == ("Cleo", 5)
    assert table.json["requests"] == []


def test_a_request_is_declined_or_ends_with_its_seat() -> None:
    table = Table(creation(ANA, BEN))
    table.do("take_seat", actor=CLEO, seat=0)
    declined = table.do("seats", decline={"seat": 0, "player_id": str(CLEO)})
    assert declined == [SeatRequestDeclined(0, CLEO)]
    table.do("take_seat", actor=CLEO, seat=0)
    table.do("seats", remove=0)
    assert table.json["requests"] == []
    assert refusal(table, "take_seat", actor=CLEO, seat=0) == "unknown_seat"
    assert refusal(table, "take_seat", actor=BEN, seat=0) == "unknown_seat"


def test_who_has_a_seat_does_not_get_a_second_one_by_approval() -> None:
    table = Table(creation(ANA, BEN))
    assert refusal(table, "take_seat", actor=BEN, seat=0) == "seat_taken"
    ways: list[tuple[str, dict[str, Any]]] = [("join_seat", {}), ("seats", {"add": {"player_id": str(CLEO)}})]
    for name, body in ways:
        table = Table(creation(ANA, BEN))
        table.do("take_seat", actor=CLEO, seat=0)
        table.do(name, actor=CLEO, **body)
        assert table.json["requests"] == []
        assert refusal(table, "seats", approve={"seat": 0, "player_id": str(CLEO)}) == "not_found"


def test_the_last_scorekeeper_stays() -> None:
    table = Table(creation(ANA))
    assert refusal(table, "remove_scorekeeper", player_id=str(HOST)) == "invalid"
    assert refusal(table, "remove_scorekeeper", player_id=str(BEN)) == "not_found"
    assert table.do("add_scorekeeper", player_id=str(ANA)) == [ScorekeeperAdded(ANA)]
    assert table.do("add_scorekeeper", player_id=str(ANA)) == []
    assert table.do("remove_scorekeeper", player_id=str(HOST)) == [ScorekeeperRemoved(HOST)]
    assert table.json["scorekeepers"] == [str(ANA)]


def test_who_is_kicked_stays_out_but_leaves_the_score() -> None:
    table = Table(creation(ANA, BEN))
    table.do("add_scorekeeper", player_id=str(BEN))
    assert refusal(table, "kick", player_id=str(HOST)) == "invalid"
    assert table.do("kick", player_id=str(BEN)) == [ScorekeeperRemoved(BEN), PlayerKicked(BEN)]
    assert table.do("kick", player_id=str(BEN)) == []
    assert len(table.board["seats"]) == 2
    table.do("take_seat", actor=CLEO, seat=0)
    assert table.do("kick", player_id=str(CLEO)) == [PlayerKicked(CLEO)]
    assert table.json["requests"] == []
    for name, body in [("take_seat", {"seat": 0}), ("join_seat", {})]:
        assert refusal(table, name, actor=CLEO, **body) == "forbidden"
    assert refusal(table, "add_scorekeeper", player_id=str(CLEO)) == "forbidden"
    assert refusal(table, "host", player_id=str(BEN)) == "invalid"


def test_who_was_sent_out_of_the_room_is_let_in_again_by_its_host_alone() -> None:
    with pytest.raises(Refusal, match="removed from the room"):
        Table(creation(ANA, BEN, kicked=(BEN,)))
    table = Table(creation(ANA, kicked=(BEN, CLEO), scorekeepers=(HOST, ANA)))
    seat = {"player_id": str(BEN)}
    assert refusal(table, "seats", actor=ANA, add=seat) == "forbidden"
    assert table.do("seats", add=seat) == [SeatAdded(1, BEN)]
    assert (standing(table.session, BEN).kicked, standing(table.session, CLEO).kicked) == (False, True)


def test_the_room_is_handed_to_a_person_at_the_table() -> None:
    table = Table(creation(ANA, seats=(SeatToAdd(ANA), SeatToAdd(BEN, is_bot=True))))
    assert table.do("host", player_id=str(HOST)) == []
    assert refusal(table, "host", player_id=str(BEN)) == "invalid"
    assert refusal(table, "host", player_id=str(CLEO)) == "invalid"
    assert table.do("host", player_id=str(ANA)) == [HostChanged(ANA)]


def test_only_who_sits_can_be_ready() -> None:
    table = Table(creation(ANA))
    assert table.do("ready", actor=ANA) == [PlayerReady(ANA)]
    assert table.do("ready", actor=ANA) == []
    assert table.json["seats"][0]["ready"]
    assert table.do("ready", actor=ANA, ready=False) == [PlayerReady(ANA, ready=False)]
    assert refusal(table, "ready", actor=CLEO) == "unknown_seat"


def test_standing_tells_every_role_somebody_has() -> None:
    table = Table(creation(ANA, BEN))
    table.do("kick", player_id=str(BEN))
    host, ana, ben, cleo = (standing(table.session, player) for player in (HOST, ANA, BEN, CLEO))
    assert (host.host, host.scorekeeper, host.seat) == (True, True, None)
    assert (ana.host, ana.scorekeeper, ana.seat) == (False, False, table.session.seats[0])
    assert (ben.kicked, cleo.kicked, cleo.seat) == (True, False, None)


def test_who_was_claimed_sits_for_the_person() -> None:
    table = Table(creation(ANA, BEN))
    table.merged = {ANA: CLEO}
    assert table.do("ready", actor=CLEO) == [PlayerReady(ANA)]
    assert table.do("ready", actor=CLEO) == []
    assert table.json["seats"][0]["ready"]
    assert table.do("join_seat", actor=CLEO) == []
    assert table.do("take_seat", actor=CLEO, seat=0) == []
    assert refusal(table, "take_seat", actor=CLEO, seat=1) == "seat_taken"
    assert refusal(table, "seats", add={"player_id": str(CLEO)}) == "seat_taken"
    with pytest.raises(Refusal, match="has a seat already"):
        first_seats([SeatToAdd(ANA), SeatToAdd(CLEO)], None, table.people, ())


def test_who_was_claimed_after_both_sat_down_sits_once_in_the_rematch() -> None:
    table = Table(creation(ANA, BEN, CLEO))
    table.merged = {CLEO: ANA}
    again = rematch_of(table.session, session_id=SESSION, people=table.people)
    assert [seat.player_id for seat in again.seats] == [ANA, BEN]


def test_the_room_is_handed_to_the_person_who_has_claimed_a_seat_and_stays_with_its_host() -> None:
    table = Table(creation(ANA, BEN))
    table.merged = {ANA: CLEO}
    assert table.do("host", player_id=str(CLEO)) == [HostChanged(CLEO)]
    assert table.do("host", player_id=str(ANA)) == []
    for player in (ANA, CLEO):
        assert refusal(table, "kick", player_id=str(player)) == "invalid"


def test_who_is_kicked_is_out_as_everybody_they_are() -> None:
    table = Table(creation(scorekeepers=(ANA, BEN)))
    table.merged = {ANA: CLEO}
    table.do("join_seat", actor=ANA)
    kicked = table.do("kick", player_id=str(CLEO))
    assert kicked == [ScorekeeperRemoved(ANA), SeatRemoved(0), PlayerKicked(CLEO)]
    assert refusal(table, "join_seat", actor=ANA) == "forbidden"
    assert refusal(table, "add_scorekeeper", player_id=str(ANA)) == "forbidden"
    table.merged = {ANA: CLEO, BEN: HOST}
    assert refusal(table, "kick", player_id=str(BEN)) == "invalid"


def test_a_guest_waits_no_longer_once_the_person_has_a_seat() -> None:
    table = Table(creation(ANA))
    table.do("take_seat", actor=BEN, seat=0)
    table.merged = {BEN: CLEO}
    assert table.do("take_seat", actor=CLEO, seat=0) == []
    assert table.do("join_seat", actor=CLEO) == [SeatRequestDeclined(0, BEN), SeatAdded(1, CLEO)]
    assert table.json["requests"] == []


def test_a_person_takes_back_what_the_claimed_guest_wrote() -> None:
    table = Table(creation(ANA, BEN))
    table.do("record", actor=ANA, seat=0, stat="points", value=1)
    table.do("record", actor=CLEO, seat=0, stat="points", delta=2)
    table.do("record", actor=ANA, seat=0, stat="points", delta=4)
    assert refusal(table, "undo", actor=BEN) == "nothing_to_undo"
    table.merged = {ANA: CLEO}
    totals = []
    for name in ("undo", "undo", "undo", "redo", "redo", "undo", "redo", "redo"):
        table.do(name, actor=CLEO)
        totals.append(table.board["seats"][0]["total"])
    assert totals == [3, 1, 0, 1, 3, 1, 3, 7]
    assert refusal(table, "redo", actor=CLEO) == "nothing_to_redo"
    loaded = FOLD.load(FOLD.dump(FOLD.fold(None, table.log)))
    assert loaded is not None
    table.state = loaded
    table.do("undo", actor=CLEO)
    assert table.board["seats"][0]["total"] == 3
