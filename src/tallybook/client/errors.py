"""What can go wrong, by what a program does about it; each refusal has the server's public code."""

from collections.abc import Sequence

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)  # what reading JSON of no known form may raise


class TallybookError(Exception):
    """Anything that went wrong between a program and its server."""


class Unreachable(TallybookError):
    """No answer came, however often it was tried: whether a write has arrived is not known.

    Sending it again under the same idempotency key is safe.
    """


class Unreadable(TallybookError):
    """What answered was not Tallybook, but a proxy perhaps: whether a write has arrived is not known.

    Sending it again under the same idempotency key is safe.
    """


class FieldProblem(msgspec.Struct, frozen=True):
    field: str
    message: str


class _Problem(msgspec.Struct):
    code: str = "internal"
    detail: str = "the answer could not be read"
    trace_id: str = ""
    errors: tuple[FieldProblem, ...] = ()


class Refused(TallybookError):
    """The server said no. `code` never changes its meaning; `detail` is for people."""

    def __init__(
        self, status: int, code: str, detail: str, trace_id: str, errors: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.trace_id = trace_id
        self.errors = tuple(errors)


class Invalid(Refused):
    """The request is wrong, and would be wrong again."""


class Unauthenticated(Refused):
    """The key or token is missing, or counts no longer."""


class Forbidden(Refused):
    """The key or token may not do that."""


class NotFound(Refused):
    """There is no such thing for this key or token."""


class Conflict(Refused):
    """The state of things does not allow it."""


class TooMany(Refused):
    """The rate limit is used up, for longer than the client is willing to wait."""


class ServerTrouble(Refused):
    """The server could not do it now."""


_BY_STATUS: dict[int, type[Refused]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: TooMany,
}


def refusal(status: int, body: bytes) -> Refused:
    """The exception for an answer that is no success."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except UNREADABLE:  # a proxy between here and the server has its own ways
        problem = _Problem()
    kind = _BY_STATUS.get(status, ServerTrouble if status >= 500 else Invalid)
    return kind(status, problem.code, problem.detail, problem.trace_id, problem.errors)
