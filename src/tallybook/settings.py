"""Typed settings from the environment or a `.env` file, prefix `TALLYBOOK_`."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

PREFIX = "TALLYBOOK_"
DATABASES = ("sqlite://", "postgresql://", "mysql://", "mariadb://")
_LIKE = {
    "kafka_url": (
        re.compile(r"kafka://[^\s/,]+(,[^\s/,]+)*(/\S*)?"),
        "look like kafka://localhost:9092, with more brokers after commas",
    ),
    "rabbitmq_url": (
        re.compile(r"amqps?://(\S*@)?[^\s/:@]+(:[1-9]\d{0,4})?(/\S*)?"),
        "look like amqp://user:password@localhost:5672, or begin with amqps://",
    ),
    "objects_url": (
        re.compile(r"s3://[^\s/]+(/\S*)?|file:///.*|\.{0,2}/.*|\.{1,2}"),
        "be a folder such as /srv/archives or ./archives, file:///… or s3://bucket",
    ),
}
_NO_DATABASE = (
    "must look like postgresql://user:password@host:5432/name; "
    "in the password, @ : / ? are written %40 %3A %2F %3F"
)
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


class BadSettings(Exception):
    """A setting that stops the start, in one line."""


class Settings(BaseSettings):
    """Everything a server can be told. Defaults make a complete embedded server in `data/`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///data/tallybook.db", description="Where the ledger lives: sqlite, postgresql or mysql."
    )
    redis_url: str | None = Field(None, description="Redis or Valkey; needed for more than one process.")
    kafka_url: str | None = Field(
        None, description="Kafka for the outgoing event stream, as in `kafka://one:9092,two:9092`."
    )
    rabbitmq_url: str | None = Field(
        None, description="RabbitMQ for the outgoing event stream, as in `amqp://user:password@host:5672`."
    )
    objects_url: str | None = Field(
        None, description="Object storage for archives: a folder, as in `./archives`, or `s3://bucket`."
    )
    secret_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Secrets, newest first, comma-separated; made and kept in the data folder when absent.",
    )
    rate_limit: str = Field(
        "100/minute",
        description="Requests allowed per user: so many at once, refilled evenly; without a token ten "
        "times as many per address.",
    )
    admin_rate_limit: str = Field("1000/minute", description="Requests allowed per administrator.")
    key_rate_limit: str = Field("600000/minute", description="Requests allowed per API key of a game server.")
    log_level: LogLevel = Field(
        "info", description="The least that is logged: debug, info, warning or error."
    )
    log_format: LogFormat | None = Field(
        None, description="text or json; when absent, text on a terminal and JSON elsewhere."
    )
    access_log: bool = Field(default=True, description="Whether every request is logged.")
    metrics_token: str | None = Field(
        None, min_length=16, description="What `/metrics` asks for as a bearer token; when absent, nothing."
    )
    webhooks_to_private: bool = Field(
        default=False,
        description="Whether webhooks may go to loopback, private and link-local addresses.",
    )
    sign_in_limit: str = Field("10/minute", description="Sign-in attempts allowed per account and address.")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(DATABASES):
            raise ValueError(f"must start with one of {', '.join(DATABASES)}")
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # whose words may have a piece of a password in them
            raise ValueError(_NO_DATABASE) from None
        if url.drivername == "sqlite":
            if url.host or not url.database:  # it would be kept in memory, and lost
                raise ValueError("must name a file, as in sqlite:///data/tallybook.db")
        elif re.search(r"[\s@\[\]]", url.host or ""):
            raise ValueError(_NO_DATABASE)
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                scheme = urlsplit(value).scheme
                _ = urlsplit(value).port  # which is looked at when it is asked for
            except ValueError:
                scheme = ""
            if scheme not in {"redis", "rediss", "unix"}:
                raise ValueError("must look like redis://localhost:6379, or begin with rediss:// or unix://")
        return value

    @field_validator(*_LIKE)
    @classmethod
    def _known_elsewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        pattern, must = _LIKE[str(info.field_name)]
        if value is not None and not pattern.fullmatch(value):
            raise ValueError(f"must {must}")
        return value

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.strip():
            return ()
        keys = tuple(part.strip() for part in value.split(","))
        if any(len(key) < 32 for key in keys):
            raise ValueError("every key needs at least 32 characters")
        return keys

    @field_validator("rate_limit", "admin_rate_limit", "key_rate_limit", "sign_in_limit")
    @classmethod
    def _is_a_rate(cls, value: str) -> str:
        count, _, period = value.partition("/")
        if not count.isdigit() or int(count) == 0 or period not in {"second", "minute", "hour", "day"}:
            raise ValueError("must look like 100/minute (second, minute, hour or day)")
        return value

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded database."""
        if not self.database_url.startswith("sqlite:///"):
            return None
        return Path(self.database_url.removeprefix("sqlite:///").partition("?")[0])

    @property
    def data_folder(self) -> Path:
        """Where an embedded server keeps its files: the database's own folder, else `data/`."""
        return Path("data") if self.database_file is None else self.database_file.parent


def load() -> Settings:
    """The settings, or `BadSettings` naming the variable that is unknown or has a bad value."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    in_file = DotEnvSettingsSource(Settings).env_vars  # by names in lower case; not all need be ours
    for names, where in ((os.environ, ""), (map(str.upper, in_file), " in .env")):
        unknown = sorted(name for name in names if name.startswith(PREFIX) and name not in known)
        if unknown:
            raise BadSettings(f"unknown setting {unknown[0]}{where}; known are {', '.join(sorted(known))}")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise BadSettings(f"{variable}: {first['msg'].removeprefix('Value error, ')}") from None
