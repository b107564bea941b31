"""Who may do what: the whole matrix, spelled out, and how people come by their relations."""

import pytest

from tallybook.access.actor import Actor
from tallybook.access.matrix import MATRIX, NOBODY, Relation, may, relations_of, require
from tallybook.access.sessions import action_of, relations_to, require_in_session
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.rules.protocol import Config, Seat
from tallybook.sessions.plugins import rules_of
from tallybook.sessions.session import Session

RELATIONS: tuple[Relation, ...] = (
    "nobody",
    "guest",
    "stranger",
    "spectator",
    "player",
    "scorekeeper",
    "host",
    "owner",
    "manager",
    "admin",
    "api_key",
)

#                            nobody guest stranger spectator player scorekeeper host owner manager admin key
EXPECTED = {
    "game.view":           "x      x     x        x         x      x           x    x     x       x     x",
    "game.create":         ".      x     x        x         x      x           x    x     x       x     .",
    "game.keys":           ".      .     .        .         .      .           .    x     .       x     .",
    "game.change":         ".      .     .        .         .      .           .    x     .       x     .",
    "stat_set.view":       ".      x     x        x         x      x           x    x     x       x     x",
    "stat_set.create":     ".      x     x        x         x      x           x    x     x       x     .",
    "stat_set.change":     ".      .     .        .         .      .           .    x     .       x     .",
    "session.create":      ".      x     x        x         x      x           x    x     x       x     .",
    "session.view":        ".      x     x        x         x      x           x    x     x       x     x",
    "session.join":        ".      x     x        x         x      x           x    x     x       x     .",
    "session.keep_score":  ".      .     .        .         .      x           .    .     .       .     .",
    "session.play":        ".      .     .        .         x      .           .    .     .       .     .",
    "session.run":         ".      .     .        .         .      .           x    .     .       .     .",
    "session.seat":        ".      .     .        .         .      x           x    .     .       .     .",
    "session.rematch":     ".      .     .        .         x      x           x    .     .       .     .",
    "session.govern":      ".      .     .        .         .      .           x    .     .       x     .",
    "time.claim":          ".      .     .        .         .      .           .    .     .       x     .",
    "player.view":         ".      x     x        x         x      x           x    x     x       x     .",
    "player.register":     "x      x     x        x         x      x           x    x     x       x     .",
    "player.password":     ".      .     x        x         x      x           x    x     x       x     .",
    "player.claim":        ".      .     x        .         .      .           .    .     .       x     .",
    "player.roles":        ".      .     .        .         .      .           .    .     .       x     .",
    "player.suspend":      ".      .     .        .         .      .           .    .     .       x     .",
    "player.invite":       ".      .     .        .         .      .           .    x     .       x     .",
    "claim.view":          ".      .     .        .         .      .           .    x     .       x     .",
    "claim.decide":        ".      .     .        .         .      .           .    x     .       x     .",
    "claim.withdraw":      ".      .     .        .         .      .           .    x     .       x     .",
    "record.view":         "x      x     x        x         x      x           x    x     x       x     x",
    "record.define":       ".      .     .        .         .      .           .    x     .       x     .",
    "record.submit":       ".      .     .        .         x      .           .    x     .       x     x",
    "record.vouch":        ".      .     .        .         .      .           .    x     .       x     x",
    "season.view":         "x      x     x        x         x      x           x    x     x       x     x",
    "season.manage":       ".      .     .        .         .      .           .    x     x       x     .",
    "analytics.view":      ".      .     .        .         .      .           .    x     x       x     x",
}  # fmt: skip


@pytest.mark.parametrize("action", MATRIX)
def test_the_matrix_allows_what_is_written_here(action: str) -> None:
    allowed = [relation for relation in RELATIONS if may(action, {relation})]
    marks = EXPECTED[action].split()
    assert allowed == [relation for relation, mark in zip(RELATIONS, marks, strict=True) if mark == "x"]


def test_who_may_not_know_of_a_thing_is_told_that_there_is_none() -> None:
    for relations, code in ((NOBODY, "not_found"), ({"stranger"}, "forbidden")):
        with pytest.raises(Refusal) as caught:
            require("session.govern", relations)  # type: ignore[arg-type]  # a set of literals
        assert caught.value.code == code


