"""Deduplication: a message is claimed once, whoever asks."""

import asyncio

from bot.store.claims import CLAIM_SECONDS
from bot.store.store import Store
from tests.stores import Clock


async def claimed(store: Store, channel: str, message_id: str) -> bool:
    return bool(await store.claims.deduplicate(channel, [message_id]))


async def test_a_message_is_claimed_once_until_its_claim_expires(store: Store, clock: Clock) -> None:
    assert await claimed(store, "telegram", "5")
    assert not await claimed(store, "telegram", "5")
    assert await claimed(store, "wechat", "5")
    clock.now += CLAIM_SECONDS - 1
    assert not await claimed(store, "telegram", "5")
    clock.now += 1
    assert await claimed(store, "telegram", "5")
    assert not await claimed(store, "telegram", "5")


async def test_one_of_many_claims_at_once_wins(store: Store) -> None:
    won = await asyncio.gather(*(claimed(store, "telegram", "9") for _ in range(20)))
    assert won.count(True) == 1


async def test_many_claims_in_one_statement_are_won_once_each(store: Store, clock: Clock) -> None:
    assert await store.claims.deduplicate("telegram", [str(number) for number in range(100)]) == {
        str(n) for n in range(100)
    }
    assert await store.claims.deduplicate("telegram", ["99", "100", "100"]) == {"100"}
    clock.now += CLAIM_SECONDS
    assert await store.claims.deduplicate("telegram", ["99", "100"]) == {"99", "100"}


async def test_claims_of_the_same_moment_share_a_statement_and_one_of_the_same_wins(store: Store) -> None:
    ids = [str(number % 100) for number in range(200)]
    won = await asyncio.gather(*(store.claims.claim("wechat", each) for each in ids))
    assert won == [True] * 100 + [False] * 100
    assert not await store.claims.claim("wechat", "0")
    assert await store.claims.claim("telegram", "0")
