"""Keys sort as what they stand for."""

import hypothesis.strategies as st
from hypothesis import given

from tallybook.ranking.keys import HIGHEST, LOWEST, key, parts
from tallybook.ranking.port import KEY

numbers = st.integers(LOWEST, HIGHEST) | st.sampled_from([LOWEST, -1, 0, 1, HIGHEST])
scores = st.tuples(numbers, numbers, st.integers(0, HIGHEST))


@given(scores, scores, st.booleans(), st.booleans())
def test_the_smaller_key_is_the_better_score_then_the_better_second_criterion_then_the_earlier(
    one: tuple[int, int, int], other: tuple[int, int, int], highest: bool, second_highest: bool
) -> None:
    def order(score: tuple[int, int, int]) -> tuple[int, int, int]:
        return -score[0] if highest else score[0], -score[1] if second_highest else score[1], score[2]

    keys = [key(*score, highest=highest, second_highest=second_highest) for score in (one, other)]

    assert (keys[0] < keys[1]) == (order(one) < order(other))
    assert [len(each) for each in keys] == [KEY, KEY]
    assert parts(keys[0], highest=highest, second_highest=second_highest) == one


def test_what_64_bits_cannot_hold_counts_as_the_nearest_they_can() -> None:
    beyond = key(10**30, -(10**30), 1, highest=True, second_highest=True)

    assert parts(beyond, highest=True, second_highest=True) == (HIGHEST, LOWEST, 1)
