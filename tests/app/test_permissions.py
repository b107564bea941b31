"""Who may do what in a session: every command by everybody, as the matrix says."""

from tallybook.access.matrix import MATRIX, NOBODY, Relation, Relations, may
from tallybook.access.sessions import action_of
from tests.app.people import Door, Person, Refused

SESSION = {
    "record": "invalid",
    "clear": "invalid",
    "undo": "invalid",
    "redo": "invalid",
    "next_round": "invalid",
    "start": "invalid",
    "pause": "invalid",
    "resume": "invalid",
    "end": "invalid",
    "abandon": "invalid",
    "seats": "invalid",
    "correct": "invalid",
    "void": "invalid",
    "add_scorekeeper": "invalid",
    "remove_scorekeeper": "invalid",
    "rematch": "session_not_finished",
    "kick": "invalid",
    "host": "invalid",
    "ready": "invalid",
}
"""Every command of a table and what it answers to a body that who may give it cannot mean."""

INSIDE: Relations = frozenset[Relation]({"host", "scorekeeper", "player", "spectator"})
READS = ("", "/scoreboard", "/events", "/state?at=0")


async def test_everybody_may_do_what_the_matrix_says_and_nothing_else(people: Door) -> None:
    host = await people.account("host" + (await people.guest("x")).id[-12:])
    keeper, player, spectator, guest = [await people.guest(name) for name in ("Kay", "Pia", "Sue", "Gus")]
    stranger = await people.account("stranger" + guest.id[-12:])
    relations: dict[Person, Relations] = {
        people.nobody: frozenset(),
        host: frozenset[Relation]({"host", "stranger"}),
        keeper: frozenset[Relation]({"scorekeeper", "guest"}),
        player: frozenset[Relation]({"player", "guest"}),
        spectator: frozenset[Relation]({"spectator", "guest"}),
        guest: frozenset[Relation]({"guest"}),
        stranger: frozenset[Relation]({"stranger"}),
    }
    game = await host.post("/games", name=f"Game of {host.id}")
    for public in (True, False):
        session = await host.post(
            "/sessions", game_id=game["id"], seats=[{"player_id": player.id}], public=public
        )
        path = f"/sessions/{session['id']}"
        await host.ask("PUT", f"{path}/scorekeepers/{keeper.id}")
        await keeper.ask("DELETE", f"{path}/scorekeepers/{host.id}")
        await spectator.post(f"/rooms/by-key/{session['key']}/join", spectator=True)
        index = (await host.get(path))["index"]
        for person, found in relations.items():
            known = found if public or found & INSIDE else NOBODY
            for command, mistaken in SESSION.items():
                expected = mistaken
                if not person.token:
                    expected = "unauthenticated"
                elif not may("session.view", known):
                    expected = "not_found"
                elif not may(action_of(command, manual=True), known):
                    expected = "forbidden"
                assert (command, found, await outcome(person, session, command)) == (command, found, expected)
            for read in READS:
                seen = "unauthenticated" if not person.token else "not_found"
                if person.token and may("session.view", known):
                    await person.get(path + read)
                    continue
                assert await refused(person, "GET", path + read) == seen
        assert (await host.get(path))["index"] == index


async def outcome(person: Person, session: dict[str, str], command: str) -> str:
    path, method = f"/sessions/{session['id']}/{command.replace('_', '-')}", "POST"
    if command in {"kick", "host", "ready"}:
        path = f"/rooms/{session['room_id']}/{command}"
    elif command.endswith("scorekeeper"):
        path = f"/sessions/{session['id']}/scorekeepers/{person.id or session['id']}"
        method = "PUT" if command == "add_scorekeeper" else "DELETE"
    return await refused(person, method, path, {} if command == "rematch" else {"no_such_field": 1})


async def refused(person: Person, method: str, path: str, body: object = None) -> str:
    try:
        answer = await person.ask(method, path, body)
    except Refused as refusal:
        return refusal.code
    raise AssertionError((method, path, answer))


def test_every_action_in_a_session_is_somebodys() -> None:
    actions = {action_of(command, manual=manual) for command in SESSION for manual in (True, False)}
    actions |= {"session.view", "session.create", "session.join"}
    assert actions == {action for action in MATRIX if action.startswith("session.")}
