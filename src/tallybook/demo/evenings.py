"""When the group meets, who comes, and which tables they form: a plan that follows from the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random  # noqa: TID251  # only the type: the generator comes from the demo's seed
from typing import Literal

from tallybook.demo.cast import BY_NAME, DEMO, GAMES, PEOPLE, SOLO, DemoGame, Person
from tallybook.kernel.randomness import Seed

MINUTE = 60_000_000  # microseconds
DAY = 24 * 60 * MINUTE

Fate = Literal["finished", "abandoned", "voided", "corrected", "in play"]

# How likely an evening is, from Monday to Sunday.
_WEEK = (0.06, 0.08, 0.4, 0.12, 0.75, 0.55, 0.4)
_FATES: dict[Fate, float] = {"finished": 0.89, "abandoned": 0.04, "voided": 0.025, "corrected": 0.045}


@dataclass(frozen=True, slots=True)
class Table:
    """One session as it is going to happen. `evening` numbers the room; times are microseconds."""

    evening: int
    begins: int
    game: DemoGame
    host: Person
    seats: tuple[Person, ...]
    fate: Fate
    minutes: float


def plan(seed: Seed, *, until: int, years: int, sessions: int | None = None) -> list[Table]:
    """Every table in the order of the evenings, the last of them in play at `until`.

    `sessions` asks for so many: the newest of them, or more groups on the same days. Which week holds what
    depends on how long ago it is, so the same seed tells the same story on another day.
    """
    today = until // DAY
    first = today - round(365.25 * years)
    tables: list[Table] = []
    groups = 0
    while groups == 0 or len(tables) < (sessions or 1) - 1:
        for day in range(first, today + 1):
            weeks, weekday = _week(today) - _week(day), (day + 3) % 7
            random = seed.random("evening", weeks, weekday, groups)
            evening = (day - first) + groups * (today - first + 1)
            tables += _evening(random, evening, day, weekday)
        groups += 1
    tables = [table for table in tables if table.begins + table.minutes * MINUTE < until - 90 * MINUTE]
    tables.sort(key=lambda table: (table.begins, table.evening))
    now = Table(
        evening=-1,
        begins=until - 40 * MINUTE,
        game=BY_NAME["Harbour of Amber"],
        host=DEMO,
        seats=(DEMO, PEOPLE[1], PEOPLE[3], PEOPLE[9]),
        fate="in play",
        minutes=38,
    )
    newest = tables if sessions is None else tables[max(0, len(tables) - sessions + 1) :]
    return [*newest, now]


def _week(day: int) -> int:
    return (day + 3) // 7  # 1970 began on a Thursday


def _evening(random: Random, evening: int, day: int, weekday: int) -> Iterator[Table]:
    """The tables of one day, one after another; on most days none, or somebody alone."""
    holidays = 0.5 if day % 365 in range(195, 235) else 1.0  # in summer half of them are away
    accounts = [person for person in PEOPLE if person.kind == "account"]
    if random.random() > _WEEK[weekday] * holidays:
        if random.random() < 0.08:
            alone = random.choice(accounts)
            begins = day * DAY + random.randrange(16 * 60, 20 * 60) * MINUTE
            yield Table(evening, begins, SOLO, alone, (alone,), "finished", random.uniform(8, 16))
        return
    host = DEMO if random.random() < 0.65 else random.choices(accounts, [p.eager for p in accounts])[0]
    present = [person for person in PEOPLE if person is host or _comes(random, person, host)]
    afternoon = weekday >= 5 and random.random() < 0.4
    begins = day * DAY + ((14 if afternoon else 18) * 60 + random.randrange(50)) * MINUTE
    over = begins + random.uniform(2.0, 4.5) * 60 * MINUTE
    game: DemoGame | None = None
    seats: tuple[Person, ...] = ()
    while begins < over:
        rematch = game is not None and game.minutes <= 40 and random.random() < 0.5
        if game is None or not rematch:
            game = _choose(random, present)
            seats = _sit_down(random, game, host, present)
        minutes = game.minutes * random.uniform(0.75, 1.35)
        fate = random.choices(list(_FATES), list(_FATES.values()))[0]
        if fate == "corrected" and game.zero_sum:
            fate = "finished"
        yield Table(evening, begins, game, host, seats, fate, minutes)
        begins += round((minutes + random.uniform(4, 20)) * MINUTE)


def _comes(random: Random, person: Person, host: Person) -> bool:
    """Who has no account comes along only to the one whose library knows the name."""
    return random.random() < person.eager and (person.kind != "named" or host is DEMO)


def _choose(random: Random, present: list[Person]) -> DemoGame:
    possible = [g for g in GAMES if g.players[0] <= len(present) and (g is SOLO) == (len(present) == 1)]

    def weight(game: DemoGame) -> float:
        return game.popularity * (1 + sum(game.name in person.loves for person in present))

    return random.choices(possible, [weight(game) for game in possible])[0]


def _sit_down(random: Random, game: DemoGame, host: Person, present: list[Person]) -> tuple[Person, ...]:
    """As many as the game takes, an even number where there are teams; the host is always among them."""
    others = [person for person in present if person is not host]
    most = min(len(present), game.players[1])
    if game.teams:
        most -= most % 2
    seats = [host, *random.sample(others, most - 1)]
    random.shuffle(seats)
    return tuple(seats)
