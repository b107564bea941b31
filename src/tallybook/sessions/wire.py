"""Commands from JSON: strict, and with words about what is wrong that its sender can act on."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from tallybook.kernel.refusals import Refusal, invalid
from tallybook.rules.protocol import Command
from tallybook.sessions.commands import (
    Abandon,
    AddScorekeeper,
    Correct,
    End,
    Host,
    JoinSeat,
    Kick,
    Pause,
    Ready,
    RemoveScorekeeper,
    Resume,
    Seats,
    Start,
    TakeSeat,
    Void,
)
from tallybook.sessions.plugins import rules_of

PLATFORM_COMMANDS: Mapping[str, type[Command]] = {
    command.name: command
    for command in (
        Start,
        Pause,
        Resume,
        End,
        Abandon,
        Void,
        Seats,
        TakeSeat,
        JoinSeat,
        AddScorekeeper,
        RemoveScorekeeper,
        Kick,
        Host,
        Ready,
    )
}

COMPUTED = "computed"

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_LACKING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")
_LIMIT = re.compile(r"Expected `(?P<of>\w+)`(?P<length> of length)? (?P<sign>[<>])= (?P<limit>\S+)")
_LIKE = re.compile(r"Expected `str` matching regex '(?P<like>.*)'")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "uuid": "an id",
    "datetime": "a time such as 2026-01-31T18:05:00Z",
}


def decode_command(rules_id: str, name: str, body: bytes | Mapping[str, Any]) -> Command:
    """The command `name` of a session under `rules_id`, from a JSON body as bytes or already parsed.

    Refusals: `not_found` for a name nobody knows, `malformed` for what is not JSON, `invalid` with the
    field for everything else.
    """
    if name == Correct.name:
        return _decode_correction(rules_id, body)
    command = PLATFORM_COMMANDS.get(name) or rules_of(rules_id).commands.get(name)
    if command is None:
        raise Refusal("not_found", f"these rules know no {name[:40]!r}")
    decoded: Command = decode(command, body)
    return decoded


def _decode_correction(rules_id: str, body: bytes | Mapping[str, Any]) -> Correct:
    """The keys say what is corrected: `result`; `value` or `delta` of a cell; otherwise a cell is emptied.

    A result is given, or `COMPUTED`: only the word takes a given one back, so that nobody does by omission.
    """
    fields: dict[str, Any] = dict(decode(dict, body) if isinstance(body, bytes) else body)
    if "reason" not in fields:
        raise invalid("reason", "is required")
    reason = fields.pop("reason")
    if not isinstance(reason, str):
        raise invalid("reason", "must be text")
    cell_command = "record" if fields.keys() & {"value", "delta"} else "clear"
    name = End.name if "result" in fields else cell_command
    if name == End.name:
        if fields["result"] == COMPUTED:
            del fields["result"]
        elif not isinstance(fields["result"], list):
            raise invalid("result", f'must be a list, or "{COMPUTED}"')
    return Correct(decode_command(rules_id, name, fields), reason)


@cache
def _decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)


def decode(cls: Any, body: bytes | Mapping[str, Any]) -> Any:
    """A struct of the API from its JSON; refuses in words with the field that is wrong."""
    try:
        return _decoder(cls).decode(body) if isinstance(body, bytes) else msgspec.convert(body, cls)
    except msgspec.ValidationError as error:
        raise in_words(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("malformed", "the body is not JSON that could be read") from None


def in_words(problem: str) -> Refusal:
    """The refusal that says what msgspec said, by field and without its vocabulary."""
    at = _PATH.search(problem)
    field = at["path"].replace("[...]", "").replace("[", ".").replace("]", "").lstrip(".") if at else ""
    what = problem if at is None else problem[: at.start()]
    if matched := _LACKING.match(what):
        return invalid(_below(field, matched["field"]), "is required")
    if matched := _UNKNOWN.match(what):
        return invalid(_below(field, matched["field"]), "is not known here")
    if matched := _EXPECTED.match(what):
        wanted = [_WORDS.get(word, word) for word in matched["wanted"].split(" | ")]
        got = _WORDS.get(matched["got"], matched["got"])
        return invalid(field or "body", f"must be {' or '.join(wanted)}, not {got}")
    if matched := _LIMIT.match(what):
        limit = f"{'at most' if matched['sign'] == '<' else 'at least'} {matched['limit']}"
        long = "characters" if matched["of"] == "str" else "entries"
        return invalid(field or "body", f"{limit} {long}" if matched["length"] else f"must be {limit}")
    if matched := _LIKE.match(what):
        like = matched["like"].replace("\\\\", "\\")  # which was quoted
        return invalid(field or "body", f"must match {like}")
    if what == "Invalid UUID":
        return invalid(field or "body", "must be an id")
    return invalid(field or "body", what[:1].lower() + what[1:])


def _below(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
