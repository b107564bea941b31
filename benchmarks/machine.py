"""What others did to the machine meanwhile: on a shared one a host takes processor time away."""

from pathlib import Path

_STAT = Path("/proc/stat")  # its first line: ticks of all processors, by what they did
_STEAL, _COUNTED = 7, 8


class Taken:
    """The share of the processors' time that the host gave to others since this was made."""

    def __init__(self) -> None:
        self._before = _ticks()

    def __str__(self) -> str:
        spent = [after - before for before, after in zip(self._before, _ticks(), strict=True)]
        return f"{spent[_STEAL] / max(1, sum(spent)):.0%}" if spent else "unknown"


def _ticks() -> list[int]:
    if not _STAT.exists():
        return []
    with _STAT.open() as stat:
        return [int(each) for each in stat.readline().split()[1 : _COUNTED + 1]]
