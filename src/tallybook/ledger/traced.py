"""The writer with a span around every batch, linked with the spans of those whose commands it holds."""

from typing import Any

from opentelemetry.trace import Link, Span, TracerProvider, get_current_span

from tallybook.ledger.append import AnyAppend, Done, Outcome
from tallybook.ledger.batch import Written
from tallybook.ledger.writer import Writer


class TracedWriter(Writer):
    """A batch belongs to many requests, so it is nobody's child and has a trace of its own."""

    def __init__(self, *parts: Any, traces: TracerProvider, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._tracer = traces.get_tracer("tallybook")
        self._callers: dict[AnyAppend, Span] = {}

    def submit(self, append: AnyAppend, done: Done) -> None:
        def heard(outcome: Outcome) -> None:
            del self._callers[append]
            done(outcome)

        super().submit(append, heard)
        self._callers[append] = get_current_span()

    async def _commit(self, appends: list[AnyAppend], started: float) -> Written:
        callers = {span for append in appends if (span := self._callers[append]).is_recording()}
        links = [Link(caller.get_span_context()) for caller in callers]
        with self._tracer.start_as_current_span("ledger batch", links=links) as span:
            for caller in callers:
                caller.add_link(span.get_span_context())
            written = await super()._commit(appends, started)
            span.set_attributes(
                {"tallybook.batch.commands": len(appends), "tallybook.batch.events": len(written.recorded)}
            )
            return written
