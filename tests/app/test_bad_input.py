"""Whatever is wrong is refused under its stable code, stores nothing, and disturbs nobody."""

import asyncio
from typing import Any

import pytest

from tests.app.people import POINTS, Device, Door, Json, Person, Refused, refused

STATS: tuple[Json, ...] = (
    POINTS,
    {"name": "Few", "data_type": "integer", "minimum": 0, "maximum": 10, "step": 2},
    {"name": "Metres", "data_type": "decimal"},
    {"name": "Won", "data_type": "boolean"},
    {"name": "Race", "data_type": "choice", "choices": ["elf", "dwarf"]},
    {"name": "Time", "data_type": "duration"},
    {"name": "Note", "data_type": "text"},
    {"name": "Weather", "data_type": "text", "scope": "table"},
)
DEEP = b"[" * 20_000 + b"]" * 20_000


def cell(**more: Any) -> Json:
    return {"seat": 0, "stat": "Points", "value": 1} | more


def spelled(value: str) -> bytes:
    """A record whose value is spelled as no encoder of ours would."""
    return b'{"seat":0,"stat":"Points","value":%b}' % value.encode()


WRONG: list[tuple[str, Json]] = [
    *(("wrong_type", cell(value=value)) for value in ("1", True)),
    *(("wrong_type", cell(stat="Metres", value=value)) for value in (True, "1e5", "x", "٣", " 1")),
    *(("wrong_type", cell(stat="Won", value=value)) for value in (1, "true", 0)),
    *(("wrong_type", cell(stat="Race", value=value)) for value in ("orc", "ELF", 1)),
    *(("wrong_type", cell(stat="Time", value=value)) for value in ("1", False)),
    *(("wrong_type", cell(stat="Note", value=value)) for value in (1, True, ["x"])),
    ("wrong_type", {"seat": 0, "stat": "Won", "delta": 1}),
    ("wrong_type", {"seat": 0, "stat": "Points", "delta": "1"}),
    *(("out_of_range", cell(value=value)) for value in (2**53, -(2**53), 10**18)),
    *(("out_of_range", cell(stat="Few", value=value)) for value in (-2, 12, 3)),
    *(("out_of_range", cell(stat="Metres", value=value)) for value in ("1" * 16, "0.0000000001", 2**53)),
    ("out_of_range", cell(stat="Time", value=-1)),
    ("unknown_stat", cell(stat="Goals")),
    ("invalid", cell(stat="points\0")),
    ("unknown_stat", cell(stat="x" * 10_000)),
    ("unknown_seat", cell(seat=7)),
    ("unknown_seat", cell(seat=-1)),
    *(("invalid", cell(stat="Note", value=value)) for value in ("a\0b", "x" * 10_000, "\x1b[2J")),
    *(("invalid", cell(seat=seat)) for seat in ("0", 1.5, [0])),
    *(("out_of_range", cell(round=number)) for number in (0, -1)),
    *(("invalid", cell(round=number)) for number in ("1", 1.5)),
    *(("invalid", cell(expected_index=index)) for index in ("3", 1.5, True, 2**40)),
    *(("invalid", cell(command_id=name)) for name in ("", "x" * 65, "é", 7, "a b")),
    *(("invalid", cell(at=when)) for when in ("9999-12-31T23:59:59Z", "1066-10-14T09:00:00Z", "soon", 5)),
    ("invalid", cell(zone="Nowhere; DROP TABLE")),
    ("invalid", cell(value=None)),
    ("invalid", cell(delta=1)),
    ("invalid", {"seat": 0, "stat": "Points"}),
    ("invalid", cell(points=3)),
    ("stale", cell(expected_index=0)),
    ("idempotency_conflict", cell(command_id="used", value=2)),
]
MALFORMED = [
    *(spelled(value) for value in ("NaN", "Infinity", "-Infinity", '"\\ud800"', "1,}", "01")),
    b"[1]",
    b"null",
    b'"x"',
    b"{",
    b"\xff\xfe",
    spelled(DEEP.decode()),
]


async def neighbour(person: Person, device: Device, stop: asyncio.Event) -> int:
    """Another table going on: every write is told to its device."""
    writes = 0
    while not stop.is_set() or not writes:
        index = (await person.post(f"/sessions/{device.joined['session_id']}/record", **cell()))["index"]
        await device.board(index)
        writes += 1
        await asyncio.sleep(0.02)
    return writes