HOST, KEEPER, PLAYER, KICKED = (Actor(new_id(), "guest") for _ in range(4))
STRANGER, ADMIN = Actor(new_id()), Actor(new_id(), roles=frozenset({"admin"}))


def session(*, public: bool) -> Session:
    return Session(
        room_id=new_id(),
        key="ABCDEF",
        public=public,
        max_players=None,
        game_id=new_id(),
        rules="scoresheet",
        rules_version=1,
        config=Config(),
        seats=(Seat(0, PLAYER.player_id), Seat(1, KICKED.player_id)),
        next_seat=2,
        host_id=HOST.player_id,
        scorekeepers=(HOST.player_id, KEEPER.player_id),
        previous=None,
        created_at=0,
        kicked=(KICKED.player_id,),
    )


def test_relations_to_a_session_follow_from_the_table_the_room_and_the_token() -> None:
    private, public = session(public=False), session(public=True)

    assert relations_to(HOST, private, member=False) == {"guest", "host", "scorekeeper"}
    assert relations_to(KEEPER, private, member=False) == {"guest", "scorekeeper"}
    assert relations_to(PLAYER, private, member=True) == {"guest", "player", "spectator"}
    assert relations_to(STRANGER, private, member=False) == NOBODY
    assert relations_to(STRANGER, private, member=True) == {"stranger", "spectator"}
    assert relations_to(STRANGER, public, member=False) == {"stranger"}
    assert relations_to(ADMIN, private, member=False) == {"stranger", "admin"}
    assert relations_to(KICKED, private, member=True) == NOBODY
    assert relations_to(KICKED, public, member=True) == {"guest"}
    assert relations_of(None, owner=True) == NOBODY
    manager = Actor(new_id(), roles=frozenset({"community_manager"}))
    assert relations_of(manager, owner=True) == {"stranger", "owner", "manager"}


def test_an_api_key_knows_its_game_and_what_is_played_of_it_and_nothing_else() -> None:
    private, other = session(public=False), session(public=True)
    key = Actor.of_key(new_id(), frozenset({private.game_id}))

    assert relations_to(key, private, member=False) == {"api_key"}
    assert relations_of(key, game=private.game_id) == {"api_key"}
    assert relations_to(key, other, member=True) == set()
    assert relations_of(key, owner=True, game=other.game_id) == set()
    for action in ("session.view", "game.view", "player.view"):
        with pytest.raises(Refusal) as caught:
            require(action, relations_to(key, other, member=True))
        assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("record", {"host", "keeper"}),
        ("end", {"host", "keeper"}),
        ("correct", {"host", "keeper"}),
        ("seats", {"host", "keeper"}),
        ("add_scorekeeper", {"host", "keeper"}),
        ("take_seat", {"host", "keeper", "player", "stranger", "admin"}),
        ("ready", {"player"}),
        ("rematch", {"host", "keeper", "player"}),
        ("kick", {"host", "admin"}),
        ("void", {"host", "admin"}),
        ("abandon", {"host", "admin"}),
        ("host", {"host", "admin"}),
    ],
)
def test_commands_of_a_scoresheet_are_for_these_people(command: str, allowed: set[str]) -> None:
    people = {"host": HOST, "keeper": KEEPER, "player": PLAYER, "stranger": STRANGER, "admin": ADMIN}
    table = session(public=True)

    def refusal(actor: Actor) -> str | None:
        try:
            require_in_session(actor, command, table)
        except Refusal as refusal:
            return refusal.code
        return None

    answers = {name: refusal(actor) for name, actor in people.items()}
    assert answers == {name: None if name in allowed else "forbidden" for name in people}


def test_under_rules_the_host_runs_the_session_and_seats_make_the_moves() -> None:
    assert [action_of(name, manual=False) for name in ("start", "end", "move", "kick")] == [
        "session.run",
        "session.run",
        "session.play",
        "session.govern",
    ]


def test_every_command_of_the_scoresheet_is_in_the_hands_of_scorekeepers() -> None:
    commands = rules_of("scoresheet").commands
    assert {action_of(name, manual=True) for name in commands} == {"session.keep_score"}
