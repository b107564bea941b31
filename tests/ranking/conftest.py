"""A ranking of each technology, in which nothing is loaded yet."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tallybook.ranking.memory import MemoryRanking
from tallybook.ranking.port import Ranking
from tallybook.ranking.redis import RedisRanking


@pytest.fixture(params=["memory", "redis"])
async def ranking(request: pytest.FixtureRequest) -> AsyncIterator[Ranking]:
    made: Ranking
    if request.param == "memory":
        made = MemoryRanking(most=100)
    else:
        url: str = request.getfixturevalue("redis_server").url
        made = RedisRanking(url, prefix=f"{uuid4()}:", most=100)
    await made.apply([], after=0, upto=0)  # connects
    yield made
    await made.close()