async def test_a_bad_write_is_refused_alike_on_rest_and_socket_and_stores_nothing(people: Door) -> None:
    ana, ben, eve = [await people.guest(name) for name in ("Ana", "Ben", "Eve")]
    session = await ana.open(stats=STATS)
    other = await ben.open()
    path = f"/sessions/{session['id']}"
    await ana.post(f"{path}/record", **cell(command_id="used"))
    index = (await ana.get(path))["index"]
    stop = asyncio.Event()
    async with ana.device(session["key"]) as a, ben.device(other["key"]) as b, asyncio.TaskGroup() as group:
        going_on = group.create_task(neighbour(ben, b, stop))
        try:
            others = []
            for code, body in WRONG:
                told = {}
                for way in ("rest", "socket"):
                    with pytest.raises(Refused) as refusal:
                        await (
                            ana.post(f"{path}/record", **body) if way == "rest" else a.push("record", **body)
                        )
                    told[way] = refusal.value.code
                if told != {"rest": code, "socket": code}:
                    others.append((code, body, told))
            assert not others, repr([(c, str(b)[:80], t) for c, b, t in others])
            for content in MALFORMED:
                answer = await ana.send("POST", f"{path}/record", content)
                assert (content[:50], answer.status_code) == (content[:50], 400)
                assert answer.json()["code"] in {"malformed", "invalid", "wrong_type"}
            for content in (b'{"seat":' + b" " * 1_000_000 + b"0}", b"x" * 1_000_000):
                assert (await ana.send("POST", f"{path}/record", content)).json()["code"] == "too_large"
            for event in ("create", "no_such_thing", "move", "phx_reply", "x" * 1000):
                with pytest.raises(Refused, match=r"not_found|forbidden"):
                    await a.push(event)
            nobody: Json = {"player_id": session["id"]}
            for event, body in (("add_scorekeeper", nobody), ("kick", nobody), ("seats", {"add": nobody})):
                with pytest.raises(Refused, match="invalid"):
                    await a.push(event, **body)
            # What is no session, or none that Eve may know of, is not found.
            for wrong in (ana.id, session["room_id"], session["game_id"], "7", "%00", "x" * 1000):
                assert await refused(ana, "POST", f"/sessions/{wrong}/record", cell()) == "not_found"
                assert await refused(ana, "GET", f"/sessions/{wrong}/scoreboard") == "not_found"
            assert await refused(eve, "POST", f"{path}/record", cell()) == "not_found"
            for key in ("", "AAAAA", "AAAAA0", "ÄÄÄÄÄÄ", "x" * 5000):
                with pytest.raises(Refused, match=r"not_found|unmatched topic"):
                    await a.reply(await a.send(f"room:{key}", "phx_join", {}))
            async with eve.device(session["key"], spectator=True) as e:
                with pytest.raises(Refused, match="forbidden"):
                    await e.push("record", **cell())
            stored = (await ana.get(f"{path}/events?after={index}"))["events"]
            assert stored == []
            assert (await ana.get(path))["index"] == index
            assert not [event for event in a.events if event["index"] > index]
        finally:
            stop.set()
    assert going_on.result() > 0


BAD_NAMES: tuple[object, ...] = (
    "",
    " ",
    "\0",
    "a\0b",
    "\u200b\u200d",
    "\u202egnp.exe",
    "x" * 10_000,
    "a\nb",
    "\x7f",
    None,
    7,
    [],
)
GOOD_NAMES = ("שלום", "محمد", "क्षि", "👨‍👩‍👧", "O’Neill", "x" * 100)


