"""What is read at once is read as it would be with a closer look."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tallybook.delivery.rest.achievements import read_unlock
from tallybook.delivery.rest.reading import plain
from tallybook.delivery.rest.scores import ScoreBatch, plain_scores, read_score
from tallybook.delivery.scores import Submission
from tallybook.delivery.unlocking import Unlock
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.refusals import Refusal
from tallybook.play.requests import PLAIN, read_body, take_envelope
from tallybook.sessions.wire import decode

PLAYER = "018f2d60-0000-7000-8000-000000000001"
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([1.0, 1e300, "12.50", "1e5", "0" * 16, 2**53, -(2**53)]),
)
odd_json = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=3), st.just(["x"] * 1_001)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
ids = st.sampled_from([PLAYER, PLAYER.upper(), PLAYER.replace("-", ""), "me"])
values = {
    "score": numbers,
    "second": numbers,
    "board": st.sampled_from(["best", "", "x" * 41, "{", "\0", "\ud800"]),
    "action": st.sampled_from(["jump", "two words", "[", "é"]),
    "player_id": ids,
    "team": st.sampled_from(["Red", "R\u202eed", "null"]),
    "metadata": st.dictionaries(st.sampled_from(["level", "{"]), odd_json, max_size=2),
    "at": st.just("2026-01-31T18:05:00Z"),
    "command_id": st.just("once"),
    "expected_index": st.just(3),
    "gameId": st.just(PLAYER),
}
scores = st.fixed_dictionaries({"score": st.integers(0, 9)}, optional={"player_id": st.just(PLAYER)})
one_odd = st.sampled_from(sorted(values)).flatmap(
    lambda name: st.tuples(st.just(name), values[name] | odd_json)
)
odd = st.builds(lambda item, field: item | dict([field]), scores, one_odd)
items = st.one_of(scores, odd, odd_json)


def closer(item: Any) -> Submission | None:
    """What a closer look makes of it; None where it also says something else than a score, or is refused."""
    try:
        body = dict(item)
        return decode(Submission, body) if take_envelope(body, SystemClock()) == PLAIN else None
    except (Refusal, TypeError, ValueError):
        return None


@given(items)
@example({"score": 1, "board": "\0"})
@example({"score": 1, "metadata": {"level": None}})
@example({"score": 1, "metadata": {"levels": ["x"] * 1_001}})
def test_a_score(item: Any) -> None:
    data = bytearray(json.dumps(item).encode())
    found = plain(read_score, data)
    assert found is None or found == closer(read_body(data))


@given(
    st.fixed_dictionaries(
        {"achievement_id": ids | odd_json},
        optional={
            "player_id": ids | odd_json,
            "timestamp": st.sampled_from(["2026-01-31T18:05:00Z", "2026-01-31T18:05:00", "now"]) | odd_json,
            "tier": st.sampled_from(["gold", "\0", "{", "\ud800"]) | odd_json,
            "command_id": st.just("once"),
        },
    )
)
@example({"achievement_id": PLAYER, "tier": "\0"})
def test_an_unlock(item: dict[str, Any]) -> None:
    data = bytearray(json.dumps(item).encode())
    found = plain(read_unlock, data)
    assert found is None or found == decode(Unlock, read_body(data))


@given(several=st.lists(items, max_size=4), plainly=st.booleans())
@example(several=[{"score": 1}, {"score": 1, "board": "\0"}], plainly=True)
@example(several=[{"score": 1, "metadata": {"levels": ["x"] * 1_001}}], plainly=True)
def test_a_batch_of_them(several: list[Any], plainly: bool) -> None:
    said = {"scores": several} if plainly else {"scores": several, "command_id": "x"}
    data = bytearray(json.dumps(said).encode())
    found = plain_scores(data)
    if found is not None:
        body = decode(ScoreBatch, read_body(data, each_of="scores"))
        assert found == [closer(item) for item in body.scores]
        assert body.id(None) is None


def test_what_says_nothing_else_needs_no_closer_look() -> None:
    one = b'{"player_id": "%s", "board": "best", "score": 12}' % PLAYER.encode()
    assert plain(read_score, bytearray(one)) == closer(json.loads(one))
    unlock = b'{"achievement_id": "%s", "player_id": "%s"}' % (PLAYER.encode(), PLAYER.encode())
    assert plain(read_unlock, bytearray(unlock)) == decode(Unlock, json.loads(unlock))
    many = plain_scores(bytearray(b'{"scores": [%s]}' % b",".join([one] * 1_000)))
    assert many == [closer(json.loads(one))] * 1_000
