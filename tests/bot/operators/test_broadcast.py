"""One message to everybody: how it goes on after a restart, at what pace, and what of it is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, SendFailure
from bot.operators.broadcast import PER_SECOND, BroadcastSender
from bot.store.store import Store
from tests.bot.operators.test_admin_commands import ADMIN, Post, value
from tests.job_running import local_jobs, running

PEOPLE = [ChatIdentity("there", str(number)) for number in (11, 12, 13)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows three people."""
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}", call_seconds=20) as store:
        for person in PEOPLE:
            await store.turns.save(person, "{}", None)
        yield store


async def confirmed(broadcast: BroadcastSender, text: str) -> tuple[str, str]:
    """A broadcast that an operator was shown and sends: its key, and what they are told."""
    key = value(await broadcast.preview(ADMIN, text), "发给 3 人").rpartition(":")[2]
    return key, (await broadcast.confirm(ADMIN, key)).text


async def test_the_operator_reads_how_many_it_goes_to_and_that_it_is_done(store: Store) -> None:
    post, jobs = Post(), local_jobs(store)
    broadcast = BroadcastSender(store, {"there": post.send}, jobs, per_second=1000)
    key, told = await confirmed(broadcast, "维护")
    assert told == "开始发给 3 人，发完会告诉您。"
    assert not post.delivered  # before the jobs run
    async with running(jobs):
        await post.until(4)
    assert sorted(post.delivered[:3], key=str) == [(person, "维护") for person in PEOPLE]
    assert post.delivered[3:] == [(ADMIN, "群发结束：送到 3 人。")]
    assert (await broadcast.confirm(ADMIN, key)).text == told
    assert await store.broadcasts.unfinished() == []


async def test_after_a_restart_the_rest_gets_it_and_nobody_twice(store: Store) -> None:
    before = BroadcastSender(store, {"there": Post().send}, local_jobs(store))
    key, told = await confirmed(before, "维护")
    [first, *_] = await store.broadcasts.next_recipients(key)
    assert await store.broadcasts.take(key, first)
    post, jobs = Post(), local_jobs(store)
    after = BroadcastSender(store, {"there": post.send}, jobs, per_second=1000)
    assert (await after.confirm(ADMIN, key)).text == told  # tapped again, of another process
    again = value(await after.preview(ADMIN, "又一条"), "发给").rpartition(":")[2]
    assert "还没发完" in (await after.confirm(ADMIN, again)).text
    await after.resume()
    async with running(jobs):
        await post.until(3)
    assert {person for person, _ in post.delivered[:2]} == {*PEOPLE} - {first.person}
    assert post.delivered[2] == (ADMIN, "群发结束：服务重启前已发过 1 人，送到 2 人。")


async def test_who_blocked_the_bot_is_not_written_to_again(store: Store) -> None:
    post = Post(away={PEOPLE[0]: SendFailure.BLOCKED, PEOPLE[1]: SendFailure.CHAT_NOT_FOUND})
    jobs = local_jobs(store)
    await confirmed(BroadcastSender(store, {"there": post.send}, jobs, per_second=1000), "维护")
    async with running(jobs):
        await post.until(2)
    assert post.delivered[-1][1] == "群发结束：送到 1 人，1 人已屏蔽机器人，1 人没送到。"
    assert {*await store.broadcasts.audience("there")} == {*PEOPLE[1:]}


async def test_before_people_can_be_written_to_nothing_is_sent(store: Store) -> None:
    post, jobs = Post(), local_jobs(store)
    broadcast = BroadcastSender(store, {"there": post.send}, jobs, per_second=1000, reachable=lambda: False)
    await confirmed(broadcast, "维护")
    await broadcast._send_unfinished({})
    assert not post.delivered
    assert len(await store.broadcasts.unfinished()) == 1


async def test_a_process_that_is_told_to_stop_leaves_the_rest_to_another_and_tells_nobody(store: Store) -> None:
    post = Post()
    broadcast = BroadcastSender(store, {"there": post.send}, local_jobs(store), several=True)
    await confirmed(broadcast, "维护")
    [queued] = await store.broadcasts.unfinished()
    broadcast.stop()
    await broadcast._send_unfinished({})
    await broadcast._send_one(queued, post.send)
    assert not post.delivered
    assert len(await store.broadcasts.unfinished()) == 1


async def test_a_database_that_is_away_at_the_start_stops_nothing() -> None:
    away = Store("sqlite+aiosqlite:////no-such-folder/youshu.db")
    broadcast = BroadcastSender(away, {"there": Post().send}, local_jobs(away))
    await broadcast.resume()
    await broadcast._send_unfinished({})


def test_it_leaves_most_of_telegrams_thirty_messages_a_second_to_answers() -> None:
    assert PER_SECOND == 10
