"""Achievements over HTTP: earned by rules, dated, explained, taken back, filled in."""

from threading import current_thread, main_thread
from typing import Any
from uuid import UUID

import pytest

from tallybook.bootstrap.node import Node
from tallybook.catalogue.achievement_definitions import AchievementDefinitions
from tallybook.catalogue.achievement_earning import TimePlayed
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.events import Recorded
from tallybook.ledger.read import events_after
from tallybook.projections import unlocks_past
from tallybook.projections.sessions import SessionDirectory
from tallybook.projections.unlocks import Unlocks
from tallybook.reactions import unlocking
from tallybook.reactions.judging import verdicts
from tallybook.reactions.unlocking import Unlocking
from tests.rest.achievements.achieving import LONG_AGO, POINTS, defined, plays, unlock, until
from tests.rest.kit import Person, body_of, code_of


async def test_a_rule_unlocks_when_it_was_earned_and_a_correction_takes_it_back(
    owner: Person, ana: Person, bea: Person, game: str
) -> None:
    rule = {
        "all": [{"type": "streak", "wins": 2}, {"type": "in_one_session", "stat": "Points", "at_least": 9}]
    }
    strict = await defined(owner, game, "strict", rule=rule, revoke=True, points=5)
    kind = await defined(owner, game, "kind", rule=rule)
    tiers = [{"key": "one", "steps": 1}, {"key": "three", "steps": 3}]
    wins = {"type": "stat", "stat": "wins", "at_least": 3}
    winner = await defined(owner, game, "winner", rule=wins, tiers=tiers)
    assert code_of(await unlock(ana, strict)) == "forbidden"
    await plays(ana, game, {ana.id: 5, bea.id: 3})
    path = f"/players/{ana.id}/achievements"
    (mine,) = (await until(ana, path, lambda found: found["total"] == 1))["achievements"]
    assert (mine["id"], mine["progress"]) == (winner["id"], {"steps": 0, "of": 3, "tier": "one"})
    why = await ana.get(f"{path}/{strict['id']}/why")
    assert [(part["have"], part["need"]) for part in why["missing"]] == [(1, 2), (5, 9)]
    second = await plays(ana, game, {ana.id: 9, bea.id: 3})
    listed = await until(ana, path, lambda found: found["total"] == 3)
    ended = (await ana.get(f"/sessions/{second}"))["ended_at"]
    assert {each["unlocked_at"] for each in listed["achievements"] if each["id"] != winner["id"]} == {ended}
    why = await ana.get(f"{path}/{strict['id']}/why")
    assert (why["by"], why["missing"]) == ("rule", [])
    assert f"/api/v1/sessions/{second}" in [event["session"] for event in why["events"]]
    correction = {"seat": 0, "stat": "Points", "value": 2, "reason": "misread"}
    await ana.post(f"/sessions/{second}/correct", correction)
    listed = await until(ana, path, lambda found: found["total"] == 2)
    assert {each["id"] for each in listed["achievements"]} == {kind["id"], winner["id"]}
    assert (await ana.get(f"{path}/{strict['id']}/why"))["revoked_at"] is not None
    await ana.post(f"/sessions/{second}/correct", correction | {"value": 20})
    await until(ana, path, lambda found: found["total"] == 3)
    theirs = (await bea.get(f"/players/{bea.id}/achievements"))["achievements"]
    assert [each["id"] for each in theirs] == [winner["id"]]  # who won for a while, and keeps it


