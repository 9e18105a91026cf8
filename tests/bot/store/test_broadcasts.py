"""The queue of broadcasts: everybody once, and nobody the day after."""

import asyncio

import pytest

from bot.messages import ChatIdentity
from bot.store.analytics import TurnEvent
from bot.store.data_map import DAY_SECONDS
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.stores import ADMIN, LI, WANG, Clock, row_counts


@pytest.mark.proof
async def test_a_broadcast_names_everybody_else_of_its_channel_until_it_is_done(store: Store, clock: Clock) -> None:
    people = [ChatIdentity("telegram", str(number)) for number in range(2000, 2250)]
    for person in (ADMIN, LI, *people):
        clock.now += 1
        await store.turns.save(person, "lawsuit")
    queue = store.broadcasts
    begun = await queue.enqueue(ADMIN, "今晚维护")
    assert (begun.recipient_count, await queue.unfinished()) == (250, [begun])
    await store.forget(people[-2])
    found: list[ChatIdentity] = []
    while following := await queue.next_recipients(begun.id):
        for recipient in following:
            taken = await asyncio.gather(*(queue.take(begun.id, recipient) for _ in range(3)))
            assert taken.count(True) == 1
            found.append(recipient.person)
    assert found == [people[-1], *reversed(people[:-2])]
    await queue.finish(begun.id)
    assert not await queue.unfinished()
    left = await row_counts(store)
    assert (left["broadcasts"], left["recipients"]) == (0, 0)


async def test_whoever_wrote_a_moment_ago_is_reached_too(store: Store) -> None:
    store.turns.save_later(WANG, "lawsuit", TurnEvent(), _not_kept)
    assert (await store.broadcasts.enqueue(ADMIN, "今晚维护")).recipient_count == 1


def _not_kept(error: StoreError) -> None:
    raise error


async def test_a_broadcast_of_yesterday_neither_goes_on_nor_stays(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "lawsuit")
    await store.broadcasts.enqueue(ADMIN, "今晚维护")
    clock.now += DAY_SECONDS
    assert not await store.broadcasts.unfinished()
    assert await store.delete_expired(30) == 2
