"""Who was erased is sent away from every table."""

import pytest

from tests.app.people import Door, Refused


async def test_the_sockets_of_whoever_leaves_are_closed_and_no_new_one_opens(people: Door) -> None:
    host, guest = await people.guest("Ana"), await people.guest("Gus")
    session = await host.open()
    async with host.device(session["key"]) as stays, guest.device(session["key"]) as goes:
        await guest.ask("DELETE", "/players/me")
        assert await goes.until_closed() == 1001
        assert await stays.push("record", seat=0, stat="Points", value=1)
    with pytest.raises(Refused) as caught:
        await guest.get("/players/me")
    assert caught.value.code == "invalid_token"
