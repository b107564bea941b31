"""Backup files: every table as of one moment, in a form that every supported database can take in again.

A file is `MAGIC`, one zstd frame, and the BLAKE2b-256 of all bytes before it. In the frame are messages of
MessagePack, each after its length (four bytes, big-endian): the header first, then blocks of
`[number of the table in the header, [values of the first column, values of the second, …]]`, tables and
rows in order; a length of 0 is the end. Ids are sixteen bytes.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Literal, cast
from uuid import UUID

import msgspec
import zstandard
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    select,
)
from sqlalchemy.types import TypeEngine

from tallybook.database.bulk import Insert
from tallybook.database.schema import Id
from tallybook.kernel.refusals import Refusal

MAGIC = b"tallybook backup 1\n"
SEAL = 32  # bytes
LEVEL = 3  # of compression: the next ones cost twice the time for a few percent
CHUNK = 2_000  # rows in a block
_END = bytes(4)
_PIECE = 1024 * 1024  # bytes read at once

Kind = Literal["id", "integer", "boolean", "bytes", "text"]
Progress = Callable[[int, int], None]  # rows, of how many

_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")


class BackupTable(msgspec.Struct, frozen=True):
    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of. `position` and `hash` are those of the newest event (0 and empty without one)."""

    made_at: int  # microseconds since 1970 UTC
    release: str
    revision: str  # of the schema
    position: int
    hash: bytes
    secret_keys: tuple[str, ...] = ()
    tables: tuple[BackupTable, ...] = ()


class BadBackup(Refusal):
    """A file that is not a backup, or not what was written."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid", detail)


# Writing


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that stands at `path`, for its owner alone, when the block has ended well, and not before."""
    if path.exists():
        raise BadBackup(f"{path} exists already")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as error:  # which must not pass for trouble with the database
        raise BadBackup(f"{path} could not be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def dump(
    connection: Connection, tables: Sequence[Table], header: Header, file: IO[bytes], progress: Progress
) -> Header:
    """Write all rows of `tables` as the transaction sees them; the header, completed."""
    counted = tuple(
        BackupTable(
            str(table.name),  # without what SQLAlchemy knows of quoting it
            tuple((str(column.name), _kind(column)) for column in table.columns),
            connection.execute(select(func.count()).select_from(table)).scalar_one(),
        )
        for table in tables
    )
    header = msgspec.structs.replace(header, tables=counted)
    total, done = sum(table.rows for table in counted), 0
    sealing = _Sealing(file)
    sealing.write(MAGIC)
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    with compressor.stream_writer(cast("IO[bytes]", sealing), closefd=False) as packed:
        _put(packed, header)
        for number, table in enumerate(tables):
            for rows in _rows(connection, table):
                _put(packed, (number, _columns(counted[number], rows)))
                done += len(rows)
                progress(done, total)
        packed.write(_END)
    file.write(sealing.digest.digest())
    return header


class _Sealing:
    """Passes bytes on and digests them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = blake2b(digest_size=SEAL)

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """Chunks of rows in the order of the primary key, as the driver gives them, not all read at once.

    Past SQLAlchemy's rows, which would cost three times as much as reading.
    """
    query = str(select(table).order_by(*table.primary_key).compile(dialect=connection.dialect))
    driver: Any = connection.connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else driver.cursor(server_side=True)
    cursor.execute(query)
    while rows := cursor.fetchmany(CHUNK):
        yield rows
    cursor.close()


def _columns(table: BackupTable, rows: Sequence[Any]) -> list[Sequence[Any]]:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for i, (_, kind) in enumerate(table.columns):
        if kind == "boolean":  # a number to most databases
            columns[i] = [None if value is None else bool(value) for value in columns[i]]
    return columns


def _put(packed: Any, message: object) -> None:
    data = _encoder.encode(message)
    packed.write(len(data).to_bytes(4, "big"))
    packed.write(data)


def _kind(column: Column[Any]) -> Kind:
    match column.type:
        case Id():
            return "id"
        case Boolean():
            return "boolean"
        case Integer():
            return "integer"
        case LargeBinary():
            return "bytes"
        case String():
            return "text"
        case other:
            raise TypeError(f"backups know no {other!r}")


# Reading


def read_header(path: Path) -> Header:
    """What the file at `path` is of, once every byte of it has proved to be what was written."""
    with path.open("rb") as file:
        left = path.stat().st_size - SEAL
        digest = blake2b(digest_size=SEAL)
        if file.read(len(MAGIC)) != MAGIC:
            raise BadBackup(f"{path} is no backup that this release can read")
        file.seek(0)
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            digest.update(piece)
            left -= len(piece)
        if file.read() != digest.digest():
            raise BadBackup(f"{path} is damaged: use another backup")
        file.seek(0)
        return _header(_messages(file))


def load(connection: Connection, file: IO[bytes], progress: Progress) -> None:
    """Put everything of a file that `read_header` took into the tables, which are of its revision."""
    messages = _messages(file)
    header = _header(messages)
    id_type = Id if connection.dialect.name == "postgresql" else LargeBinary  # as they are in the file
    made = [_table(table, id_type) for table in header.tables]
    inserts = [Insert(table, [column.name for column in table.columns]) for table in made]
    for table in made:
        connection.execute(delete(table))
    total, done = sum(table.rows for table in header.tables), 0
    for message in messages:
        number, columns = msgspec.msgpack.decode(message)
        for i in inserts[number].ids:
            columns[i] = [None if value is None else UUID(bytes=value) for value in columns[i]]
        rows = list(zip(*columns, strict=True))
        inserts[number].run(connection, rows)
        done += len(rows)
        progress(done, total)
    if done != total:
        raise BadBackup(f"the file holds {done} of {total} rows")


def _table(table: BackupTable, id_type: type[TypeEngine[Any]]) -> Table:
    """The table as it was when the backup was made, as far as inserting into it goes."""
    types: dict[Kind, type[TypeEngine[Any]]] = {
        "id": id_type,
        "integer": BigInteger,
        "boolean": Boolean,
        "bytes": LargeBinary,
        "text": String,
    }
    return Table(table.name, MetaData(), *(Column(name, types[kind]) for name, kind in table.columns))


def _messages(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(len(MAGIC))
    with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as packed:
        while (length := packed.read(4)) != _END:
            yield packed.read(int.from_bytes(length, "big"))


def _header(messages: Iterator[bytes]) -> Header:
    return msgspec.msgpack.decode(next(messages), type=Header)
