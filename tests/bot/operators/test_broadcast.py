"""One message to everybody: how it goes on after a restart, at what pace, and what of it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, SendFailure
from bot.operators.broadcast import PER_SECOND, BroadcastSender
from bot.store.broadcasts import DRAFT_SECONDS
from bot.store.store import Store
from tests.bot.operators.test_admin_commands import ADMIN, OTHER_ADMIN, Post, value
from tests.job_running import local_jobs, running
from tests.stores import Clock, sqlite_url

PEOPLE = [ChatIdentity("there", str(number)) for number in (11, 12, 13)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows three people."""
    async with Store(sqlite_url(tmp_path), call_seconds=20) as store:
        for person in PEOPLE:
            await store.turns.save(person, "{}", None)
        yield store


@asynccontextmanager
async def sending(store: Store, post: Post, *, several: bool = False) -> AsyncIterator[BroadcastSender]:
    """A sender in a process that runs until the block is left."""
    jobs = local_jobs(store)
    broadcast = BroadcastSender(store, {"there": post.send}, jobs, per_second=1000, several=several)
    async with running(jobs):
        yield broadcast
        broadcast.stop()


async def key_of(broadcast: BroadcastSender, text: str) -> str:
    """The key of a draft that an operator was shown."""
    return value(await broadcast.preview(ADMIN, text), "发给 3 人").rpartition(":")[2]


async def test_the_operator_reads_how_many_it_goes_to(store: Store) -> None:
    post = Post()
    async with sending(store, post) as broadcast:
        started = await broadcast.confirm(ADMIN, await key_of(broadcast, "维护"))
        assert started.text == "开始发给 3 人，发完会告诉您。"
        await post.until(4)
        assert sorted(post.delivered[:3], key=str) == [(person, "维护") for person in PEOPLE]
        assert post.delivered[3] == (ADMIN, "群发结束：送到 3 人。")
    assert len(post.delivered) == 4


async def test_after_a_restart_the_rest_gets_it_and_nobody_twice(store: Store) -> None:
    queued = await store.broadcasts.enqueue(ADMIN, "维护")
    first, *_ = await store.broadcasts.next_recipients(queued.id)
    assert await store.broadcasts.take(queued.id, first)
    await store.broadcasts.enqueue(ChatIdentity("not running", "1"), "别的")
    post = Post()
    async with sending(store, post) as broadcast:
        await broadcast.resume()
        await broadcast.resume()
        await post.until(3)
    assert {person for person, _ in post.delivered[:2]} == {*PEOPLE} - {first.person}
    assert post.delivered[2] == (ADMIN, "群发结束：服务重启前已发过 1 人，送到 2 人。")
    assert await store.broadcasts.unfinished() != []  # that of a channel that isn't running waits for it
    async with sending(store, post) as again:
        await again.resume()
    assert len(post.delivered) == 3


async def test_while_one_goes_out_another_is_not_begun_and_afterwards_the_next_may(store: Store) -> None:
    post = Post()
    async with sending(store, post) as broadcast:
        await broadcast.confirm(ADMIN, await key_of(broadcast, "一"))
        await post.until(4)
    await store.broadcasts.enqueue(OTHER_ADMIN, "二")
    async with sending(store, post) as again:
        await again.resume()
        await post.until(8)
        assert post.delivered[7][0] == OTHER_ADMIN
        await again.confirm(ADMIN, await key_of(again, "三"))
        await post.until(12)
    assert post.delivered[-1][1].startswith("群发结束：")


async def test_who_blocked_the_bot_is_not_written_to_again(store: Store) -> None:
    post = Post(away={PEOPLE[0]: SendFailure.BLOCKED, PEOPLE[1]: SendFailure.CHAT_NOT_FOUND})
    async with sending(store, post) as broadcast:
        await broadcast.confirm(ADMIN, await key_of(broadcast, "维护"))
        await post.until(2)
    assert post.delivered[-1][1] == "群发结束：送到 1 人，1 人已屏蔽机器人，1 人没送到。"
    assert {*await store.broadcasts.audience("there")} == {*PEOPLE[1:]}


async def test_a_preview_shown_by_one_process_is_confirmed_at_another_and_goes_out_once(store: Store) -> None:
    post = Post()
    async with sending(store, post, several=True) as one, sending(store, post, several=True) as other:
        key = await key_of(one, "维护")
        replies = await asyncio.gather(other.confirm(ADMIN, key), one.confirm(ADMIN, key))
        await post.until(4)
    assert "开始发给 3 人，发完会告诉您。" in {reply.text for reply in replies}
    assert sorted(post.delivered[:3], key=str) == [(person, "维护") for person in PEOPLE]
    assert len(post.delivered) == 4


async def test_what_one_process_is_told_to_stop_another_goes_on_with(store: Store) -> None:
    queued = await store.broadcasts.enqueue(ADMIN, "维护")
    post = Post()
    async with sending(store, post, several=True) as stopping:
        stopping.stop()
        await stopping.resume()
    assert [each.id for each in await store.broadcasts.unfinished()] == [queued.id]
    assert post.delivered == []
    async with sending(store, post, several=True) as other:
        await other.resume()
        await post.until(4)
    assert post.delivered[3] == (ADMIN, "群发结束：送到 3 人。")


async def test_nothing_is_sent_before_people_can_be_reached(store: Store) -> None:
    post, jobs = Post(), local_jobs(store)
    await store.broadcasts.enqueue(ADMIN, "维护")
    reachable = asyncio.Event()
    broadcast = BroadcastSender(store, {"there": post.send}, jobs, per_second=1000, reachable=reachable.is_set)
    async with running(jobs):
        await broadcast.resume()
        await jobs.settle()
        assert post.delivered == []
        reachable.set()
        await broadcast.resume()
        await post.until(4)


async def test_an_old_preview_is_not_sent(tmp_path: Path) -> None:
    clock, post = Clock(), Post()
    async with Store(sqlite_url(tmp_path), clock, call_seconds=20) as store:
        for person in PEOPLE:
            await store.turns.save(person, "{}", None)
        async with sending(store, post) as broadcast:
            key = await key_of(broadcast, "维护")
            clock.now += DRAFT_SECONDS
            assert "失效" in (await broadcast.confirm(ADMIN, key)).text
    assert post.delivered == []


async def test_a_database_that_is_away_at_the_start_stops_nothing() -> None:
    away = Store("sqlite+aiosqlite:////no-such-folder/youshu.db")
    async with sending(away, Post()) as broadcast:
        await broadcast.resume()


async def test_it_leaves_most_of_telegrams_thirty_messages_a_second_to_answers() -> None:
    assert PER_SECOND == 10
