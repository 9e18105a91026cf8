"""How many messages may go to whom: five within two days of a word, three within a minute of a tap."""

import pytest

from bot.channels.wechat import quota
from bot.channels.wechat.keeping import CHANNEL, Keeper
from bot.channels.wechat.quota import Quotas
from bot.messages import ChatIdentity
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.stores import Clock

TWO_DAYS = 48 * 3600


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


async def spend(quotas: Quotas, times: int) -> int | None:
    for _ in range(times):
        quotas.spend("o1")
    return await quotas.left("o1")


async def test_five_after_a_word_for_two_days(clock: Clock) -> None:
    quotas = Quotas(clock=clock)
    assert await quotas.left("o1") is None
    quotas.after_message("o1")
    assert await quotas.left("o1") == 5
    clock.now += TWO_DAYS - 1
    assert await spend(quotas, 1) == 4
    clock.now += 1
    assert await spend(quotas, 1) == 0


async def test_there_are_never_less_than_none_and_a_new_word_gives_all_five(clock: Clock) -> None:
    quotas = Quotas(clock=clock)
    assert await spend(quotas, 1) is None
    quotas.after_message("o1")
    assert await spend(quotas, 6) == 0
    quotas.after_message("o1")
    assert await quotas.left("o1") == 5


async def test_three_after_a_tap_for_a_minute_are_spent_first(clock: Clock) -> None:
    quotas = Quotas(clock=clock)
    quotas.after_message("o1")
    quotas.after_tap("o1")
    assert await quotas.left("o1") == 8
    assert await spend(quotas, 1) == 7
    clock.now += 60
    assert await quotas.left("o1") == 5
    quotas.after_tap("o1")
    assert await spend(quotas, 4) == 4


async def test_of_whom_nothing_is_known_the_talk_tells_when_they_wrote(clock: Clock) -> None:
    asked: list[ChatIdentity] = []

    async def last_heard(person: ChatIdentity) -> int | None:
        asked.append(person)
        return None if person.user == "nobody" else 900

    quotas = Quotas(last_heard=last_heard, clock=clock)
    assert await quotas.left("nobody") is None
    quotas.after_tap("o1")
    assert await quotas.left("o1") == 3 + 5
    assert await spend(quotas, 3) == 5
    assert asked == [ChatIdentity("wechat", "nobody"), ChatIdentity("wechat", "o1")]
    clock.now = 900 + TWO_DAYS
    assert await quotas.left("o1") == 0


async def test_with_the_store_away_wechat_itself_counts(clock: Clock) -> None:
    async def last_heard(_: ChatIdentity) -> int | None:
        raise StoreError("OperationalError")

    assert await Quotas(last_heard=last_heard, clock=clock).left("o1") is None


async def test_of_too_many_people_those_not_heard_of_longest_are_not_counted(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(quota, "PEOPLE", 2)
    quotas = Quotas(clock=clock)
    for person in ("o1", "o2", "o1", "o3"):
        quotas.after_message(person)
    assert [await quotas.left(person) for person in ("o1", "o2", "o3")] == [5, None, 5]


async def test_what_was_spent_is_kept_from_the_first_message_on(clock: Clock) -> None:
    async with Store("sqlite+aiosqlite://", clock) as store:
        keeper = Keeper(store.channel_states, "quota")

        async def kept() -> Quotas:
            await keeper.finish(10)
            read = Quotas(Keeper(store.channel_states, "quota"), clock=clock)
            await read.restore()
            return read

        quotas = Quotas(keeper, clock=clock)
        quotas.after_message("o1")
        assert await (await kept()).left("o1") is None
        quotas.spend("o1")
        assert await (await kept()).left("o1") == 4
        quotas.after_message("o1")
        again = await kept()
        assert await again.left("o1") == 5
        again.after_tap("o1")
        assert again.keeper is not None
        await again.keeper.finish(10)
        assert await (await kept()).left("o1") == 8
        quotas.forget("o1")
        assert await quotas.left("o1") is None
        clock.now += TWO_DAYS + 1
        assert await (await kept()).left("o1") is None


async def test_what_this_version_kept_the_next_reads(clock: Clock) -> None:
    async with Store("sqlite+aiosqlite://", clock) as store:
        data = f'{{"message":{{"left":2,"until":{clock.now + 10}}},"tap":{{"left":1,"until":{clock.now + 5}}}}}'
        await store.channel_states.save(ChatIdentity(CHANNEL, "o1"), quota.KIND, data)
        quotas = Quotas(Keeper(store.channel_states, "quota"), clock=clock)
        quotas.after_message("o2")
        await quotas.restore()
        assert [await quotas.left(person) for person in ("o1", "o2")] == [3, 5]
        quotas.after_message("o1")
        assert await quotas.left("o1") == 6
