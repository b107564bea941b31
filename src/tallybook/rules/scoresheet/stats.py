"""Which definitions of stats make sense; sessions and the catalogue's stat sets share the check."""

from collections.abc import Sequence
from decimal import Decimal

from tallybook.kernel.refusals import invalid
from tallybook.kernel.text import clean_name, fold_case
from tallybook.rules.protocol import Stat
from tallybook.rules.scoresheet.values import read_decimal, read_integer

MOST_STATS = 64
MOST_CHOICES = 100


def checked_stats(stats: Sequence[Stat]) -> tuple[Stat, ...]:
    """The stats as they are stored, names and bounds in their canonical form; refuses what makes no sense."""
    if len(stats) > MOST_STATS:
        raise invalid("stats", f"at most {MOST_STATS}")
    checked = tuple(_checked(stat, f"stats.{number}") for number, stat in enumerate(stats))
    _refuse_twins([stat.name for stat in checked], "stats", ".name")
    return checked


def _checked(stat: Stat, field: str) -> Stat:
    numeric = stat.data_type in {"integer", "decimal", "duration"}
    if stat.scoring and not numeric:
        raise invalid(f"{field}.scoring", f"a {stat.data_type} cannot count into the total")
    if stat.scoring and stat.scope == "table":
        raise invalid(f"{field}.scoring", "a total belongs to a player; a stat of the table has none")
    bounds = {
        name: _bound(stat, name, f"{field}.{name}")
        for name in ("minimum", "maximum", "step")
        if getattr(stat, name) is not None
    }
    if bounds and not numeric:
        raise invalid(f"{field}.{next(iter(bounds))}", f"a {stat.data_type} has no bounds")
    if (
        "minimum" in bounds
        and "maximum" in bounds
        and Decimal(bounds["minimum"]) > Decimal(bounds["maximum"])
    ):
        raise invalid(f"{field}.minimum", "is above the maximum")
    if "step" in bounds and Decimal(bounds["step"]) <= 0:
        raise invalid(f"{field}.step", "must be above zero")
    return Stat(
        name=clean_name(stat.name, f"{field}.name"),
        data_type=stat.data_type,
        scope=stat.scope,
        scoring=stat.scoring,
        choices=_choices(stat, f"{field}.choices"),
        **bounds,
    )


def _bound(stat: Stat, name: str, field: str) -> int | str:
    read = read_decimal if stat.data_type == "decimal" else read_integer
    return read(getattr(stat, name), field)


def _choices(stat: Stat, field: str) -> tuple[str, ...]:
    if stat.data_type != "choice":
        if stat.choices:
            raise invalid(field, f"a {stat.data_type} has no choices")
        return ()
    if not 1 <= len(stat.choices) <= MOST_CHOICES:
        raise invalid(field, f"needs 1 to {MOST_CHOICES}")
    choices = tuple(clean_name(choice, f"{field}.{number}") for number, choice in enumerate(stat.choices))
    _refuse_twins(choices, field, "")
    return choices


def _refuse_twins(names: Sequence[str], field: str, below: str) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if fold_case(name) in seen:
            raise invalid(f"{field}.{number}{below}", "stands there already (capitals make no difference)")
        seen.add(fold_case(name))
