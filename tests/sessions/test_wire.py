"""Commands from JSON: what is let in, and the words for what is not."""

from typing import Any

import pytest

from tallybook.kernel.refusals import Refusal
from tallybook.rules.scoresheet.commands import Clear, Record
from tallybook.sessions.commands import Correct, End, GivenPlacing, Seats
from tallybook.sessions.wire import decode_command
from tests.sessions.tables import ANA


def test_a_command_is_read_alike_from_bytes_and_from_parsed_json() -> None:
    record = Record(seat=None, stat="fire", value="9.5", round=2)
    body: dict[str, Any] = {"seat": None, "stat": "fire", "value": "9.5", "round": 2}
    assert decode_command("scoresheet", "record", body) == record
    raw = b'{"seat":null,"stat":"fire","value":"9.5","round":2}'
    assert decode_command("scoresheet", "record", raw) == record
    seats = decode_command("scoresheet", "seats", {"add": {"player_id": str(ANA)}})
    assert isinstance(seats, Seats)


@pytest.mark.parametrize(
    ("name", "body", "code", "field", "words"),
    [
        ("record", b'{"stat":"a","value":1}', "invalid", "seat", "is required"),
        ("record", b'{"seat":0,"stat":"a","values":1}', "invalid", "values", "is not known here"),
        ("record", b'{"seat":true,"stat":"a"}', "invalid", "seat", "whole number or null, not true or false"),
        (
            "record",
            b'{"seat":0,"stat":"a","round":1.0}',
            "invalid",
            "round",
            "whole number or null, not a number",
        ),
        ("record", b"[]", "invalid", "body", "must be an object, not a list"),
        ("record", b'{"seat":0,"stat":"a","value":' + b"1" * 5000 + b"}", "invalid", "value", "range"),
        ("record", b'{"seat":0,"stat":"a","value":NaN}', "malformed", None, "not JSON"),
        ("record", b'{"seat":0,"stat":"a","value":' + b"[" * 100_000, "malformed", None, "not JSON"),
        ("record", b'{"seat":0,"stat":"\xff"}', "malformed", None, "not JSON"),
        ("record", b"", "malformed", None, "not JSON"),
        ("end", b'{"result":[{"seat":0},{"place":1}]}', "invalid", "result.1.seat", "is required"),
        (
            "end",
            b'{"result":[{"seat":0,"place":"1"}]}',
            "invalid",
            "result.0.place",
            "whole number or null, not text",
        ),
        ("seats", b'{"add":{"player_id":"Ana"}}', "invalid", "add.player_id", "must be an id"),
        ("correct", b'{"seat":0,"stat":"a"}', "invalid", "reason", "is required"),
        ("correct", b'{"seat":0,"stat":"a","reason":1}', "invalid", "reason", "must be text"),
        ("correct", b'{"stat":"a","reason":"x"}', "invalid", "seat", "is required"),
        ("correct", b'{"result":null,"reason":"x"}', "invalid", "result", 'a list, or "computed"'),
        ("correct", b'{"result":"given","reason":"x"}', "invalid", "result", 'a list, or "computed"'),
        ("correct", b'{"result":"computed","seat":0,"reason":"x"}', "invalid", "seat", "is not known here"),
        ("correct", b"[]", "invalid", "body", "must be an object, not a list"),
        ("create", b"{}", "not_found", None, "know no 'create'"),
        ("move", b"{}", "not_found", None, "know no 'move'"),
    ],
)
def test_a_bad_body_is_refused_by_field_and_in_plain_words(
    name: str, body: bytes, code: str, field: str | None, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        decode_command("scoresheet", name, body)
    assert refused.value.code == code
    assert [error.field for error in refused.value.errors] == ([] if field is None else [field])
    assert words in refused.value.detail


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (b'{"seat":0,"stat":"a","value":1,"reason":"x"}', Record(seat=0, stat="a", value=1)),
        (b'{"seat":0,"stat":"a","delta":1,"reason":"x"}', Record(seat=0, stat="a", delta=1)),
        (b'{"seat":0,"stat":"a","round":2,"reason":"x"}', Clear(0, "a", 2)),
        (b'{"result":"computed","reason":"x"}', End()),
        (b'{"result":[{"seat":0,"place":1}],"reason":"x"}', End((GivenPlacing(0, 1),))),
    ],
)
def test_the_keys_of_a_correction_say_what_is_corrected(body: bytes, change: Any) -> None:
    assert decode_command("scoresheet", "correct", body) == Correct(change, "x")
