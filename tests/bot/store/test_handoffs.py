"""Which operator has which talk, and until when."""

from bot.store.handoffs import Handoff
from bot.store.store import Store
from tests.stores import ADMIN, BEGIN, LI, OTHER_ADMIN, WANG, Clock


async def test_a_talk_taken_by_one_operator_is_not_free_for_another_until_it_expires(
    store: Store, clock: Clock
) -> None:
    first = Handoff(WANG, ADMIN, BEGIN + 100)
    assert await store.handoffs.take(first)
    assert not await store.handoffs.take(Handoff(WANG, OTHER_ADMIN, BEGIN + 200))
    assert (await store.turns.load(WANG)).handoff == first
    assert (await store.turns.load(ADMIN)).held_handoff == first
    clock.now = BEGIN + 100
    assert (await store.turns.load(WANG)).handoff is None
    assert await store.handoffs.take(Handoff(WANG, OTHER_ADMIN, BEGIN + 200))


async def test_an_operator_holds_one_talk_at_a_time(store: Store) -> None:
    await store.handoffs.take(Handoff(WANG, ADMIN, BEGIN + 100))
    await store.handoffs.take(Handoff(LI, ADMIN, BEGIN + 100))
    assert (await store.turns.load(WANG)).handoff is None
    assert await store.handoffs.release(ADMIN) == 1
    assert (await store.turns.load(LI)).handoff is None
