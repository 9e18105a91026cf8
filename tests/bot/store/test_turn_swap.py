"""A turn is kept only where the talk still stands as it was read."""

import asyncio

from sqlalchemy import func, select

from bot.store.analytics import TurnEvent
from bot.store.store import Store
from bot.store.tables import outcomes
from tests.stores import DEADLINE, WANG, count

ANSWERED = TurnEvent("answer", "home_visit")
MISSED = TurnEvent("fallback", miss="没听懂", likeness="没听懂")


async def turns_counted(store: Store) -> int:
    return await count(store, select(func.coalesce(func.sum(outcomes.c.count), 0)))


async def test_the_second_of_two_that_read_the_same_talk_keeps_nothing(store: Store) -> None:
    assert await store.turns.swap(WANG, None, "一", ANSWERED)
    assert not await store.turns.swap(WANG, None, "又一", ANSWERED)
    assert await store.turns.swap(WANG, "一", "二", ANSWERED)
    assert not await store.turns.swap(WANG, "一", "三", ANSWERED)
    assert not await store.turns.swap(WANG, "一", "三", MISSED)
    assert (await store.turns.load(WANG)).state == "二"
    assert await turns_counted(store) == 2
    assert await store.analytics.misses() == []


async def test_what_is_chosen_is_counted_with_the_turn_that_is_kept(store: Store) -> None:
    assert await store.turns.swap(WANG, None, "一", MISSED)
    assert await store.turns.swap(WANG, "一", "二", MISSED)
    assert await store.turns.swap(WANG, "二", "三", TurnEvent())
    assert [miss.count for miss in await store.analytics.misses()] == [2]
    assert await turns_counted(store) == 2


async def test_of_many_at_once_one_keeps_its_turn(store: Store, database_url: str) -> None:
    async with Store(database_url, store.clock, call_seconds=DEADLINE) as other:
        for before, after in ((None, "一"), ("一", "二")):
            several = [each.turns.swap(WANG, before, after, ANSWERED) for each in (store, other) for _ in range(8)]
            assert sum(await asyncio.gather(*several)) == 1
        assert await turns_counted(store) == 2
