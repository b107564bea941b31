"""The id under which everything that one request causes can be found again."""

import re
from contextvars import ContextVar

from tallybook.kernel.randomness import trace_id

# https://www.w3.org/TR/trace-context/#traceparent-header; what follows the flags is for later versions.
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)

current_trace: ContextVar[str | None] = ContextVar("current_trace", default=None)


def trace_of(traceparent: bytes | None) -> str:
    """The trace id of a `traceparent` header as 32 hex digits; a new one where there is none or a bad one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    return trace_id() if found is None else found[1].decode()
