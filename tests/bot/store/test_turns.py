"""What a turn reads and writes: one at a time, and many at the same moment."""

import asyncio

from bot.messages import ChatIdentity
from bot.store.analytics import TurnEvent
from bot.store.handoffs import Handoff
from bot.store.store import Store
from bot.store.turns import TurnContext
from tests.stores import ADMIN, BEGIN, LI, WANG, row_counts


async def test_a_talk_comes_back_as_it_was_kept(store: Store) -> None:
    await store.turns.save(WANG, '{"intent": "催收"}')
    assert await store.turns.load(WANG) == TurnContext('{"intent": "催收"}')
    assert await store.turns.load(LI) == TurnContext(None)


async def test_a_talk_kept_twice_is_one_talk(store: Store) -> None:
    await store.turns.save(WANG, "home_visit")
    await store.turns.save(WANG, "lawsuit")
    assert (await store.turns.load(WANG)).state == "lawsuit"
    assert (await row_counts(store))["talks"] == 1


async def test_turns_at_the_same_moment_each_get_and_keep_their_own(store: Store) -> None:
    people = [ChatIdentity(channel, f"人 {number}") for number in range(50) for channel in ("telegram", "web")]
    await store.handoffs.take(Handoff(people[3], ADMIN, BEGIN + 100))
    talks = {person: str(number) for number, person in enumerate(people)}
    event = TurnEvent("answer", "lawsuit")
    await asyncio.gather(*(store.turns.save(person, talk, event) for person, talk in talks.items()))
    found = await asyncio.gather(*(store.turns.load(person) for person in [*people, ADMIN]))
    assert [each.state for each in found] == [*talks.values(), None]
    assert [each.handoff is not None for each in found[:5]] == [False, False, False, True, False]
    assert found[-1].held_handoff == Handoff(people[3], ADMIN, BEGIN + 100)
    assert [row.count for row in await store.analytics.outcomes()] == [len(people)]
    assert (await store.turns.load(people[3], with_handoffs=False)).handoff is None


async def test_a_turn_that_the_database_refuses_does_not_take_the_others_with_it(store: Store) -> None:
    refused = ChatIdentity("web", "\ud800")
    kept = await asyncio.gather(
        *(store.turns.save(person, "lawsuit") for person in (WANG, refused, LI)),
        return_exceptions=True,
    )
    assert [kept[0], kept[2]] == [None, None]
    assert isinstance(kept[1], Exception)
    found = await asyncio.gather(*(store.turns.load(person) for person in (WANG, refused, LI)), return_exceptions=True)
    assert [found[0], found[2]] == [TurnContext("lawsuit")] * 2
