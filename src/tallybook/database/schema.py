"""The metadata every table belongs to, and the column types that mean the same on every database."""

from typing import Any
from uuid import UUID

from sqlalchemy import BINARY, BigInteger, Dialect, Integer, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, sixteen bytes elsewhere."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid())
        if dialect.name == "mariadb":
            return dialect.type_descriptor(BINARY(16))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        if value is None or isinstance(value, UUID):
            return value
        return UUID(bytes=bytes(value))


Position = BigInteger().with_variant(Integer, "sqlite")  # SQLite's row id must be an INTEGER
Moment = BigInteger  # microseconds since 1970 UTC


@compiles(LargeBinary, "mariadb")
def _bytes(type_: LargeBinary, _compiler: object, **_: object) -> str:
    """MariaDB's BLOB is no key and ends at 64 KiB."""
    return "LONGBLOB" if type_.length is None else f"VARBINARY({type_.length})"


@compiles(Text, "mariadb")
def _text(_type: Text, _compiler: object, **_: object) -> str:
    """MariaDB's TEXT ends at 64 KiB."""
    return "LONGTEXT"
