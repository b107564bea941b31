"""Who is the same person, after whatever merges and splits."""

import asyncio
from functools import partial
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallybook.accounts.events import PlayerMerged, PlayerSplit
from tallybook.accounts.merges import Persons, members_of, persons_of
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.ledger import Ledger
from tests.ledger.kit import node

PLAYERS = 5
STEPS = st.lists(st.tuples(st.integers(0, PLAYERS - 1), st.none() | st.integers(0, PLAYERS - 1)), max_size=14)


async def replayed(ledger: Ledger, players: list[UUID]) -> dict[UUID, UUID]:
    """Who is whom, by nothing but the events."""
    into: dict[UUID, UUID] = {}
    for player_id in players:
        for recorded in await ledger.events(player_id):
            match recorded.event:
                case PlayerMerged(into=root):
                    into[player_id] = root
                case PlayerSplit():
                    del into[player_id]
    return {player_id: into.get(player_id, player_id) for player_id in players}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_merges_and_splits_leave_a_forest_of_depth_one_that_the_events_tell(
    url: str, steps: list[tuple[int, int | None]]
) -> None:
    """The rows, what is at hand here, and what a node that starts now has at hand are all the same."""

    async def scenario() -> None:
        players = [new_id() for _ in range(PLAYERS)]
        async with node(url) as ledger:
            persons = Persons(ledger, SystemClock())
            ledger.follower.subscribe(persons.follow, *persons.news)
            refused: set[str] = set()
            for who, into in steps:
                try:
                    if into is None:
                        await persons.split(players[who], actor=players[who], beside=lambda _: None)
                    else:
                        target = players[into]
                        await persons.merge(players[who], target, actor=target, beside=lambda _: None)
                except Refusal as refusal:
                    refused.add(refusal.code)
            assert refused <= {"not_found", "already_claimed", "not_claimable"}
            told = await replayed(ledger, players)
            assert await ledger.database.read(lambda c: persons_of(c, players)) == told
            fresh = Persons(ledger, SystemClock())
            await fresh.load()
            for player_id in players:
                root = told[player_id]
                assert told[root] == root
                everybody = {each for each in players if told[each] == player_id} | {player_id}
                assert await ledger.database.read(partial(members_of, persons=[player_id])) == everybody
                for known in (persons, fresh):
                    assert known.person_of(player_id) == root
                    assert known.members_of(player_id) == everybody

    asyncio.run(scenario())
