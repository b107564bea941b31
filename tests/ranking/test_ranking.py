"""What every ranking does, whichever technology keeps it."""

import asyncio

import pytest

from tallybook.kernel.clock import SystemClock
from tallybook.ranking.port import NotReady, Ranking, Source
from tests.ranking.kit import Commit, Truth, better, deliver, look, member

BOARD = b"board"
ANA, BEN, CLEO, DEV = (member(number) for number in range(4))


async def loaded(ranking: Ranking, truth: Truth, name: bytes = BOARD) -> None:
    assert await ranking.load(name, truth.source(name))
    look(ranking, truth)


async def test_equals_share_a_rank_and_the_earlier_is_listed_first(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit(
        (BOARD, CLEO, better(20, 7, 2)),
        (BOARD, ANA, better(20, 7, 3)),
        (BOARD, BEN, better(30, 9, 1)),
        (BOARD, DEV, better(20, 8, 4)),
    )

    await loaded(ranking, truth)

    page = await ranking.top(BOARD, 10)
    assert [(line.member, line.rank) for line in page.lines] == [(BEN, 1), (CLEO, 2), (ANA, 2), (DEV, 4)]
    # A page that begins among equals knows their rank.
    assert [line.rank for line in (await ranking.top(BOARD, 2, offset=2)).lines] == [2, 4]
    standing = await ranking.rank(BOARD, ANA)
    assert standing is not None
    assert (standing.rank, standing.place, standing.total) == (2, 2, 4)
    assert await ranking.ranks_of(BOARD, [(better(20, 7, 99), ANA)]) == [2]
    assert await ranking.below(BOARD, better(20, 7, 0), ANA) == 1


async def test_nobody_ranks_behind_a_key_of_their_own(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(20)), (BOARD, BEN, better(30)), (BOARD, CLEO, better(10)))
    await loaded(ranking, truth)

    # Ana's is the one that she had a moment ago.
    assert await ranking.ranks_of(BOARD, [(better(15), ANA), (better(15), DEV)]) == [2, 3]
    assert await ranking.below(BOARD, better(25), ANA) == 1
    assert await ranking.below(BOARD, better(25), DEV) == 2


async def test_a_change_is_in_every_answer_from_then_on(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(10)), (BOARD, BEN, better(20)))
    await loaded(ranking, truth)

    assert await deliver(ranking, truth.commit((BOARD, ANA, better(30)), (BOARD, BEN, None)))

    page = await ranking.top(BOARD, 10)
    assert [line.member for line in page.lines] == [ANA]
    assert await ranking.rank(BOARD, BEN) is None
    assert await ranking.around(BOARD, BEN, 3) is None


async def test_who_has_brought_a_key_has_its_rank_at_hand(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(10)), (BOARD, BEN, better(20)))
    await loaded(ranking, truth)

    again, left = (BOARD, BEN, better(20)), (BOARD, DEV, None)
    await deliver(ranking, truth.commit((BOARD, ANA, better(30)), again, (BOARD, CLEO, better(5)), left))
    assert ranking.rank_at_hand(BOARD, better(30), ANA) == 1
    assert ranking.rank_at_hand(BOARD, better(20), BEN) == 2

    # Of a shared index, told once, and only as long as no other key or none at all was brought since.
    await deliver(ranking, truth.commit((BOARD, CLEO, better(25))))
    old = ranking.rank_at_hand(BOARD, better(5), CLEO), ranking.rank_at_hand(BOARD, better(30), ANA)
    assert old == ((None, None) if ranking.shared else (3, 1))
    await deliver(ranking, truth.commit((BOARD, CLEO, better(40))))
    truth.commit((BOARD, ANA, better(50)))  # by a process that died before it could say so
    await deliver(ranking, truth.commit((BOARD, CLEO, better(40))))
    assert ranking.rank_at_hand(BOARD, better(40), CLEO) is None


async def test_an_older_change_and_a_repetition_change_nothing(ranking: Ranking) -> None:
    truth = Truth()
    await loaded(ranking, truth)
    commits = [truth.commit((BOARD, ANA, key)) for key in (better(10), better(20), None, better(30), None)]
    for commit in commits:
        await deliver(ranking, commit)

    for commit in [*commits, *reversed(commits)]:
        assert await deliver(ranking, commit)

    assert await ranking.size(BOARD) == 0
    assert await ranking.ready(BOARD) == truth.position


async def test_a_hole_is_no_answer_until_it_is_filled(ranking: Ranking) -> None:
    truth = Truth()
    await loaded(ranking, truth)
    old = truth.commit((BOARD, ANA, better(1)), (BOARD, BEN, better(1)))
    await deliver(ranking, old, truth.commit((BOARD, ANA, better(2))))
    first, second = truth.commit((BOARD, BEN, better(2))), truth.commit((BOARD, BEN, better(3)))

    await deliver(ranking, second)
    await deliver(ranking, old)
    with pytest.raises(NotReady):
        await ranking.rank(BOARD, BEN)

    await deliver(ranking, first)
    assert [line.key for line in (await ranking.top(BOARD, 2)).lines] == [better(3), better(2)]


