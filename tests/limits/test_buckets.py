"""Token buckets: a burst, an even flow, and a memory that does not grow."""

from hypothesis import given
from hypothesis import strategies as st

from tallybook.accounts.api_keys import Bearer
from tallybook.accounts.tokens import Claims
from tallybook.bus.memory import Exchange, MemoryBus
from tallybook.delivery.limits.buckets import Buckets
from tallybook.delivery.limits.requests import RequestLimits
from tallybook.kernel.ids import new_id
from tests.accounts.kit import HandClock
from tests.bus.waiting import until


def test_a_whole_period_may_be_spent_at_once_and_flows_in_again_evenly() -> None:
    clock = HandClock()
    buckets = Buckets("100/minute", clock)

    assert [buckets.take("ana").remaining for _ in range(100)] == list(reversed(range(100)))
    refused = buckets.take("ana")
    assert (refused.limit, refused.remaining, refused.reset, refused.retry_after) == (100, 0, 60, 1)

    clock.seconds += 1
    assert buckets.take("ana").retry_after == 0  # a token comes in every 0.6 seconds
    assert buckets.take("ana").retry_after == 1
    assert buckets.take("bea").remaining == 99
    clock.seconds += 60
    assert buckets.take("ana").remaining == 99


@given(st.floats(0, 10_000_000))
def test_what_headers_say_does_not_depend_on_what_time_it_is(started: float) -> None:
    clock = HandClock()
    clock.seconds = started
    buckets = Buckets("20/hour", clock)
    assert [buckets.take("ana").reset for _ in range(20)] == [180 * taken for taken in range(1, 21)]
    assert buckets.take("ana").reset == 3600


@given(
    st.integers(1, 50),
    st.sampled_from(["second", "minute", "hour"]),
    st.lists(st.floats(0, 4000), max_size=150),
)
def test_no_stretch_of_time_lets_through_more_than_a_bucket_and_what_flowed_in(
    count: int, period: str, pauses: list[float]
) -> None:
    clock = HandClock()
    buckets = Buckets(f"{count}/{period}", clock)
    step = {"second": 1, "minute": 60, "hour": 3600}[period] / count
    taken: list[float] = []
    for pause in pauses:
        clock.seconds += pause
        standing = buckets.take("ana")
        if standing.retry_after:
            assert standing.remaining == 0
        else:
            taken.append(clock.seconds)
    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], first):
            assert last - first + 1 <= count + (end - start) / step + 0.02


def test_who_has_a_full_bucket_again_takes_no_memory() -> None:
    clock = HandClock()
    buckets = Buckets("10/second", clock)
    for number in range(1000):
        buckets.take(number)
        clock.seconds += 0.01

    kept = len(buckets._full_at) + len(buckets._before)  # what this is about

    assert kept <= 202


async def test_people_administrators_keys_and_addresses_have_buckets_of_their_own() -> None:
    limits = RequestLimits(
        people="2/hour", admins="3/hour", keys="5/hour", clock=HandClock(), bus=MemoryBus()
    )

    def person(*roles: str) -> Claims:
        return Claims(new_id(), "account", frozenset(roles), new_id(), 0)

    assert limits.person(person()).limit == 2
    assert limits.person(person("community_manager")).limit == 2
    assert limits.person(person("admin")).limit == 3
    assert limits.key(Bearer(new_id(), new_id(), 0)).limit == 5
    assert limits.address("192.0.2.1").limit == 20
    assert limits.address("::ffff:192.0.2.1").remaining == 18
    assert limits.address("2001:db8::1").remaining == 19
    assert limits.address("2001:db8::ffff").remaining == 18
    assert limits.address("2001:db8:0:1::1").remaining == 19


async def test_what_one_node_counted_is_counted_on_every_node() -> None:
    exchange, clock = Exchange(), HandClock()
    buses = [MemoryBus(exchange) for _ in range(2)]
    here, there = (
        RequestLimits(people="100/hour", admins="1/hour", keys="1/hour", clock=clock, bus=bus)
        for bus in buses
    )
    for bus in buses:
        await bus.start()
    ana = Claims(new_id(), "guest", frozenset(), new_id(), 0)
    for _ in range(60):
        here.person(ana)
    for _ in range(60):
        there.person(ana)

    await until(lambda: here.person(ana).retry_after > 0 and there.person(ana).retry_after > 0)

    clock.seconds += 36  # one token came in, but more were taken than there were
    assert here.person(ana).retry_after > 0
