"""One message to everybody: how it goes on after a restart, at what pace, and what of it is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, SendFailure
from bot.operators.broadcast import CLOSE_SECONDS, PER_SECOND, BroadcastSender
from bot.store.store import Store
from tests.bot.operators.test_admin_commands import ADMIN, OTHER_ADMIN, Post, value

PEOPLE = [ChatIdentity("there", str(number)) for number in (11, 12, 13)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows three people."""
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}", call_seconds=20) as store:
        for person in PEOPLE:
            await store.turns.save(person, "{}", None)
        yield store


def sender(store: Store, post: Post) -> BroadcastSender:
    return BroadcastSender(store, {"there": post.send}, per_second=1000)


async def key_of(broadcast: BroadcastSender, text: str) -> str:
    """The key of a draft that an operator was shown."""
    return value(await broadcast.preview(ADMIN, text), "发给 3 人").rpartition(":")[2]


async def test_the_operator_reads_how_many_it_goes_to(store: Store) -> None:
    post = Post()
    broadcast = sender(store, post)
    assert (await broadcast.confirm(ADMIN, await key_of(broadcast, "维护"))).text == "开始发给 3 人，发完会告诉您。"
    await post.until(4)
    assert sorted(post.delivered[:3], key=str) == [(person, "维护") for person in PEOPLE]
    assert post.delivered[3] == (ADMIN, "群发结束：送到 3 人。")
    await broadcast.close()
    assert len(post.delivered) == 4


async def test_after_a_restart_the_rest_gets_it_and_nobody_twice(store: Store) -> None:
    queued = await store.broadcasts.enqueue(ADMIN, "维护")
    first, *_ = await store.broadcasts.next_recipients(queued.id)
    assert await store.broadcasts.take(queued.id, first)
    await store.broadcasts.enqueue(ChatIdentity("not running", "1"), "别的")
    post = Post()
    broadcast = sender(store, post)
    await broadcast.resume()
    await broadcast.resume()
    await post.until(3)
    assert {person for person, _ in post.delivered[:2]} == {*PEOPLE} - {first.person}
    assert post.delivered[2] == (ADMIN, "群发结束：服务重启前已发过 1 人，送到 2 人。")
    await broadcast.close()
    assert await store.broadcasts.unfinished() != []  # that of a channel that isn't running waits for it
    await sender(store, post).resume()
    assert len(post.delivered) == 3


async def test_while_one_goes_out_none_is_resumed_and_afterwards_the_next_may(store: Store) -> None:
    post = Post()
    broadcast = sender(store, post)
    await broadcast.confirm(ADMIN, await key_of(broadcast, "一"))
    await post.until(4)
    await broadcast.close()
    again = sender(store, post)
    await store.broadcasts.enqueue(OTHER_ADMIN, "二")
    await again.resume()
    await post.until(8)
    assert post.delivered[7][0] == OTHER_ADMIN
    await again.confirm(ADMIN, await key_of(again, "三"))
    await again.close()
    assert post.delivered[-1][1].startswith("群发结束：")


async def test_who_blocked_the_bot_is_not_written_to_again(store: Store) -> None:
    post = Post(away={PEOPLE[0]: SendFailure.BLOCKED, PEOPLE[1]: SendFailure.CHAT_NOT_FOUND})
    broadcast = sender(store, post)
    await broadcast.confirm(ADMIN, await key_of(broadcast, "维护"))
    await post.until(2)
    assert post.delivered[-1][1] == "群发结束：送到 1 人，1 人已屏蔽机器人，1 人没送到。"
    assert {*await store.broadcasts.audience("there")} == {*PEOPLE[1:]}
    await broadcast.close()


async def test_a_database_that_is_away_at_the_start_stops_nothing() -> None:
    await BroadcastSender(Store("sqlite+aiosqlite:////no-such-folder/youshu.db"), {"there": Post().send}).resume()


async def test_closing_what_never_began_does_nothing(store: Store) -> None:
    await sender(store, Post()).close()


async def test_it_leaves_most_of_telegrams_thirty_messages_a_second_to_answers() -> None:
    assert (PER_SECOND, CLOSE_SECONDS) == (10, 2)