async def test_a_hole_that_stays_is_mended_by_loading(ranking: Ranking) -> None:
    truth = Truth()
    await loaded(ranking, truth)
    truth.commit((BOARD, ANA, better(1)))  # by a process that died before it could say so
    await deliver(ranking, truth.commit((BOARD, BEN, better(2))))
    assert await ranking.ready(BOARD) is None

    await loaded(ranking, truth)

    assert await ranking.size(BOARD) == 2


async def test_what_was_heard_of_but_not_brought_is_no_answer(ranking: Ranking) -> None:
    truth = Truth()
    await loaded(ranking, truth)

    truth.commit((BOARD, ANA, better(1)))
    look(ranking, truth)

    assert await ranking.ready(BOARD) is None


async def test_nobody_reads_a_list_that_is_being_loaded_and_nobody_loads_it_too(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(1)), (BOARD, BEN, better(2)))
    tried = []

    async def meanwhile() -> None:
        assert await ranking.ready(BOARD) is None
        tried.append(await ranking.load(BOARD, truth.source(BOARD)))

    assert await ranking.load(BOARD, truth.source(BOARD, size=1, meanwhile=meanwhile))

    assert set(tried) == {False}
    look(ranking, truth)
    assert await ranking.size(BOARD) == 2


async def test_what_changes_while_a_list_is_loaded_is_in_it(ranking: Ranking) -> None:
    truth = Truth()
    before = [
        truth.commit((BOARD, ANA, better(1)), (BOARD, CLEO, better(1))),
        truth.commit((BOARD, CLEO, better(9)), (BOARD, BEN, None)),
    ]
    happens = [
        lambda: deliver(ranking, before[0]),  # late: the rows are going to be newer
        lambda: deliver(ranking, truth.commit((BOARD, ANA, better(3)), (BOARD, BEN, better(4)))),
    ]

    async def meanwhile() -> None:
        if happens:
            await happens.pop(0)()

    assert await ranking.load(BOARD, truth.source(BOARD, size=1, meanwhile=meanwhile))
    await deliver(ranking, before[1])
    look(ranking, truth)

    assert await ranking.ready(BOARD) == truth.position
    assert [line.key for line in (await ranking.top(BOARD, 3)).lines] == [better(9), better(4), better(3)]


async def test_rows_that_are_ahead_wait_for_the_changes_between(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(1)), (BOARD, BEN, better(2)))
    late: list[Commit] = []
    asked = [False, False, True, False]  # after the first row

    async def meanwhile() -> None:
        if asked.pop():
            late.append(truth.commit((BOARD, ANA, better(8)), (BOARD, BEN, better(9))))

    assert await ranking.load(BOARD, truth.source(BOARD, size=1, meanwhile=meanwhile))
    ranking.heard(0, looked_at=SystemClock().monotonic())
    assert await ranking.ready(BOARD) is None  # of what was committed meanwhile it has a half

    await deliver(ranking, *late)
    assert [line.key for line in (await ranking.top(BOARD, 2)).lines] == [better(9), better(8)]


async def test_a_list_says_since_when_it_is_as_it_is(ranking: Ranking) -> None:
    truth = Truth()
    truth.commit((BOARD, ANA, better(1)))
    await loaded(ranking, truth)
    before = await ranking.changed(BOARD)

    await deliver(ranking, truth.commit((b"another", ANA, better(2))))
    assert await ranking.changed(BOARD) == before

    await deliver(ranking, truth.commit((BOARD, ANA, better(3))))
    assert await ranking.changed(BOARD) > before


async def test_a_source_that_fails_leaves_a_list_that_can_be_loaded(ranking: Ranking) -> None:
    async def fails() -> Source:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        await ranking.load(BOARD, fails)

    await loaded(ranking, Truth())
    assert await ranking.size(BOARD) == 0


async def test_the_list_that_was_not_asked_for_longest_makes_room(ranking: Ranking) -> None:
    """The fixture's rankings keep a hundred members."""
    truth = Truth()
    names = [b"old", b"asked", b"new"]
    for name in names:
        await deliver(ranking, truth.commit(*((name, member(n), better(n)) for n in range(30))))
    await loaded(ranking, truth, b"old")
    await deliver(ranking, truth.commit())
    await loaded(ranking, truth, b"asked")
    await ranking.top(b"asked", 1)

    await loaded(ranking, truth, b"new")

    assert [await ranking.ready(name) is not None for name in names] == [False, True, True]


async def test_many_ask_at_once_and_some_go_away(ranking: Ranking) -> None:
    truth = Truth()
    members = [member(number) for number in range(50)]
    truth.commit(*((BOARD, each, better(number)) for number, each in enumerate(members)))
    await loaded(ranking, truth)

    asked = [asyncio.ensure_future(ranking.rank(BOARD, each)) for each in members]
    await asyncio.sleep(0)
    for gone in asked[::3]:
        gone.cancel()
    found = await asyncio.gather(*asked, return_exceptions=True)

    for number, standing in enumerate(found):
        if not isinstance(standing, BaseException):
            assert standing is not None
            assert standing.rank == 50 - number
