"""Sheets as bytes. The history stays packed until somebody undoes, so that loading takes no time."""

from typing import Any

import msgspec

from tallybook.rules.protocol import Config, Seat, Value
from tallybook.rules.scoresheet.history import pack
from tallybook.rules.scoresheet.sheet import Column, Layout, Rows, Sheet, in_order

Cells = dict[str, dict[int, Value]]  # by stat, by round


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    config: Config
    seats: tuple[Seat, ...]
    round: int
    rounds_used: bool
    table: Cells
    rows: dict[int, Cells]
    history: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def dump(sheet: Sheet) -> bytes:
    packed = sheet.history
    if sheet.recent is not None or not isinstance(packed, bytes):
        packed = pack(sheet.history, in_order(sheet.recent))
    cells: dict[Any, Any] = {
        seat: {stat: column.values for stat, column in row.items()} for seat, row in sheet.rows.items()
    }
    table = cells.pop(None, {})
    layout = sheet.layout
    snapshot = Snapshot(layout.config, layout.seats, sheet.round, sheet.rounds_used, table, cells, packed)
    return _encoder.encode(snapshot)


def load(data: bytes) -> Sheet:
    snapshot = _decoder.decode(data)
    layout = Layout(snapshot.config, snapshot.seats)
    rows: Rows = {
        seat: {stat: _column(layout, stat, values) for stat, values in cells.items()}
        for seat, cells in [(None, snapshot.table), *snapshot.rows.items()]
    }
    return Sheet(layout, snapshot.round, snapshot.rounds_used, rows, snapshot.history)


def _column(layout: Layout, stat: str, values: dict[int, Value]) -> Column:
    retotal = layout.kinds[stat].retotal
    total = Column({}, 0).total
    for value in values.values():
        total = retotal(total, None, value)
    return Column(values, total)
