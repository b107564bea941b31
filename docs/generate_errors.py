"""The reference page of error codes: what each means, and what its receiver can do."""

from docs.markdown import table
from tallybook.kernel.refusals import CODES

ADVICE = {
    "malformed": "Mend the JSON, the id or the header that `detail` names; the same request fails again.",
    "invalid": "Mend the fields listed in `errors`.",
    "unknown_stat": "Read the session's `stats`; a stat has the name it had when the session began.",
    "unknown_seat": "Read the session's `seats`; they count from 0.",
    "wrong_type": "Send what the `data_type` asks for: a decimal as a string, a duration in milliseconds.",
    "out_of_range": "Keep to the stat's `minimum`, `maximum` and `step`.",
    "unauthenticated": "Send `Authorization: Bearer`; `POST /auth/guest` gives a token to anybody.",
    "invalid_token": "Use the refresh token once, or sign in again.",
    "invalid_credentials": "Ask for the password again.",
    "forbidden": "Ask somebody who may; `detail` says who that is.",
    "not_found": "Check the id or the key. In a private room, join by its key first.",
    "method_not_allowed": "Use one of the methods in the `Allow` header.",
    "too_large": "Send less at once.",
    "rate_limited": "Wait as many seconds as `Retry-After` says.",
    "stale": "Read what has come since, decide anew, and send the new index.",
    "idempotency_conflict": "Give each write an id of its own; only a repetition has the same one.",
    "username_taken": "Choose another username.",
    "email_taken": "Use another address, or sign in to the account that has this one.",
    "last_admin": "Make somebody else an admin first.",
    "name_taken": "Choose another name, or use the thing that has this one.",
    "seat_taken": "Take another seat, or none.",
    "room_full": "Watch as a spectator, or ask for a larger room.",
    "session_finished": "Correct the session, void it, or begin a rematch.",
    "session_not_finished": "End the session first.",
    "session_not_playing": "Start or resume the session first.",
    "nothing_to_undo": "Nothing: one undoes one's own writes only, and all of them are.",
    "nothing_to_redo": "Nothing: a new write ends what could be redone.",
    "move_rejected": "Show `detail` to the player, and ask for another move.",
    "already_claimed": "Ask for a split if it was claimed by mistake.",
    "not_claimable": "Have a named player claimed by her id or an invitation, a guest by a token.",
    "season_fixed": "Change what can still change, or define another season.",
    "in_play": "Finish or abandon what is being played, then try again.",
    "contradicts_records": "Choose a definition that fits what was reported, or define another key.",
    "period_closed": "Submit to the period that runs; what came late counts on boards without a schedule.",
    "archived": "Restore it first, or use another.",
    "internal": "Report it with its `trace_id`. A write with an id can be repeated safely.",
    "overloaded": "Wait as many seconds as `Retry-After` says, and send it again under the same id.",
    "unavailable": "Wait as many seconds as `Retry-After` says, and send it again under the same id.",
}


def errors_page() -> str:
    assert ADVICE.keys() == CODES.keys(), f"advice for {sorted(ADVICE.keys() ^ CODES.keys())} in {__file__}"
    rows = ((f"`{code}`", CODES[code].status, CODES[code].title, ADVICE[code]) for code in sorted(CODES))
    return f"""\
# Error codes

Over HTTP a refusal is an `application/problem+json` document (RFC 9457) with the members `type`, `title`,
`status`, `code`, `detail` and `trace_id`, and `errors` with one `{{field, message}}` for each bad field. On a
socket it is an error reply `{{code, reason}}`. A `code` keeps its meaning for ever; `detail` and `reason` are
written for the person who sent the request.

{table(["Code", "Status", "Meaning", "What to do"], rows)}
"""
