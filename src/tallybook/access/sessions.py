"""What somebody is to a session, and which action of the matrix each of its commands is."""

from types import MappingProxyType

from tallybook.access.actor import Actor
from tallybook.access.matrix import MATRIX, NOBODY, Relation, Relations, relations_of, require
from tallybook.sessions.session import Session, standing

# By command. Where people keep the score, scorekeepers run the clock too; under rules the host does.
_EVERYWHERE = MappingProxyType(
    {
        "seats": "session.seat",
        "withdraw": "session.join",  # one's own request for a seat, which is a change of the seats
        "add_scorekeeper": "session.seat",
        "remove_scorekeeper": "session.seat",
        "take_seat": "session.join",
        "join_seat": "session.join",
        "ready": "session.play",
        "rematch": "session.rematch",
        "abandon": "session.govern",
        "void": "session.govern",
        "kick": "session.govern",
        "host": "session.govern",
    }
)
_CLOCK = ("start", "pause", "resume", "end", "correct")
_SHEET = ("record", "clear", "undo", "redo", "next_round")
_MANUAL = MappingProxyType(dict.fromkeys((*_CLOCK, *_SHEET), "session.keep_score"))
_RULED = MappingProxyType(dict.fromkeys(_CLOCK, "session.run"))


def action_of(command: str, *, manual: bool) -> str:
    """The action behind a command; any command of rules that the platform does not know is play."""
    of_the_kind = _MANUAL if manual else _RULED
    return _EVERYWHERE.get(command) or of_the_kind.get(command) or "session.play"


def relations_to(actor: Actor, session: Session, *, member: bool) -> Relations:
    """Everything `actor` is to a session; `member` says that the room has let the actor in."""
    if actor.key_games is not None:
        return relations_of(actor, game=session.game_id)
    stands = standing(session, actor.player_id, actor.merged)
    relations: set[Relation] = set()
    if stands.host:
        relations.add("host")
    if stands.scorekeeper:
        relations.add("scorekeeper")
    if stands.seat is not None:
        relations.add("player")
    if stands.kicked:
        relations.clear()
    elif member:
        relations.add("spectator")
    general = relations_of(actor)
    if relations or session.public or "admin" in general:
        return relations | general
    return NOBODY


def require_in_session(actor: Actor, command: str, session: Session, *, member: bool = False) -> None:
    """Refuse a command that `actor` may not give."""
    action = action_of(command, manual=session.plugin.manual)
    # What nearly every command is: allowed by the one relation that is quickly seen.
    by_scorekeepers = "scorekeeper" in MATRIX[action]
    if by_scorekeepers and actor.player_id in session.scorekeepers and actor.player_id not in session.kicked:
        return
    require(action, relations_to(actor, session, member=member))
