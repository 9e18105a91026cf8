"""What a channel keeps of a person beside the talk."""

import asyncio

from bot.messages import ChatIdentity
from bot.store.store import Store
from tests.stores import BEGIN, LI, WANG, Clock


async def test_one_state_of_each_kind_is_kept_of_a_person_the_last(store: Store) -> None:
    states = store.channel_states
    assert await states.read(WANG, "waiting") is None
    await asyncio.gather(*(states.save(WANG, "waiting", str(number)) for number in range(3)))
    await states.save(WANG, "quota", "5")
    assert [await states.read(WANG, kind) for kind in ("waiting", "quota")] == ["2", "5"]
    assert await states.read(ChatIdentity("web", WANG.user), "waiting") is None
    await states.save(WANG, "waiting", None)
    assert [await states.read(WANG, kind) for kind in ("waiting", "quota")] == [None, "5"]


async def test_those_of_a_kind_and_a_channel_are_loaded_from_a_moment_on_the_oldest_first(
    store: Store, clock: Clock
) -> None:
    states, second = store.channel_states, ChatIdentity(WANG.channel, "1002")
    await states.save(WANG, "waiting", "old")
    for person, kind in ((second, "waiting"), (WANG, "waiting"), (WANG, "quota"), (LI, "waiting")):
        clock.now += 1
        await states.save(person, kind, kind)
    assert await states.load(WANG.channel, "waiting", 0) == [(second.user, "waiting"), (WANG.user, "waiting")]
    assert await states.load(WANG.channel, "waiting", BEGIN + 2) == [(WANG.user, "waiting")]
    assert await states.load(WANG.channel, "waiting", BEGIN + 3) == []
