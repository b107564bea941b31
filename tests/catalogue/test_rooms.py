"""Rooms: keys that lead to one place, members, and the public list."""

from functools import partial
from uuid import UUID

import pytest

from tallybook.catalogue.rooms import (
    Room,
    admit,
    canonical_key,
    find_by_keys,
    find_room,
    is_member,
    move_on,
    public_rooms,
    reserve_room,
)
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger


def room(key: str, *, name: str | None = None, public: bool = True) -> Room:
    return Room(new_id(), key, name, public, 4, new_id(), new_id(), 1_800_000_000_000_000)


async def test_a_key_in_any_case_leads_to_its_room_and_to_no_second_one(ledger: Ledger) -> None:
    here, there = room("ABCDEF"), room("ABCDEF")
    database = ledger.database
    await database.write(partial(reserve_room, room=here))

    with pytest.raises(Refusal) as caught:
        await database.write(partial(reserve_room, room=there))

    assert caught.value.code == "unavailable"
    assert await database.read(partial(find_by_keys, keys=[here.key, "NOBODY"])) == {here.key: here}
    assert await database.read(partial(find_room, room_id=here.id)) == here


@pytest.mark.parametrize("text", ["", "ABCDE", "ABCDEFG", "ABCDE0", "ABCDE\0", "ABCDEﬀ", "ßABCD", "ABCDEı"])
def test_what_cannot_be_a_key_is_no_room(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        canonical_key(text)
    assert caught.value.code == "not_found"


async def test_members_are_let_in_once(ledger: Ledger) -> None:
    here, ana, bea = room("ABCDEF", public=False), new_id(), new_id()
    database = ledger.database
    await database.write(partial(reserve_room, room=here, members=[ana]))
    await database.write(partial(admit, room_id=here.id, player_ids=[ana, bea, bea], now=here.created_at))

    async def inside(player_id: UUID) -> bool:
        return await database.read(partial(is_member, room_id=here.id, player_id=player_id))

    assert [await inside(each) for each in (ana, bea, new_id())] == [True, True, False]


async def test_the_next_session_of_a_room_is_opened_once(ledger: Ledger) -> None:
    here, following = room("ABCDEF"), new_id()
    database = ledger.database
    await database.write(partial(reserve_room, room=here))
    move = partial(move_on, room_id=here.id, previous=here.session_id)
    await database.write(partial(move, session_id=following))

    with pytest.raises(Refusal) as caught:
        await database.write(partial(move, session_id=new_id()))

    assert caught.value.code == "in_play"
    assert (await database.read(partial(find_room, room_id=here.id))).session_id == following


async def test_public_rooms_are_listed_newest_first_and_found_by_name_or_key(ledger: Ledger) -> None:
    rooms = [
        room("AAAAAA", name="Game night"),
        room("BBBBBB", name="100% fun"),
        room("CCCCCC"),
        room("DDDDDD", name="Secret night", public=False),
    ]
    for each in rooms:
        await ledger.database.write(partial(reserve_room, room=each))

    async def keys(q: str | None = None, before: UUID | None = None, limit: int = 10) -> list[str]:
        listing = partial(public_rooms, q=q, before=before, limit=limit)
        return [each.key for each in await ledger.database.read(listing)]

    assert await keys() == ["CCCCCC", "BBBBBB", "AAAAAA"]
    assert await keys(limit=2) == ["CCCCCC", "BBBBBB"]
    assert await keys(before=rooms[1].id) == ["AAAAAA"]
    assert await keys("NIGHT") == ["AAAAAA"]
    assert await keys("%") == ["BBBBBB"]
    assert await keys("cccccc") == ["CCCCCC"]
    assert await keys("dddddd") == []
