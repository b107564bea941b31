"""Webhooks against a real server that fails, hangs, sends elsewhere and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tallybook.careers.events import ScoreSubmitted
from tallybook.careers.streams import career_id
from tallybook.catalogue.tables import webhooks
from tallybook.catalogue.webhooks import Webhook, Webhooks, checked_url
from tallybook.kernel.clock import SystemClock
from tallybook.kernel.ids import new_id
from tallybook.kernel.refusals import Refusal
from tallybook.ledger.append import Append
from tallybook.ledger.following import Runner
from tallybook.ledger.ledger import Ledger
from tallybook.reactions import deliveries, delivering, posting
from tallybook.reactions.delivering import Delivering
from tallybook.reactions.posting import Line, Unreachable, is_public
from tallybook.reactions.webhooks import Queueing
from tests.ledger.kit import node
from tests.reactions.receiver import Post, Receiver, receiving

RING = ("the newest secret of the tests, which is long", "an older secret of the tests, which is long")


@dataclass
class Game:
    """A game with a ledger, and what delivers its events."""

    ledger: Ledger
    hooks: Webhooks
    outbox: Delivering
    runner: Runner
    owner: UUID
    id: UUID

    async def hook(self, receiver: Receiver, **fields: Any) -> Webhook:
        return await self.hooks.define(self.owner, self.id, receiver.url, ["score_submitted"], **fields)

    async def score(self, player: UUID, *scores: int) -> None:
        facts = [ScoreSubmitted(self.id, player, board=new_id(), score=score) for score in scores]
        append: Append[None] = Append(
            stream=career_id(self.id, player),
            kind="career",
            fold=None,
            decide=lambda _state, _index: facts,
        )
        await self.ledger.append(append)

    async def ends(self, hook: Webhook, status: str, number: int = 1) -> list[deliveries.Delivery]:
        """The deliveries of a status, as soon as there are so many."""
        while len(found := await self.outbox.deliveries(hook.id, status, before=None, limit=99)) < number:  # type: ignore[arg-type]
            await asyncio.sleep(0.01)
        return [delivery for _, delivery in found]


@asynccontextmanager
async def playing(url: str, game_id: UUID, *, private: bool = True) -> AsyncIterator[Game]:
    clock = SystemClock()
    async with node(url) as ledger:
        hooks = Webhooks(ledger, clock, RING)
        outbox = Delivering(ledger.database, clock, hooks, private=private)
        runner = Runner(ledger, clock, reactions=[Queueing(ledger, outbox)], routines=[outbox])
        runner.start()
        try:
            yield Game(ledger, hooks, outbox, runner, new_id(), game_id)
        finally:
            await runner.close()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backing off as ever, but a thousand times as fast."""
    monkeypatch.setattr(delivering, "FIRST_WAIT", 0.02)
    monkeypatch.setattr(delivering, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(delivering, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(delivering, "LONGEST_WAIT", 0.1)


def scores(receiver: Receiver) -> list[int]:
    return [post.data["data"]["score"] for post in receiver.posts]


async def test_events_arrive_in_order_signed_and_named_once(url: str) -> None:
    game_id, ana, bea = new_id(), new_id(), new_id()
    async with receiving() as receiver, playing(url, game_id) as game:
        hook = await game.hook(receiver)
        await game.score(ana, 1, 2)
        await game.score(bea, 3)
        posts = await receiver.took(3)
        assert scores(receiver) == [1, 2, 3]
        first = posts[0].data
        assert (first["type"], first["game_id"], first["index"]) == ("score_submitted.v1", str(game_id), 0)
        assert first["stream"] == str(career_id(game_id, ana))
        assert len({post.headers["tallybook-delivery"] for post in posts}) == 3
        assert all(post.headers["tallybook-delivery"] == post.data["id"] for post in posts)
        assert receiver.connections == 1
        secret = hook.secret
        assert isinstance(secret, str)
        assert posts[0].signed_by(secret)
        assert not posts[0].signed_by("another secret")
        renewed = await game.hooks.renew_secret(game.owner, game_id, hook.id)
        await game.score(ana, 4)
        post = (await receiver.took(4))[-1]
        assert post.signed_by(secret)
        assert isinstance(renewed.secret, str)
        assert post.signed_by(renewed.secret)
        delivered = await game.ends(hook, "delivered", 4)
        assert [each.attempts for each in delivered] == [1] * 4


@pytest.mark.parametrize("wait", [0.0, 0.1])  # with none it may always go again, before all the others
async def test_a_stream_that_is_refused_waits_in_order_while_others_go_on(
    url: str, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LONGEST_WAIT", wait)
    game_id, ana, bea = new_id(), new_id(), new_id()
    async with receiving() as receiver, playing(url, game_id) as game:

        def answer(post: Post) -> int:
            return 500 if post.data["data"]["score"] == 1 and 11 not in scores(receiver) else 200

        receiver.answer = answer
        hook = await game.hook(receiver)
        await game.score(ana, 1, 2)
        await game.score(bea, 10, 11)
        await game.ends(hook, "delivered", 4)
        taken = scores(receiver)
        assert [score for score in taken if score > 9] == [10, 11]
        assert taken[-2:] == [1, 2]
        assert taken.count(1) > 1
        assert len({post.headers["tallybook-delivery"] for post in receiver.posts}) == 4


async def test_a_dead_server_holds_up_no_other_and_what_died_can_be_sent_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "MOST_ATTEMPTS", 4)
    monkeypatch.setattr(posting, "SECONDS", 0.05)
    game_id, ana = new_id(), new_id()
    async with receiving() as dead, receiving() as alive, playing(url, game_id) as game:
        dead.answer = lambda _post: "hang"
        lost, good = await game.hook(dead), await game.hook(alive)
        await game.score(ana, 1, 2)
        assert [post.data["data"]["score"] for post in await alive.took(2)] == [1, 2]
        died = await game.ends(lost, "dead", 2)
        assert {(each.attempts, each.problem, each.answer) for each in died} == {(4, "timeout", None)}
        assert (await game.hooks.webhook(game_id, lost.id)).failing_since is not None
        dead.answer = lambda _post: 204
        again = await game.outbox.again(lost.id, died[0].id)
        assert (again.status, again.attempts) == ("waiting", 0)
        (delivered,) = await game.ends(lost, "delivered")
        assert (delivered.id, delivered.answer, delivered.problem) == (died[0].id, 204, None)
        assert (await game.hooks.webhook(game_id, lost.id)).failing_since is None
        assert len(await game.ends(good, "delivered", 2)) == 2
        with pytest.raises(Refusal):
            await game.outbox.again(good.id, died[0].id)


async def test_what_waits_survives_a_restart_and_goes_to_a_server_that_comes_back(url: str) -> None:
    game_id, ana = new_id(), new_id()
    async with receiving() as receiver:
        port = receiver.port
        async with playing(url, game_id) as game:
            hook = await game.hook(receiver)
            await game.score(ana, 1)
            await game.ends(hook, "delivered")
    async with playing(url, game_id) as game:
        await game.score(ana, 2, 3)
        waiting = await game.ends(hook, "waiting", 2)
        while waiting[-1].attempts < 2:
            waiting = await game.ends(hook, "waiting", 2)
        assert waiting[-1].problem == "no_connection"
    async with playing(url, game_id) as game, receiving(port) as receiver:
        await receiver.took(2)
        assert scores(receiver) == [2, 3]
        await game.ends(hook, "delivered", 3)


async def test_redirects_are_not_followed_and_whoever_hangs_up_is_tried_again(url: str) -> None:
    game_id = new_id()
    answers: list[int | str] = [302, "hang up", 200]
    async with receiving() as receiver, playing(url, game_id) as game:
        receiver.answer = lambda _post: answers.pop(0)
        hook = await game.hook(receiver)
        await game.score(new_id(), 1)
        (delivered,) = await game.ends(hook, "delivered")
        assert delivered.attempts in {2, 3}  # a kept connection that ends is no failed attempt yet
        assert {post.path for post in receiver.posts} == {"/"}


async def test_a_webhook_that_fails_for_days_is_disabled_and_begins_afresh_when_it_is_activated(
    url: str,
) -> None:
    game_id = new_id()
    async with receiving() as receiver, playing(url, game_id) as game:
        receiver.answer = lambda _post: 500
        hook = await game.hook(receiver)
        long_ago = update(webhooks).values(failing_since=1)
        await game.ledger.database.write(lambda c: c.execute(long_ago))
        await game.score(new_id(), 1)
        while (found := await game.hooks.webhook(game_id, hook.id)).active:
            await asyncio.sleep(0.01)
        assert found.disabled_at is not None
        receiver.answer = lambda _post: 200
        changed = await game.hooks.change(game.owner, game_id, hook.id, active=True)
        assert (changed.active, changed.disabled_at, changed.failing_since) == (True, None, None)
        game.outbox.wake()
        await game.ends(hook, "delivered")


async def test_only_what_was_asked_for_is_sent_and_nothing_after_the_end(url: str) -> None:
    game_id, ana = new_id(), new_id()
    async with receiving() as receiver, playing(url, game_id) as game:
        wanted = await game.hook(receiver)
        paused = await game.hook(receiver, active=False)
        other = await game.hooks.define(game.owner, new_id(), receiver.url, ["score_submitted"])
        unlocks = await game.hooks.define(game.owner, game_id, receiver.url, ["achievement_unlocked"])
        await game.score(ana, 1)
        await game.ends(wanted, "delivered")
        for hook in (paused, other, unlocks):
            assert await game.outbox.deliveries(hook.id, None, before=None, limit=9) == []
        await game.hooks.remove(game.owner, game_id, wanted.id)
        await game.score(ana, 2)
        assert await game.runner.reached("webhooks", within=30)
        await game.hooks.change(game.owner, game_id, unlocks.id, events=["score_submitted"])
        await game.score(ana, 3)
        await receiver.took(2)
        assert scores(receiver) == [1, 3]
        with pytest.raises(Refusal):
            await game.hooks.define(game.owner, game_id, receiver.url, ["player_registered"])


async def test_nothing_is_posted_to_this_machine_or_its_neighbours(url: str) -> None:
    game_id = new_id()
    async with receiving() as receiver, playing(url, game_id, private=False) as game:
        hook = await game.hook(receiver)
        await game.score(new_id(), 1)
        waiting = await game.ends(hook, "waiting")
        while not waiting[0].attempts:
            waiting = await game.ends(hook, "waiting")
        assert waiting[0].problem == "forbidden_address"
        with pytest.raises(Unreachable, match="forbidden_address"):
            await Line(f"http://localhost:{receiver.port}/").post({}, b"")
        assert receiver.connections == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # judged, not listened on
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_addresses_are_told_apart_however_they_are_written(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "address", ["ftp://a.example/", "http://", "http://u:p@a.example/", "http://a.example/#x", "http://a b/"]
)
async def test_what_is_no_address_for_posts_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as refused:
        checked_url(address)
    assert refused.value.code == "invalid"


async def test_an_older_secret_of_the_server_opens_and_the_newest_seals_again(url: str) -> None:
    game_id = new_id()
    async with node(url) as ledger:
        old = Webhooks(ledger, SystemClock(), RING[1:])
        hook = await old.define(new_id(), game_id, "https://game.example/", ["score_submitted"])
        new = Webhooks(ledger, SystemClock(), RING)
        await new.renew_seals()
        only = Webhooks(ledger, SystemClock(), RING[:1])
        kept = await only.secrets(game_id, hook.id)
        assert kept is not None
        assert kept.current == hook.secret
        assert await old.secrets(game_id, hook.id) is None
        stored = await ledger.database.read(lambda c: c.execute(select(webhooks.c.sealed)).scalar_one())
        assert kept.current.encode() not in bytes(stored)