async def test_names_of_any_script_are_kept_and_what_is_no_name_is_refused_everywhere(people: Door) -> None:
    ana = await people.guest("Ana")
    game = await ana.post("/games", name=f"Of {ana.id}")
    for name in GOOD_NAMES:
        session = await ana.post("/sessions", game_id=game["id"], seats=[{"name": name}], name=name)
        assert session["seats"][0]["name"] == name
    stat = {"name": "Points", "data_type": "integer"}

    def places(name: object) -> list[tuple[str, str, Json]]:
        opening = {"game_id": game["id"]}
        return [
            ("POST", "/auth/guest", {"display_name": name}),
            ("PATCH", "/players/me", {"display_name": name}),
            ("POST", "/players", {"name": name}),
            ("POST", "/games", {"name": name}),
            ("POST", "/sessions", opening | {"name": name}),
            ("POST", "/sessions", opening | {"seats": [{"name": name}]}),
            ("POST", "/sessions", opening | {"seats": [{"name": "Ben", "team": name}]}),
            ("POST", "/sessions", opening | {"stats": [stat | {"name": name}]}),
            ("POST", "/sessions", opening | {"stats": [stat | {"data_type": "choice", "choices": [name]}]}),
            ("POST", f"/rooms/by-key/{session['key']}/join", {"name": name}),
        ]

    for bad in BAD_NAMES:
        for method, path, body in places(bad):
            if bad is None and path == "/sessions":
                continue  # there, null is taken for what is left out
            found = await refused(ana, method, path, body)
            assert (path, body, found) == (path, body, "invalid")
    for method, path, body in places("NAME"):
        content = repr(body).replace("'", '"').replace("NAME", "\\ud800").encode()
        assert (await ana.send(method, path, content)).status_code == 400
    async with ana.device() as a:
        for bad in BAD_NAMES:
            if bad is not None:  # there, too
                with pytest.raises(Refused, match="invalid"):
                    await a.join(f"room:{session['key']}", name=bad)
    assert (await ana.get(f"/sessions/{session['id']}"))["seats"] == session["seats"]


async def test_odd_questions_get_plain_answers(people: Door) -> None:
    ana = await people.guest("Ana")
    session = await ana.open()
    path = f"/sessions/{session['id']}"
    for query in (
        "cursor=x",
        "cursor=AAAA",
        "cursor=%00",
        "limit=0",
        "limit=101",
        "limit=x",
        "from=9999-01-01",
    ):
        assert await refused(ana, "GET", f"/sessions/history?{query}") == "invalid"
    for query in ("after=-2", "after=x", "after=99999999999", "limit=501"):
        assert await refused(ana, "GET", f"{path}/events?{query}") == "invalid"
    for at in ("-1", "2", "99999999999", "x"):
        assert await refused(ana, "GET", f"{path}/state?at={at}") == "invalid"
    for config in (b'{"a":' * 900 + b"1" + b"}" * 900, DEEP):
        body = b'{"game_id":"%b","config":%b}' % (session["game_id"].encode(), config)
        assert (await ana.send("POST", "/sessions", body)).status_code == 400
    for params, reason in (
        ({"seat": "0"}, "seat: must be a whole number or null, not text"),
        ({"last_index": -2}, "last_index: must be -1 or the index of an event"),
        ({"last_index": 2**40}, "last_index: must be -1 or the index of an event"),
        ({"seat": 0, "name": "x"}, "seat: give one of seat, name and spectator, or none"),
        ({"x": 1}, "x: is not known here"),
    ):
        async with ana.device() as a:
            with pytest.raises(Refused, match="invalid") as refusal:
                await a.join(f"room:{session['key']}", **params)
            assert refusal.value.answer["reason"] == reason
    await ana.post(f"{path}/end")
    assert await refused(ana, "POST", f"{path}/record", cell()) == "session_finished"
    assert await refused(ana, "POST", f"{path}/correct", cell(reason=" ")) == "invalid"
    assert await refused(ana, "POST", f"{path}/correct", cell(reason="a\0b")) == "invalid"


async def test_a_socket_that_asks_for_too_much_is_refused_alone(people: Door) -> None:
    ana, eve = await people.guest("Ana"), await people.guest("Eve")
    session = await ana.open()
    async with ana.device(session["key"]) as a:
        async with eve.device() as e:
            refs = [
                await e.send(f"room:{session['key']}", "phx_join", {"spectator": True}) for _ in range(1000)
            ]
            await e.reply(refs[-1])
            spectating = [person for person in a.here if person == eve.id]
            assert len(spectating) <= 1
        async with eve.device() as e:
            await e.connection.send("x" * 1_000_000, text=True)
            assert await e.until_closed() == 1009
        index = (await a.push("record", **cell()))["index"]
        assert (await a.board(index))["seats"][0]["total"] == 1
