"""What is written at one table, step by step, with the slips that people make."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random  # noqa: TID251  # only the type: the generator comes from the demo's seed
from typing import Any

from tallybook.demo.cast import REASONS_TO_CORRECT, REASONS_TO_VOID, Counted, Person
from tallybook.demo.evenings import MINUTE, Table


@dataclass(frozen=True, slots=True)
class Step:
    """One command as a client would send it; `at` is microseconds since 1970 UTC."""

    at: int
    by: Person
    name: str
    body: dict[str, Any]


Write = tuple[Person, str, dict[str, Any]]


def script(table: Table, random: Random) -> list[Step]:
    """Everything after the opening, in order. A player's id is spelled `{"player": name}` in a body."""
    writes = [write for entry in _entries(table, random) for write in entry]
    if table.fate == "in play":
        writes = writes[: len(writes) * 2 // 3]
    elif table.fate == "abandoned":
        writes = [*writes[: len(writes) // 2], (table.host, "abandon", {})]
    else:
        writes.append((table.host, "end", _end(table, random)))
    length = table.minutes * MINUTE
    moments = sorted(random.uniform(0.02, 1.0) for _ in writes)
    steps = [
        Step(table.begins + round(length * moment), *write)
        for moment, write in zip(moments, writes, strict=True)
    ]
    after = table.begins + round(length) + 5 * MINUTE
    if table.fate == "corrected":
        reason = {"reason": random.choice(REASONS_TO_CORRECT)}
        seat = random.randrange(len(table.seats))
        counted = next(c for c in table.game.counted if not c.once)
        value = _values(counted, table, random)[seat]
        body = {"seat": seat, "stat": counted.stat.name, "value": value}
        steps.append(Step(after, table.host, "correct", body | reason))
    elif table.fate == "voided":
        steps.append(Step(after, table.host, "void", {"reason": random.choice(REASONS_TO_VOID)}))
    return steps


def _entries(table: Table, random: Random) -> Iterator[list[Write]]:
    """What is written, each entry with the slips around it."""
    keepers = [table.host]
    helpers = [p for p in table.seats if p is not table.host and p.kind != "named"]
    if helpers and random.random() < 0.2:
        keepers.append(random.choice(helpers))
        yield [(table.host, "add_scorekeeper", {"player_id": {"player": keepers[1].name}})]
    rounds = table.game.rounds
    each = [counted for counted in table.game.counted if not counted.once]
    paused_in = random.randrange(rounds) if rounds > 1 and random.random() < 0.12 else None
    if table.game.pace == "tally":
        yield from _tally(table, each[0], random, keepers)
    else:
        for number in range(rounds):
            if number > 0:
                yield [(random.choice(keepers), "next_round", {})]
            if number == paused_in:
                yield [(table.host, "pause", {}), (table.host, "resume", {})]
            for counted in each:
                for seat, value in enumerate(_values(counted, table, random)):
                    cell = {"seat": seat, "stat": counted.stat.name}
                    other = _values(counted, table, random)[seat]
                    yield _recorded(random, random.choice(keepers), cell, value, other)
    for counted in table.game.counted:
        if counted.once:
            value = counted.draw(random, [0.0])[0]
            yield [(table.host, "record", {"seat": None, "stat": counted.stat.name, "value": value})]


def _recorded(random: Random, by: Person, cell: dict[str, Any], value: Any, other: Any) -> list[Write]:
    """A value, now and then after a wrong one, or taken back and put in again."""
    record: Write = (by, "record", cell | {"value": value})
    slip = random.random()
    if slip < 0.025:
        return [(by, "record", cell | {"value": other}), (by, "undo", {}), record]
    if slip < 0.035:
        return [record, (by, "undo", {}), (by, "redo", {})]
    if slip < 0.045:
        return [(by, "record", cell | {"value": other}), record]
    return [record]


def _tally(table: Table, counted: Counted, random: Random, keepers: list[Person]) -> Iterator[list[Write]]:
    """Point by point, until a team has enough."""
    sums = [0, 0]
    while max(sums) < table.game.rounds:
        seat = list(_values(counted, table, random)).index(1)
        sums[seat % 2] += 1
        by = random.choice(keepers)
        goal: Write = (by, "record", {"seat": seat, "stat": counted.stat.name, "delta": 1})
        yield [goal, (by, "undo", {}), goal] if random.random() < 0.03 else [goal]


def _values(counted: Counted, table: Table, random: Random) -> list[Any]:
    return list(counted.draw(random, [person.strength for person in table.seats]))


def _end(table: Table, random: Random) -> dict[str, Any]:
    """The sheet says who won, but for a cooperative game, where the table does."""
    if table.game.win != "cooperative":
        return {}
    together = sum(person.strength for person in table.seats)
    won = random.random() < 0.45 + 0.12 * together
    return {"result": [{"seat": seat, "winner": won} for seat in range(len(table.seats))]}
