"""What one finished session does to ratings, after Weng and Lin (2011), as openskill works them out.

Means and deviations are whole millionths, rounded after every session, so that ratings counted again are the
same to the last digit on every database.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from openskill.models import PlackettLuce

UNIT = 1_000_000
SETTLED = 6_250_000  # the deviation below which a rating is no longer provisional: after about ten duels
SCALE, ORIGIN = 24, 1_500  # newcomers show 1500, as players of chess know it


class RatedSeat(msgspec.Struct, frozen=True, array_like=True):
    """A seat of a session that counts, as far as ratings need it."""

    player_id: UUID
    winner: bool
    place: int
    team: str | None

    @property
    def standing(self) -> tuple[bool, int]:
        return not self.winner, self.place


class Rating(msgspec.Struct, frozen=True):
    """How strong somebody is (`mu`), how sure that is (`sigma`), and from how many sessions."""

    mu: int = 25 * UNIT
    sigma: int = 25 * UNIT // 3
    rated: int = 0

    @property
    def settled(self) -> bool:
        return self.sigma < SETTLED

    @property
    def shown(self) -> int:
        """A strength that is almost certainly there: three deviations below the mean."""
        return ORIGIN + round(SCALE * (self.mu - 3 * self.sigma) / UNIT)


NEWCOMER = Rating()


def play(
    seats: Sequence[RatedSeat], persons: Mapping[UUID, UUID], before: Mapping[UUID, Rating]
) -> dict[UUID, Rating]:
    """The ratings after a session of everybody who sat there; `before` lacks newcomers.

    `persons` are those behind players who are not persons themselves. With less than two sides, as when
    somebody has played against herself, nothing changes.
    """
    sides = _sides(seats, persons)
    everybody = {person_id: before.get(person_id, NEWCOMER) for side, _ in sides for person_id in side}
    if len(sides) < 2:
        return everybody
    model = _model()
    teams = [
        [
            model.create_rating([everybody[person_id].mu / UNIT, everybody[person_id].sigma / UNIT])
            for person_id in side
        ]
        for side, _ in sides
    ]
    after = model.rate(teams, ranks=[float(rank) for _, rank in sides])
    return {
        person_id: Rating(round(rating.mu * UNIT), round(rating.sigma * UNIT), everybody[person_id].rated + 1)
        for (side, _), team in zip(sides, after, strict=True)
        for person_id, rating in zip(side, team, strict=True)
    }


def _sides(seats: Iterable[RatedSeat], persons: Mapping[UUID, UUID]) -> list[tuple[list[UUID], int]]:
    """Who played together, best first, with their ranks; a person counts where she sat best."""
    best: dict[UUID, RatedSeat] = {}
    for seat in sorted(seats, key=lambda seat: (seat.standing, seat.team or "", seat.player_id)):
        best.setdefault(persons.get(seat.player_id, seat.player_id), seat)
    alone = count()
    teams: dict[str | int, list[UUID]] = {}
    standing: dict[str | int, tuple[bool, int]] = {}
    for person_id, seat in best.items():
        team = next(alone) if seat.team is None else seat.team
        teams.setdefault(team, []).append(person_id)
        standing.setdefault(team, seat.standing)
    ranks = {place: rank for rank, place in enumerate(sorted(set(standing.values())))}
    return [(sorted(teams[team]), ranks[standing[team]]) for team in teams]


@lru_cache(maxsize=1)
def _model() -> "PlackettLuce":
    from openskill.models import PlackettLuce  # only now: a server starts without it

    return PlackettLuce()
