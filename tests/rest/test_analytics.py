"""Analytics over the API: to whom, in which form, and never behind what was answered before."""

import csv
from datetime import timedelta
from io import StringIO
from uuid import UUID

import httpx
import pytest

from tallybook.bootstrap.node import Node
from tallybook.delivery.analytics import FunnelLine
from tallybook.delivery.rest.spreadsheets import csv_answer
from tallybook.kernel.clock import SystemClock, to_datetime
from tests.rest.kit import Person, code_of, register

REPORTS = ("achievements", "players", "retention", "funnel")


async def played(owner: Person) -> str:
    """A game in which two people of a library have just begun a session."""
    opened = await owner.opens("Cleo", "Dov")
    return str(opened["game_id"])


async def test_a_session_is_counted_as_soon_as_it_was_answered(ana: Person) -> None:
    game = await played(ana)
    today = to_datetime(SystemClock().now()).date()
    report = await ana.get(f"/games/{game}/analytics/players")
    assert len(report["items"]) == 30
    assert report["items"][-1] == {"begins": str(today), "active": 2, "new": 2, "returning": 0}
    assert sum(line["active"] for line in report["items"][:-1]) == 0

    retained = await ana.get(f"/games/{game}/analytics/retention", cohort="day")
    assert retained["items"][-1] == {"begins": str(today), "players": 2, "active": [2], "rates": [1.0]}
    assert [len(row["active"]) for row in retained["items"]] == list(range(30, 0, -1))


async def test_a_month_is_whole_and_in_the_calendar(ana: Person) -> None:
    game = await played(ana)
    asked = {"interval": "month", "from": "2023-12-31", "to": "2024-03-01"}
    report = await ana.get(f"/games/{game}/analytics/players", **asked)
    begins = [line["begins"] for line in report["items"]]
    assert begins == ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"]


async def test_each_report_is_also_a_table(ana: Person) -> None:
    game = await played(ana)
    tomorrow = to_datetime(SystemClock().now()).date() + timedelta(days=1)
    for report in REPORTS:
        path = f"/api/v1/games/{game}/analytics/{report}"
        headers = {"Authorization": f"Bearer {ana.token}"}
        asked = await ana.client.get(path, params={"format": "csv"}, headers=headers)
        accepted = await ana.client.get(path, headers=headers | {"Accept": "text/csv, */*;q=0.1"})
        assert asked.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert asked.text == accepted.text
        assert "attachment" in asked.headers["content-disposition"]
    both = await ana.call("GET", f"/games/{game}/analytics/players", params={"format": "csv", "to": tomorrow})
    lines = list(csv.DictReader(StringIO(both.text)))
    assert [line["active"] for line in lines[-3:]] == ["0", "2", "0"]


async def test_tiers_are_steps_and_what_nobody_has_is_listed(ana: Person, bea: Person) -> None:
    game = await played(ana)
    path = f"/games/{game}/achievements"
    tiers = [{"key": "bronze", "steps": 1}, {"key": "gold", "steps": 9}]
    climber = await ana.post(path, {"key": "climber", "name": "Climber", "tiers": tiers})
    nobody = await ana.post(path, {"key": "nobody", "name": "Nobody's"})
    unlock = {"achievement_id": climber["id"], "tier": "bronze"}
    await bea.post("/achievements/unlock", unlock)
    await ana.post("/achievements/unlock", unlock | {"tier": "gold"})

    # Cleo and Dov sat in the session, Bea and Ana were seen by their unlocks.
    report = await ana.get(f"/games/{game}/analytics/achievements")
    assert report["players"] == 4
    lines = [
        (line["key"], line["tier"], line["unlocked"], line["completion_rate"]) for line in report["items"]
    ]
    assert lines == [
        ("climber", "bronze", 2, 0.5),
        ("climber", "gold", 1, 0.25),
        ("nobody", None, 0, 0.0),
    ]
    assert [line["median_time"] for line in report["items"]] == [0, 0, None]

    # What nobody has is gone once it is archived; what somebody has stays.
    for achievement in (climber, nobody):
        assert (await ana.call("DELETE", f"{path}/{achievement['id']}")).status_code == 204
    report = await ana.get(f"/games/{game}/analytics/achievements")
    assert [line["key"] for line in report["items"]] == ["climber", "climber"]
    usual = await ana.get(f"/games/{game}/analytics/funnel")
    assert [(line["tier"], line["reached"], line["through"]) for line in usual["items"]] == [
        ("bronze", 2, 2),
        ("gold", 1, 1),
    ]
    declared = await ana.get(f"/games/{game}/analytics/funnel", steps="climber:gold,climber:bronze")
    assert [(line["reached"], line["through"]) for line in declared["items"]] == [(1, 1), (2, 1)]


def test_no_name_becomes_a_formula_in_a_table() -> None:
    names = ['=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "A, or B", 'Say "hi"']
    lines = [FunnelLine(1, UUID(int=1), "key", name, None, 0, 0.0, 0, 0.0) for name in names]
    answered = csv_answer(FunnelLine.__struct_fields__, lines, "FunnelReport").body
    cells = [row["name"] for row in csv.DictReader(StringIO(bytes(answered).decode(), newline=""))]
    assert cells == [f"'{name}" for name in names[:5]] + names[5:]


async def test_only_those_who_answer_for_a_game_may_look(
    server: Node, anybody: httpx.AsyncClient, ana: Person, bea: Person
) -> None:
    game = await played(ana)
    manager = await register(anybody, "the-manager")
    admin = await register(anybody, "the-admin")
    await server.roles.make_admin("the-admin")
    await server.roles.grant(UUID(admin.id), UUID(manager.id), "community_manager")
    signed_in = await anybody.post(
        "/api/v1/auth/login", json={"username": "the-manager", "password": "a horse, a battery"}
    )
    manager = Person(anybody, signed_in.json()["access_token"], manager.id)
    key = Person(anybody, (await ana.post(f"/games/{game}/api-keys", {"name": "A server"}))["secret"], "")
    for report in REPORTS:
        path = f"/games/{game}/analytics/{report}"
        assert code_of(await bea.call("GET", path)) == "not_found"
        for allowed in (ana, manager, key):
            assert (await allowed.call("GET", path)).is_success


@pytest.mark.parametrize(
    ("report", "query"),
    [
        ("players", {"interval": "year"}),
        ("players", {"from": "2026-02-01", "to": "2026-01-01"}),
        ("players", {"from": "2024-01-01", "to": "2026-01-01"}),
        ("players", {"from": "yesterday"}),
        ("players", {"from": "1767225600"}),
        ("players", {"to": "0001-01-01"}),
        ("players", {"to": "9999-12-31"}),
        ("retention", {"to": "0001-01-02"}),
        ("retention", {"cohort": "month"}),
        ("retention", {"cohort": "day", "from": "2020-01-01", "to": "2020-01-02"}),
        ("funnel", {"steps": "no-such-key"}),
        ("funnel", {"format": "xml"}),
    ],
)
async def test_a_report_that_cannot_be_made_says_why(ana: Person, report: str, query: dict[str, str]) -> None:
    game = await played(ana)
    response = await ana.call("GET", f"/games/{game}/analytics/{report}", params=query)
    assert (response.status_code, code_of(response)) == (400, "invalid")
