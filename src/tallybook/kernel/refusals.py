"""Everything Tallybook can refuse, each under a public code that never changes its meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """One public error code: its HTTP status and a title that holds for every occurrence."""

    status: int
    title: str


CODES = MappingProxyType(
    {
        # The request itself
        "malformed": Code(400, "The request could not be read"),
        "invalid": Code(400, "A field is missing or has a value it cannot have"),
        "unknown_stat": Code(400, "The session has no such stat"),
        "unknown_seat": Code(400, "The session has no such seat"),
        "wrong_type": Code(400, "The value does not fit the type of the stat"),
        "out_of_range": Code(400, "The value is outside the bounds of the stat"),
        "unauthenticated": Code(401, "A token is needed"),
        "invalid_token": Code(401, "The token is not valid, or no longer"),
        "invalid_credentials": Code(401, "The username or the password is wrong"),
        "forbidden": Code(403, "You may not do that"),
        "not_found": Code(404, "There is no such thing, or you may not know of it"),
        "method_not_allowed": Code(405, "The path does not answer this method"),
        "too_large": Code(413, "The request is too large"),
        "rate_limited": Code(429, "Too many requests"),
        # The state of things
        "stale": Code(409, "The stream has moved on since the expected index"),
        "idempotency_conflict": Code(409, "The command id was used before with other content"),
        "username_taken": Code(409, "The username is taken"),
        "email_taken": Code(409, "The e-mail address is taken"),
        "last_admin": Code(409, "There would be no admin left"),
        "name_taken": Code(409, "The name is taken"),
        "seat_taken": Code(409, "The seat is taken"),
        "room_full": Code(409, "The room has no free seat"),
        "session_finished": Code(409, "The session is over"),
        "session_not_finished": Code(409, "The session is still going on"),
        "session_not_playing": Code(409, "The session is not being played now"),
        "nothing_to_undo": Code(409, "There is no write of yours to undo"),
        "nothing_to_redo": Code(409, "There is no undone write of yours to redo"),
        "move_rejected": Code(409, "The rules do not allow that"),
        "already_claimed": Code(409, "Somebody is this player already"),
        "not_claimable": Code(409, "Nobody can become this player in this way"),
        "season_fixed": Code(409, "The season has come too far to be changed in that way"),
        "in_play": Code(409, "Something is still being played with it"),
        "contradicts_records": Code(409, "What has been recorded cannot be read in that way"),
        "period_closed": Code(409, "This period is over"),
        "archived": Code(409, "It is archived"),
        # The server
        "internal": Code(500, "Something went wrong on the server"),
        "overloaded": Code(503, "The server has more to do than it can take"),
        "unavailable": Code(503, "The server cannot reach its database"),
    }
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `field` is a dotted path such as `seats.0.name`."""

    field: str
    message: str


class Refusal(Exception):
    """A request that is not carried out, in words its sender can act on."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        record: Sequence[object] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.kind = CODES[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after  # whole seconds
        self.record = tuple(record)  # events that are to be logged although nothing else happens

    @property
    def status(self) -> int:
        return self.kind.status

    def __repr__(self) -> str:
        return f"Refusal({self.code!r}, {self.detail!r})"


def invalid(field: str, message: str) -> Refusal:
    """The refusal of a single bad field."""
    return Refusal("invalid", f"{field}: {message}", errors=[FieldError(field, message)])


def not_found(what: str) -> Refusal:
    """The refusal that also hides what the caller may not know of."""
    return Refusal("not_found", f"there is no such {what}")
