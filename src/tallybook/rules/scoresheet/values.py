"""What a cell of each data type may hold, and how such values add up: exactly, in integers and decimals."""

import re
from abc import ABC, abstractmethod
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, ClassVar

from tallybook.kernel.refusals import FieldError, Refusal
from tallybook.kernel.text import FreeText, clean_text
from tallybook.rules.protocol import DataType, Stat, Value

Number = int | Decimal

LARGEST = 2**53 - 1  # beyond it a JavaScript client would round
DIGITS_BEFORE, DIGITS_AFTER = 15, 9  # of a decimal's point
# Sums of 64 stats in 1000 rounds fit; one that would have to be rounded raises.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)


def refuse(code: str, field: str, message: str) -> Refusal:
    return Refusal(code, f"{field}: {message}", errors=[FieldError(field, message)])


def canonical(number: Number) -> str:
    """The one spelling of a decimal: no exponent, no trailing zeros, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def read_integer(value: object, field: str) -> int:
    if type(value) is not int:  # True is an int to Python, not to anybody else
        raise refuse("wrong_type", field, "must be a whole number")
    if not -LARGEST <= value <= LARGEST:
        raise refuse("out_of_range", field, f"must lie within ±{LARGEST}")
    return value


def read_decimal(value: object, field: str) -> str:
    """A decimal in its canonical spelling, from such a string or a whole number."""
    if type(value) is int:
        value = str(read_integer(value, field))
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise refuse("wrong_type", field, 'must be a decimal in a string, such as "9.5"')
    text = canonical(Decimal(value))
    check_digits(text, field)
    return text


def check_digits(text: str, field: str) -> None:
    before, _, after = text.lstrip("-").partition(".")
    if len(before) > DIGITS_BEFORE or len(after) > DIGITS_AFTER:
        limits = f"{DIGITS_BEFORE} digits before and {DIGITS_AFTER} after the point"
        raise refuse("out_of_range", field, f"at most {limits}")


class Kind(ABC):
    """How values of one stat are read, checked, added and summed; here, of those that are never added."""

    numeric: ClassVar[bool] = False

    def __init__(self, stat: Stat) -> None:
        self.stat = stat

    @abstractmethod
    def read(self, value: object) -> Value:
        """The value as it is stored; refuses one of another type."""

    def read_delta(self, delta: object) -> int | str:
        raise refuse("wrong_type", "delta", f"a {self.stat.data_type} cannot be added to")

    def check(self, value: Value) -> None:
        """Refuse what lies outside the stat's bounds."""
        return  # only numbers have bounds

    def add(self, value: Value | None, delta: Value | None) -> Value:
        """What a cell holds after an addition; an empty one counts as zero."""
        raise TypeError(self.stat.data_type)

    def retotal(self, total: Number, before: Value | None, after: Value | None) -> Number:
        """The sum of a column after one of its cells changed."""
        return total

    def show(self, total: Number) -> int | str:
        """A total as clients read it."""
        raise TypeError(self.stat.data_type)


class IntegerKind(Kind):
    numeric = True

    def __init__(self, stat: Stat) -> None:
        super().__init__(stat)
        floor = 0 if stat.data_type == "duration" else -LARGEST
        self._minimum = floor if stat.minimum is None else max(floor, int(stat.minimum))
        self._maximum = LARGEST if stat.maximum is None else int(stat.maximum)
        self._step = None if stat.step is None else int(stat.step)
        self._origin = 0 if stat.minimum is None else int(stat.minimum)

    def read(self, value: object) -> int:
        return read_integer(value, "value")

    def read_delta(self, delta: object) -> int:
        return read_integer(delta, "delta")

    def check(self, value: Value) -> None:
        assert isinstance(value, int)
        if not self._minimum <= value <= self._maximum:
            raise refuse("out_of_range", "value", f"must be from {self._minimum} to {self._maximum}")
        if self._step is not None and (value - self._origin) % self._step:
            raise refuse("out_of_range", "value", f"must go in steps of {self._step} from {self._origin}")

    def add(self, value: Any, delta: Any) -> int:
        return (value or 0) + delta  # type: ignore[no-any-return]  # integers

    def retotal(self, total: Number, before: Any, after: Any) -> Number:
        return total + (after or 0) - (before or 0)

    def show(self, total: Number) -> int | str:
        return int(total)


class DecimalKind(Kind):
    numeric = True

    def __init__(self, stat: Stat) -> None:
        super().__init__(stat)
        self._minimum = None if stat.minimum is None else Decimal(stat.minimum)
        self._maximum = None if stat.maximum is None else Decimal(stat.maximum)
        self._step = None if stat.step is None else Decimal(stat.step)
        self._origin = self._minimum or Decimal(0)

    def read(self, value: object) -> str:
        return read_decimal(value, "value")

    def read_delta(self, delta: object) -> str:
        return read_decimal(delta, "delta")

    def check(self, value: Value) -> None:
        assert isinstance(value, str)
        check_digits(value, "value")
        number = Decimal(value)
        if self._minimum is not None and number < self._minimum:
            raise refuse("out_of_range", "value", f"must be at least {self.stat.minimum}")
        if self._maximum is not None and number > self._maximum:
            raise refuse("out_of_range", "value", f"must be at most {self.stat.maximum}")
        if self._step is not None and EXACT.remainder(EXACT.subtract(number, self._origin), self._step):
            steps = f"must go in steps of {self.stat.step} from {canonical(self._origin)}"
            raise refuse("out_of_range", "value", steps)

    def add(self, value: Value | None, delta: Value | None) -> str:
        return canonical(EXACT.add(_decimal(value), _decimal(delta)))

    def retotal(self, total: Number, before: Value | None, after: Value | None) -> Number:
        return EXACT.add(EXACT.subtract(total, _decimal(before)), _decimal(after))

    def show(self, total: Number) -> int | str:
        return canonical(total)


class BooleanKind(Kind):
    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise refuse("wrong_type", "value", "must be true or false")
        return value


class ChoiceKind(Kind):
    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.stat.choices:
            raise refuse("wrong_type", "value", "must be one of " + ", ".join(self.stat.choices))
        return value


class TextKind(Kind):
    def read(self, value: object) -> FreeText:
        if not isinstance(value, str):
            raise refuse("wrong_type", "value", "must be text")
        return FreeText.of(clean_text(value, "value"))


def _decimal(value: object) -> Decimal:
    return Decimal(str(value)) if value is not None else Decimal(0)


_KINDS: dict[DataType, type[Kind]] = {
    "integer": IntegerKind,
    "decimal": DecimalKind,
    "boolean": BooleanKind,
    "text": TextKind,
    "choice": ChoiceKind,
    "duration": IntegerKind,
}


def kind_of(stat: Stat) -> Kind:
    return _KINDS[stat.data_type](stat)