async def test_what_is_earned_nevertheless_is_dated_anew_and_nobody_hears_of_it_again(
    owner: Person, ana: Person, bea: Person, key: Person, game: str
) -> None:
    rule = {"type": "nth", "what": "win"}
    first, vouched, kind = [
        await defined(owner, game, name, rule=rule, points=5, revoke=name != "kind")
        for name in ("first", "vouched", "kind")
    ]
    body_of(await unlock(key, vouched, player_id=ana.id, timestamp=LONG_AGO))
    sessions = [await plays(ana, game, {ana.id: 5, bea.id: 3}) for _ in range(3)]
    ended = [(await ana.get(f"/sessions/{session}"))["ended_at"] for session in sessions]
    path = f"/players/{ana.id}/achievements"

    async def earned(achievement: Any) -> Any:
        why = await ana.get(f"{path}/{achievement['id']}/why")
        linked = [event["session"].rpartition("/")[2] for event in why["events"] if event["session"]]
        return why["unlocked_at"], linked

    await until(ana, path, lambda found: found["total"] == 3)
    unmoved = [await earned(vouched), await earned(kind)]
    assert (unmoved[0], unmoved[1]) == ((LONG_AGO, []), (ended[0], sessions[:1]))
    for number in (0, 1):
        assert await earned(first) == (ended[number], sessions[number : number + 1])
        preview = await ana.post(f"/sessions/{sessions[number]}/void/preview", {"reason": "a trial"})
        assert [(a["key"], a["change"]) for a in preview["achievements"]] == [("first", "redated")]
        await ana.post(f"/sessions/{sessions[number]}/void", {"reason": "a trial"})
        moved = f"{path}/{first['id']}/why"
        await until(ana, moved, lambda why, at=ended[number + 1]: why["unlocked_at"] == at)
    assert await earned(first) == (ended[2], sessions[2:])
    assert [await earned(vouched), await earned(kind)] == unmoved
    listed = (await ana.get(path))["achievements"]
    assert [each["computed_rarity"]["unlocked"] for each in listed] == [1, 1, 1]
    board = (await ana.get(f"/leaderboards/{game}?board=points"))["rankings"]
    assert [each["points"] for each in board] == [15]
    later = await defined(owner, game, "later")
    body_of(await unlock(ana, later))
    inbox = await until(ana, "/notifications", lambda found: later["id"] in str(found))
    told = [each["data"]["achievement_id"] for each in inbox["items"] if "achievement" in each["kind"]]
    assert sorted(told) == sorted(each["id"] for each in (first, vouched, kind, later))
    await ana.post(f"/sessions/{sessions[2]}/void", {"reason": "a trial"})
    await until(ana, path, lambda found: found["total"] == 3)
    assert (await ana.get(f"{path}/{first['id']}/why"))["unlocked"] is False


async def test_events_that_come_again_unlock_nothing_again(
    server: Node, owner: Person, ana: Person, bea: Person, game: str
) -> None:
    rule = {"any": [{"type": "nth", "what": "score"}, {"type": "streak", "wins": 2}]}
    tiers = [{"key": "one", "steps": 1}, {"key": "two", "steps": 2}]
    await defined(owner, game, "either", rule=rule, revoke=True)
    await defined(owner, game, "often", rule={"type": "stat", "stat": "played", "at_least": 2}, tiers=tiers)
    for _ in range(2):
        await plays(ana, game, {ana.id: 5, bea.id: 3})
    path = f"/players/{ana.id}/achievements"
    for person, total in ((ana, 2), (bea, 1)):
        theirs = f"/players/{person.id}/achievements"
        await until(
            person, theirs, lambda found, n=total: "'tier': 'two'" in str(found) and found["total"] == n
        )
    listed = await ana.get(path)
    database, unlocks = server.ledger.database, Unlocks()
    definitions = AchievementDefinitions(server.ledger, SystemClock())
    again = Unlocking(database, definitions, server.ledger, SessionDirectory(), unlocks)
    told = await database.read(lambda connection: events_after(connection, 0, 1_000))
    for events in (told, told[3:], told[-2:]):
        assert await again.react(events) is False
    assert len(await database.read(lambda connection: events_after(connection, 0, 1_000))) == len(told)
    assert await ana.get(path) == listed


async def test_a_new_rule_is_filled_in_over_the_past_at_first_as_a_rehearsal(
    owner: Person, ana: Person, bea: Person, game: str
) -> None:
    first = await plays(ana, game, {ana.id: 5, bea.id: 3})
    await plays(ana, game, {ana.id: 1, bea.id: 3})
    await ana.post(f"/games/{game}/stats/report", {"values": {"coins": 4}, "playtime": 60_000})
    comeback = await defined(owner, game, "won", rule={"type": "nth", "what": "win"})
    rich = await defined(
        owner,
        game,
        "rich",
        rule={"any": [{"type": "stat", "stat": "coins", "at_least": 4}, {"type": "streak", "wins": 5}]},
    )
    path = f"/games/{game}/achievements/{comeback['id']}/backfill"
    told = await owner.post(path, {"dry_run": True})
    assert told == {"players": 2, "would_unlock": 2, "share": 1.0, "dry_run": True}
    assert (await ana.get(f"/players/{ana.id}/achievements"))["total"] == 0
    assert await owner.post(path, {"dry_run": False}) == told | {"dry_run": False}
    assert await owner.post(path, {"dry_run": False}) == told | {
        "would_unlock": 0,
        "share": 0.0,
        "dry_run": False,
    }
    (mine,) = (await ana.get(f"/players/{ana.id}/achievements"))["achievements"]
    assert mine["unlocked_at"] == (await ana.get(f"/sessions/{first}"))["ended_at"]
    path = f"/games/{game}/achievements/{rich['id']}/backfill"
    assert (await owner.post(path, {"dry_run": False}))["would_unlock"] == 1
    assert code_of(await ana.call("POST", path, {})) == "forbidden"


