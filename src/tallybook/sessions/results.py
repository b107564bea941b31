"""How a session came out: computed by its rules, or as the table says."""

from collections.abc import Mapping, Sequence

from tallybook.kernel.refusals import Refusal, invalid
from tallybook.rules.protocol import Scoreboard, StatScore, Value
from tallybook.sessions.commands import GivenPlacing
from tallybook.sessions.events import Result, SeatResult
from tallybook.sessions.session import Session

Placings = Mapping[int, tuple[int, bool]]  # by seat: place, and whether it won


def result_of(session: Session, placings: Placings, *, given: bool) -> Result:
    """The complete result: these placings, with the scores as they stand."""
    board = session.plugin.scoreboard(session.rules_state)
    outcome = session.plugin.outcome(session.rules_state)
    lines = {line.seat: line for line in board.seats}
    scores: dict[int, int | str | None] = {seat: line.total for seat, line in lines.items()}
    if outcome is not None:
        scores |= {placing.seat: placing.score for placing in outcome.placings}
    return Result(
        seats=tuple(
            SeatResult(
                seat=seat.seat,
                player_id=seat.player_id,
                place=placings[seat.seat][0],
                winner=placings[seat.seat][1],
                is_bot=seat.is_bot,
                team=seat.team,
                score=scores[seat.seat],
                values=_totals(lines[seat.seat].values),
            )
            for seat in session.seats
        ),
        rounds=_rounds(board),
        win=session.config.win,
        given=given,
        table=_totals(board.table),
    )


def computed_placings(session: Session) -> Placings:
    outcome = session.plugin.outcome(session.rules_state)
    if outcome is None:
        raise Refusal("move_rejected", "the game is not decided: say who won, or abandon it")
    return {placing.seat: (placing.place, placing.winner) for placing in outcome.placings}


def given_placings(session: Session, given: Sequence[GivenPlacing]) -> Placings:
    """What the table says, completed.

    A word about one seat holds for its team. Who is first wins and who wins is first, unless it is said
    otherwise; seats not spoken of follow after the others, except in a cooperative game: there all win or
    lose together. In a game without a winner there are places alone.
    """
    said = _said(session, given)
    cooperative = session.config.win == "cooperative"
    first_wins = session.config.win in {"highest", "lowest"}
    winners = {
        seat
        for seat, placing in said.items()
        if (placing.place == 1 and first_wins if placing.winner is None else placing.winner)
    }
    ahead = {seat for seat, placing in said.items() if placing.place is not None} | winners
    # Teams count as one, as where the totals say it.
    units = {seat.team or seat.seat for seat in session.seats if seat.seat in ahead}
    last = 1 if cooperative else 1 + len(units)
    placings = {}
    for seat in session.seats:
        placing = said.get(seat.seat)
        winner = seat.seat in winners or (cooperative and placing is None and bool(winners))
        place = None if placing is None else placing.place
        placings[seat.seat] = (place or (1 if winner else last), winner)
    return placings


def _said(session: Session, given: Sequence[GivenPlacing]) -> dict[int, GivenPlacing]:
    if not given:
        raise invalid("result", "name at least one seat")
    by_seat: dict[int, GivenPlacing] = {}
    by_team: dict[str | None, GivenPlacing] = {}
    for number, placing in enumerate(given):
        seat = session.seat(placing.seat)
        if seat is None:
            raise Refusal("unknown_seat", f"there is no seat {placing.seat}")
        if seat.seat in by_seat:
            raise invalid(f"result.{number}.seat", "is named twice")
        if placing.place is None and placing.winner is None:
            raise invalid(f"result.{number}", "needs a place or a winner")
        if placing.winner and session.config.win == "none":
            raise invalid(f"result.{number}.winner", "nobody wins this game: give a place")
        if placing.place is not None and not 1 <= placing.place <= len(session.seats):
            raise invalid(f"result.{number}.place", f"must be from 1 to {len(session.seats)}")
        by_seat[seat.seat] = by_team[seat.team] = placing
    mates = {seat.seat: by_team[seat.team] for seat in session.seats if seat.team and seat.team in by_team}
    return mates | by_seat


def _totals(values: Mapping[str, StatScore]) -> dict[str, Value]:
    return {stat: score.total for stat, score in values.items() if score.total is not None}


def _rounds(board: Scoreboard) -> int:
    """The highest round that was reached or has a value."""
    rows = [board.table, *(line.values for line in board.seats)]
    used = (cell.round or 1 for row in rows for score in row.values() for cell in score.by_round)
    return max(board.round, *used) if any(rows) else board.round
