"""The queue of broadcasts: everybody once, and nobody the day after."""

import asyncio

import pytest

from bot.messages import UNREACHABLE, ChatIdentity
from bot.store.analytics import TurnEvent
from bot.store.broadcasts import DRAFT_SECONDS
from bot.store.data_map import DAY_SECONDS
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.stores import ADMIN, LI, OTHER_ADMIN, WANG, Clock, row_counts


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


async def test_it_goes_to_everybody_else_of_its_channel_who_wants_to_hear_from_the_bot(
    store: Store, clock: Clock
) -> None:
    blocked, queue = ChatIdentity("telegram", "1002"), store.broadcasts
    for person in (ADMIN, WANG, LI, blocked):
        clock.now += 1
        await store.turns.save(person, "lawsuit")
    for person, kind in ((blocked, UNREACHABLE), (WANG, "waiting"), (ChatIdentity("web", WANG.user), UNREACHABLE)):
        await store.channel_states.save(person, kind, "{}")
    assert await queue.audience("telegram") == [WANG, ADMIN]
    first = await queue.enqueue(ADMIN, "今晚维护")
    clock.now += 1
    second = await queue.enqueue(ADMIN, "明晚维护")
    assert (first.recipient_count, await queue.unfinished()) == (1, [first, second])
    [recipient] = await queue.next_recipients(first.id)
    assert recipient.person == WANG
    assert [await queue.take(first.id, recipient) for _ in range(2)] == [True, False]
    assert [await queue.remaining(each.id) for each in (first, second)] == [0, 1]
    await queue.finish(first.id)
    assert await queue.unfinished() == [second]
    [recipient] = await queue.next_recipients(second.id)
    assert not await queue.take(first.id, recipient)
    await store.forget(WANG)
    assert not await queue.take(second.id, recipient)
    assert await queue.next_recipients(second.id) == []


async def test_what_an_operator_was_shown_is_sent_once_and_only_while_it_is_new(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "lawsuit")
    queue = store.broadcasts

    async def confirmed(key: str, admin: ChatIdentity = ADMIN) -> str | None:
        found = await store.database.write(lambda connection: queue.confirm(connection, admin, key))
        return found.text if found is not None else None

    old, key = await queue.draft(ADMIN, "今晚维护"), await queue.draft(ADMIN, "明晚维护")
    assert [await confirmed(old), await confirmed(key, OTHER_ADMIN)] == [None, None]
    clock.now += DRAFT_SECONDS - 1
    assert [await confirmed(key), await confirmed(key)] == ["明晚维护", None]
    key = await queue.draft(ADMIN, "后天维护")
    clock.now += DRAFT_SECONDS
    assert await confirmed(key) is None
    key = await queue.draft(ADMIN, "大后天维护")
    await queue.discard(OTHER_ADMIN)
    await queue.discard(ADMIN)
    assert await confirmed(key) is None


async def test_whoever_wrote_a_moment_ago_is_reached_too(store: Store) -> None:
    store.turns.save_later(WANG, "lawsuit", TurnEvent(), _not_kept)
    assert (await store.broadcasts.enqueue(ADMIN, "今晚维护")).recipient_count == 1


def _not_kept(error: StoreError) -> None:
    raise error


async def test_a_broadcast_of_yesterday_neither_goes_on_nor_stays(store: Store, clock: Clock) -> None:
    await store.turns.save(WANG, "lawsuit")
    await store.broadcasts.enqueue(ADMIN, "今晚维护")
    clock.now += DAY_SECONDS - 1
    assert await store.broadcasts.unfinished()
    clock.now += 1
    assert not await store.broadcasts.unfinished()
    assert await store.delete_expired(30) == 2