async def test_a_rule_sees_a_statistic_as_it_is_kept_whatever_time_a_report_says(
    owner: Person, ana: Person, game: str
) -> None:
    rule = {"type": "stat", "stat": "kills", "at_least": 5}
    await defined(owner, game, "live", rule=rule)
    told = (({"kills": 4}, "2026-01-02T00:00:00Z"), ({"kills": {"delta": 2}}, "2026-01-01T00:00:00Z"))
    for values, at in told:
        await ana.post(f"/games/{game}/stats/report", {"values": values, "at": at})
    path = f"/players/{ana.id}/achievements"
    await until(ana, path, lambda found: found["total"] == 1)
    (there,) = (await ana.get(f"/players/{ana.id}/statistics"))["games"]
    assert [each["value"] for each in there["statistics"]] == [6]
    later = await defined(owner, game, "later", rule=rule)
    await owner.post(f"/games/{game}/achievements/{later['id']}/backfill", {"dry_run": False})
    listed = (await ana.get(path))["achievements"]
    assert [each["unlocked_at"] for each in listed] == ["2026-01-02T00:00:00.000000Z"] * 2


async def test_comebacks_are_seen_in_the_rounds(owner: Person, ana: Person, bea: Person, game: str) -> None:
    behind = await defined(owner, game, "behind", rule={"type": "comeback", "behind_by": 10})
    last = await defined(owner, game, "last", rule={"type": "comeback", "last_at_half": True})
    seats = [{"player_id": ana.id}, {"player_id": bea.id}]
    session = await ana.post("/sessions", {"game_id": game, "stats": POINTS, "seats": seats})
    path = f"/sessions/{session['id']}"
    for number, scores in enumerate(((1, 5), (1, 7), (20, 0), (3, 1)), 1):
        for seat, value in enumerate(scores):
            written = {"seat": seat, "stat": "Points", "value": value, "round": number}
            await ana.post(f"{path}/record", written)
    await ana.post(f"{path}/end")
    mine = await until(ana, f"/players/{ana.id}/achievements", lambda found: found["total"] == 2)
    assert {each["id"] for each in mine["achievements"]} == {behind["id"], last["id"]}


async def test_what_a_rule_reads_for_a_new_score_does_not_grow_with_the_career(
    owner: Person, ana: Person, game: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, read, many = list[bool](), list[object](), 30
    for n in (many, many + 1):
        await defined(owner, game, f"score-{n}", rule={"type": "nth", "what": "score", "n": n})
    scores = {"scores": [{"score": 1, "player_id": ana.id}] * many}
    await owner.post(f"/games/{game}/scores/batch", scores)
    path = f"/players/{ana.id}/achievements"
    await until(ana, path, lambda found: found["total"] == 1)

    def counted(*row: Any) -> Any:
        read.append(row)
        return Recorded(*row)

    def noted(*given: Any) -> Any:
        judged.append(current_thread() is main_thread())
        return verdicts(*given)

    with monkeypatch.context() as patched:
        patched.setattr(unlocks_past, "Recorded", counted)
        patched.setattr(unlocking, "verdicts", noted)
        await owner.post(f"/games/{game}/scores", {"score": 1, "player_id": ana.id})
        await until(ana, path, lambda found: found["total"] == 2)
    assert len(read) <= 3  # an unlock, the score, and the unlock that it brings
    assert set(judged) == {False}  # others have their turn meanwhile


def test_of_careers_those_looked_at_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlocks_past, "MOST_REMEMBERED", 3)
    remembered = unlocks_past.PastCareers()
    one, other = UUID(int=1), UUID(int=2)
    time = [TimePlayed(at=at, position=at, playtime=1) for at in range(6)]
    assert remembered.go_on(one, 4, time[:2]) == time[:2]
    assert remembered.go_on(other, 0, time[2:3]) == time[2:3]
    assert remembered.go_on(one, 7, ()) == time[:2]
    assert [remembered.upto(each) for each in (one, other)] == [7, 0]
    assert remembered.go_on(one, 8, time[3:]) == [*time[:2], *time[3:]]
    assert [remembered.upto(each) for each in (one, other)] == [8, -1]
    assert remembered.go_on(other, 1, time[2:4]) == time[2:4]
    assert [remembered.upto(each) for each in (one, other)] == [-1, 1]
