"""Where log lines go: one stream, as text for people or as JSON, whoever writes them, without secrets.

What is logged in the ordinary way is rendered by structlog, which is imported with the first such line:
a start does not wait for it, and a quiet server never does. Requests come by the thousand and take a
shorter way to the same kind of line.
"""

import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from tallybook.kernel.clock import Clock, iso
from tallybook.settings import LogFormat, LogLevel
from tallybook.telemetry.secrets import hider
from tallybook.telemetry.trace_ids import current_trace

if TYPE_CHECKING:
    from structlog.typing import EventDict

# Segments as words and ids have them: too short and too plain for a secret.
_PLAIN = re.compile(r"(?:/[a-z0-9-]{0,36})*")


class Request(msgspec.Struct):
    """A request that was answered, as its line of the log says it."""

    method: str
    route: str  # the template, to group by
    path: str  # as it was sent, percent-encoded and without the query
    status: int
    ms: float
    bytes: int  # of the answer's body
    trace_id: str
    player: str | None = None


class _RequestLine(Request):
    event: str = "request"
    level: str = "info"
    logger: str = "tallybook.access"
    time: str = ""


class Log:
    """The log of one process. Without a `form` it is text on a terminal and JSON elsewhere.

    `secrets` are hidden wherever they appear, and so is whatever has the shape of a secret.
    """

    def __init__(
        self, stream: TextIO, clock: Clock, *, form: LogFormat | None = None, secrets: Iterable[str] = ()
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._hide = hider(secrets)
        self._json = form == "json" or (form is None and not stream.isatty())

    def install(self, level: LogLevel) -> None:
        """Take what every logger says: ours from `level` on, those of libraries from WARNING on at least."""
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(_Late(self._formatter))
        threshold: int = getattr(logging, level.upper())
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(max(threshold, logging.WARNING))
        logging.getLogger("tallybook").setLevel(threshold)
        logging.captureWarnings(capture=True)

    def request(self, request: Request) -> None:
        """Add the line of a request."""
        if not _PLAIN.fullmatch(request.path):
            request.path = self._hide(request.path)
        now = iso(self._clock.now())
        if self._json:
            line = _RequestLine(**msgspec.structs.asdict(request), time=now)
            text = msgspec.json.encode(line).decode()
        else:
            r = request
            text = f"{now} [info     ] {r.method} {r.path} {r.status} {r.ms:.1f} ms"
            text += f" bytes={r.bytes} player={r.player} route={r.route} trace_id={r.trace_id}"
        with suppress(OSError):  # a log that nobody takes any more is no reason to stop serving
            self._stream.write(text + "\n")

    def _formatter(self) -> logging.Formatter:
        import structlog

        def completed(_logger: object, level: str, event: "EventDict") -> "EventDict":
            record: logging.LogRecord = event["_record"]
            event.update(level=level, logger=record.name, timestamp=iso(int(record.created * 1e6)))
            if (trace_id := current_trace.get()) is not None:
                event["trace_id"] = trace_id
            return event

        def hidden(_logger: object, _level: str, event: "EventDict") -> "EventDict":
            return {
                key: self._hide(value) if isinstance(value, str) else value for key, value in event.items()
            }

        def encoded(event: "EventDict", **_options: Any) -> str:
            event["time"] = event.pop("timestamp")
            return msgspec.json.encode(event, order="sorted").decode()

        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[completed, structlog.processors.format_exc_info],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                hidden,
                structlog.processors.JSONRenderer(serializer=encoded)
                if self._json
                else structlog.dev.ConsoleRenderer(colors=self._stream.isatty(), sort_keys=True),
            ],
        )


class _Late(logging.Formatter):
    """A formatter made when it is first needed."""

    def __init__(self, make: Callable[[], logging.Formatter]) -> None:
        super().__init__()
        self._make = make
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._made is None:
            self._made = self._make()
        return self._made.format(record)
