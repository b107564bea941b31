"""Who plays in the demo, and what: invented people, traditional games and invented ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tallybook.accounts.events import Kind
from tallybook.demo.draws import Draw, around, chance, duel, halves, lasting, one_of, split, times
from tallybook.rules.protocol import Stat, Win

PASSWORD = "many-evenings"  # noqa: S105  # of every account of the demo; the command prints it

Pace = Literal["sheet", "rounds", "tally"]


@dataclass(frozen=True, slots=True)
class Person:
    """`eager`: how often one comes when there is an evening. Only accounts have a `username`."""

    name: str
    kind: Kind
    eager: float
    username: str = ""
    strength: float = 0.0
    loves: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """A stat, and how its values come about. `once`: in one cell at the end, not in every round."""

    stat: Stat
    draw: Draw
    once: bool = False


@dataclass(frozen=True, slots=True)
class DemoGame:
    """A game as the group plays it.

    `pace`: every stat once (`sheet`), all of them in each round (`rounds`), or point by point up to
    `rounds` (`tally`).
    """

    name: str
    description: str
    win: Win
    players: tuple[int, int]
    minutes: int
    stat_set: str
    counted: tuple[Counted, ...]
    pace: Pace = "sheet"
    rounds: int = 1
    teams: tuple[str, ...] = ()
    popularity: float = 1.0
    zero_sum: bool = False  # what one gets the others lack: a single cell is never corrected


def _scored(name: str, draw: Draw, **more: object) -> Counted:
    return Counted(Stat(name, scoring=True, **more), draw)  # type: ignore[arg-type]  # fields of a stat


def _aside(name: str, draw: Draw, **more: object) -> Counted:
    """A stat of the whole table, kept once."""
    return Counted(Stat(name, scope="table", **more), draw, once=True)  # type: ignore[arg-type]  # likewise


DEMO = Person(
    "Robin",
    "account",
    0.95,
    "demo",
    0.3,
    ("Harbour of Amber", "Hearts"),
    follows=("Mila", "Jonas", "Tilda", "Frida"),
)

PEOPLE = (
    DEMO,
    Person("Mila", "account", 0.7, "mila", 0.9, ("Chess", "Harbour of Amber"), follows=("Robin", "Tilda")),
    Person(
        "Jonas",
        "account",
        0.6,
        "jonas",
        -0.2,
        ("Table Football", "Quiz Night"),
        follows=("Robin", "Mila", "Anton"),
    ),
    Person("Tilda", "account", 0.55, "tilda", 0.5, ("Dice Poker", "Lanternfall"), follows=("Mila",)),
    Person("Oskar", "account", 0.45, "oskar", 0.0, ("Mini Golf", "Hearts")),
    Person("Frida", "account", 0.4, "frida", 0.7, ("Quiz Night", "Chess"), follows=("Robin", "Mila")),
    Person("Anton", "account", 0.3, "anton", -0.6, ("Thumb Racers", "Table Football")),
    Person("Lou", "guest", 0.25, strength=-0.1),
    Person("Kim", "guest", 0.2, strength=0.4, loves=("Quiz Night",)),
    Person("Nora", "named", 0.35, strength=-0.4, loves=("Dice Poker", "Fireside Tales")),
    Person("Emil", "named", 0.3, strength=-0.8, loves=("Thumb Racers", "Mini Golf")),
    Person("Juno", "named", 0.2, strength=0.2, loves=("Lanternfall",)),
)

_DICE = ("Ones", "Twos", "Threes", "Fours", "Fives", "Sixes")

GAMES = (
    DemoGame(
        "Hearts",
        "Four suits, thirteen tricks, and nobody wants the queen.",
        "lowest",
        (3, 5),
        55,
        "Penalty points",
        (_scored("Penalty", split(26, against=True), minimum=0, maximum=26),),
        pace="rounds",
        rounds=8,
        popularity=1.3,
        zero_sum=True,
    ),
    DemoGame(
        "Chess",
        "On the old board with the lead weights.",
        "highest",
        (2, 2),
        40,
        "Match points",
        (
            _scored("Points", duel(draws=0.2), data_type="decimal", minimum="0", maximum="1", step="0.5"),
            _aside("Opening", one_of("Open", "Half-open", "Closed", "Flank"), data_type="choice",
                   choices=("Open", "Half-open", "Closed", "Flank")),
            _aside("Ended by mate", chance(0.35), data_type="boolean"),
        ),
        zero_sum=True,
    ),
    DemoGame(
        "Dice Poker",
        "Five dice, three throws, one sheet each.",
        "highest",
        (2, 6),
        30,
        "The whole sheet",
        (
            *(
                _scored(name, times(eyes, around(2.4, 0.9, skill=0.15, most=5)), minimum=0, maximum=5 * eyes,
                        step=eyes)
                for eyes, name in enumerate(_DICE, start=1)
            ),
            _scored("Full house", times(25, around(0.6, 0.5, most=1)), minimum=0, maximum=25, step=25),
            _scored("Straight", times(10, around(2.2, 1.3, most=4)), minimum=0, maximum=40, step=10),
            _scored("Five alike", times(50, around(0.1, 0.3, most=1)), minimum=0, step=50),
            _scored("Chance", around(21, 4, skill=0.1, least=5, most=30), minimum=5, maximum=30),
        ),
        popularity=1.4,
    ),
    DemoGame(
        "Mini Golf",
        "Nine lanes behind the swimming pool.",
        "lowest",
        (2, 6),
        60,
        "Nine lanes",
        (_scored("Strokes", around(3.1, 1.2, skill=-0.4, least=1, most=7), minimum=1, maximum=7),),
        pace="rounds",
        rounds=9,
        popularity=0.6,
    ),
    DemoGame(
        "Quiz Night",
        "Two teams, six rounds, and endless arguments about capitals.",
        "highest",
        (4, 8),
        70,
        "Questions",
        (
            _scored("Right answers", around(3.2, 1.4, most=10), minimum=0, maximum=10),
            _aside("Subject of the last round", one_of("Rivers", "Songs", "Cheese", "Space"),
                   data_type="choice", choices=("Rivers", "Songs", "Cheese", "Space")),
        ),
        pace="rounds",
        rounds=6,
        teams=("Owls", "Foxes"),
        popularity=0.8,
    ),
    DemoGame(
        "Table Football",
        "Two against two, up to ten, spinning forbidden.",
        "highest",
        (2, 4),
        15,
        "Goals",
        (_scored("Goals", split(1), minimum=0, maximum=10),),
        pace="tally",
        rounds=10,
        teams=("Red", "Blue"),
        popularity=1.2,
        zero_sum=True,
    ),
    DemoGame(
        "Lanternfall",
        "Keep the lights of a sinking town burning until the morning, together.",
        "cooperative",
        (2, 5),
        75,
        "Until the morning",
        (
            _scored("Lanterns", around(9, 3), minimum=0),
            _aside("Hours held", around(9, 2, most=12), minimum=0, maximum=12),
            _aside("Difficulty", one_of("Calm", "Storm", "Flood"), data_type="choice",
                   choices=("Calm", "Storm", "Flood")),
            _aside("Time played", lasting(4300, 600), data_type="duration"),
        ),
        popularity=0.9,
    ),
    DemoGame(
        "Harbour of Amber",
        "Ships, contracts and warehouses on a cold sea.",
        "highest",
        (2, 5),
        95,
        "Final scoring",
        (
            _scored("Ships", around(21, 6)),
            _scored("Contracts", around(27, 9)),
            _scored("Warehouses", times(4, around(4, 1.5)), minimum=0, step=4),
            _scored("Coins left", around(4, 3), minimum=0),
            _scored("Debts", around(-3, 3, least=-20, most=0), maximum=0),
            Counted(Stat("Starting harbour", "choice", choices=("North", "East", "South", "West")),
                    one_of("North", "East", "South", "West")),
        ),
        popularity=1.5,
    ),
    DemoGame(
        "Thumb Racers",
        "Marble cars on a cardboard track; the stopwatch decides.",
        "lowest",
        (2, 6),
        25,
        "Three heats",
        (_scored("Heat", lasting(41, 4), data_type="duration", minimum=0),),
        pace="rounds",
        rounds=3,
        popularity=0.7,
    ),
    DemoGame(
        "Pie Contest",
        "Everybody bakes, everybody marks.",
        "highest",
        (3, 8),
        50,
        "Marks of the jury",
        (
            _scored("Crust", halves(6.8, 1.2), data_type="decimal", minimum="0", maximum="10", step="0.5"),
            _scored("Filling", halves(7.1, 1.4), data_type="decimal", minimum="0", maximum="10", step="0.5"),
            _scored("Looks", halves(6.2, 1.8), data_type="decimal", minimum="0", maximum="10", step="0.5"),
        ),
        popularity=0.25,
    ),
    DemoGame(
        "Patience",
        "One deck, one person, one pot of tea.",
        "lowest",
        (1, 1),
        12,
        "What was left",
        (
            _scored("Cards left", around(11, 8, skill=-0.3, most=52), minimum=0, maximum=52),
            Counted(Stat("Came out", "boolean"), chance(0.25)),
        ),
    ),
    DemoGame(
        "Fireside Tales",
        "A story told in turns; nobody wins.",
        "none",
        (3, 7),
        45,
        "The telling",
        (
            Counted(Stat("Twists", minimum=0), around(2, 1)),
            _aside("Mood", one_of("Merry", "Eerie", "Sad"), data_type="choice",
                   choices=("Merry", "Eerie", "Sad")),
            _aside("Last line", one_of(
                "And the lamp was never lit again.",
                "Nobody ever asked the goat.",
                "So they took the long way home.",
                "The key had been in the soup all along.",
            ), data_type="text"),
        ),
        popularity=0.4,
    ),
)  # fmt: skip

REASONS_TO_CORRECT = (
    "Counted again: the last card was missing.",
    "Written into the wrong line.",
    "The rule book says otherwise.",
)
REASONS_TO_VOID = ("Only a trial round.", "We played by the wrong rules throughout.")

BY_NAME: Mapping[str, DemoGame] = MappingProxyType({game.name: game for game in GAMES})
SOLO = BY_NAME["Patience"]
