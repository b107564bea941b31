"""Who was erased or signed out is sent away from every table."""

from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.app.people import Device, Door, Refused, refused
from tests.app.serving import Tallybook, tallybook


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


async def is_closed(device: Device) -> None:
    """What is still sent comes too late."""
    with suppress(ConnectionClosed):
        await device.begin("record", {"seat": 0, "stat": "Points", "delta": 10})
    assert await device.until_closed() == 1001


async def test_a_socket_closes_with_its_sign_in_and_those_of_other_devices_go_on(
    people: Door, shared: Tallybook
) -> None:
    await people.account("the-admin")
    tallybook(shared.folder, shared.database_url, "create-admin", "the-admin", "--promote")
    admin, laptop = await people.login("the-admin"), await people.account("ana")
    phone, tablet = [await people.login("ana") for _ in range(2)]
    session = await laptop.open(public=True)
    key, path = session["key"], f"/sessions/{session['id']}/scoreboard"
    async with (
        laptop.device(key) as stays,
        phone.device(key) as out,
        tablet.device(key) as out_from_afar,
        tablet.device() as own,
    ):
        await own.join(f"player:{tablet.id}")
        for device in (out, out_from_afar):
            await device.push("record", seat=0, stat="Points", delta=1)
        await phone.post("/auth/logout")
        await is_closed(out)
        await laptop.ask("DELETE", "/players/me/sign-ins")
        for device in (out_from_afar, own):
            await is_closed(device)
        await stays.push("record", seat=0, stat="Points", delta=1)
        await admin.ask("PUT", f"/players/{laptop.id}/suspension")
        await is_closed(stays)
    assert (await admin.get(path))["seats"][0]["total"] == 3
    for person in (phone, tablet, laptop):
        assert await refused(person, "GET", "/players/me") == "invalid_token"


async def test_who_has_a_role_no_more_comes_back_to_the_table_without_it(
    people: Door, shared: Tallybook
) -> None:
    for name in ("an-admin", "another"):
        await people.account(name)
        tallybook(shared.folder, shared.database_url, "create-admin", name, "--promote")
    admin, former = [await people.login(name) for name in ("an-admin", "another")]
    ana = await people.guest("Ana")
    session = await ana.open(public=True)
    async with former.device(session["key"], spectator=True) as device, ana.device(session["key"]) as stays:
        await admin.ask("DELETE", f"/players/{former.id}/roles/admin")
        await is_closed(device)
        await stays.push("record", seat=0, stat="Points", delta=1)
    async with former.device(session["key"], spectator=True) as device:
        with pytest.raises(Refused) as caught:
            await device.push("kick", player_id=ana.id)
        assert caught.value.code == "forbidden"
