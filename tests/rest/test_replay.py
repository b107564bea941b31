"""Replay files: what leaves the server can be proved by whoever gets it."""

import pytest
import zstandard

from tallybook.interchange import replay
from tests.rest.kit import Person, code_of


async def test_a_replay_holds_the_whole_session_and_proves_itself(ana: Person) -> None:
    session = await ana.opens("Cleo", "Dora")
    path = f"/sessions/{session['id']}"
    for points in (5, 7, 9):
        await ana.post(f"{path}/record", {"seat": 0, "stat": "Points", "delta": points})
    assert code_of(await ana.call("GET", f"{path}/replay")) == "session_not_finished"
    ended = await ana.post(f"{path}/end", {})

    answered = await ana.call("GET", f"{path}/replay")

    assert (answered.status_code, answered.headers["content-type"]) == (200, replay.MEDIA_TYPE)
    header, events = replay.read(answered.content)
    assert (str(header.session_id), header.rules) == (session["id"], "scoresheet")
    assert sorted(header.names.values()) == ["Cleo", "Dora"]
    assert [recorded.index for recorded in events] == list(range(ended["index"] + 1))
    shown = (await ana.get(f"{path}/events"))["events"]
    assert [recorded.type for recorded in events] == [event["type"] for event in shown]

    text = zstandard.ZstdDecompressor().decompress(answered.content)
    for forged in (text.replace(b'"value":12', b'"value":13'), text.rstrip().rpartition(b"\n")[0]):
        assert forged != text
        with pytest.raises(replay.Broken):
            replay.read(zstandard.ZstdCompressor().compress(forged))
    with pytest.raises(replay.Broken):
        replay.read(b"not a replay")
