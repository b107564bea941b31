"""How the numbers of a game come about: from the strength of those who sit there, and from luck."""

from collections.abc import Callable, Sequence
from math import exp
from random import Random  # noqa: TID251  # only the type: the generator comes from the demo's seed
from typing import Any

Strengths = Sequence[float]  # of the seats in order; 0 is average, 1 is clearly better
Draw = Callable[[Random, Strengths], Sequence[Any]]  # the values of the seats, as a client would send them


def around(mean: float, spread: float, *, skill: float = 0.4, least: int = 0, most: int = 10_000) -> Draw:
    """Whole numbers; a point of strength is worth `skill` spreads."""

    def draw(random: Random, strengths: Strengths) -> Sequence[int]:
        values = (random.gauss(mean + skill * strength * spread, spread) for strength in strengths)
        return [min(max(round(value), least), most) for value in values]

    return draw


def times(value: int, draw: Draw) -> Draw:
    """Multiples of a number: the points of a die, coins of five."""
    return lambda random, strengths: [value * drawn for drawn in draw(random, strengths)]


def halves(mean: float, spread: float) -> Draw:
    """Marks in steps of a half, from 0 to 10, as decimals."""
    in_halves = around(2 * mean, 2 * spread, most=20)
    return lambda random, strengths: [f"{drawn / 2:g}" for drawn in in_halves(random, strengths)]


def split(pot: int, *, against: bool = False) -> Draw:
    """A pot that is always dealt out completely; the stronger get more of it, `against` them less."""
    lean = -0.3 if against else 0.3

    def draw(random: Random, strengths: Strengths) -> Sequence[int]:
        weights = [exp(lean * strength) for strength in strengths]
        taken = [0] * len(weights)
        for seat in random.choices(range(len(weights)), weights, k=pot):
            taken[seat] += 1
        return taken

    return draw


def duel(*, draws: float) -> Draw:
    """Between two: one point for who wins, half a point each for a draw."""

    def draw(random: Random, strengths: Strengths) -> Sequence[str]:
        if random.random() < draws:
            return ["0.5", "0.5"]
        first, second = strengths
        return ["1", "0"] if random.random() < 1 / (1 + exp(second - first)) else ["0", "1"]

    return draw


def lasting(seconds: float, spread: float) -> Draw:
    """Times in milliseconds; the stronger are faster."""
    return around(1000 * seconds, 1000 * spread, skill=-0.4, least=1000, most=10_000_000)


def chance(probability: float) -> Draw:
    return lambda random, strengths: [random.random() < probability for _ in strengths]


def one_of(*choices: str) -> Draw:
    return lambda random, strengths: [random.choice(choices) for _ in strengths]
