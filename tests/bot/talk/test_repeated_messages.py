"""A message that its channel sends again, because no answer came: the same answer, and the talk stands where it stood."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.messages import ChatIdentity, Incoming
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.state import ConversationState
from intents import Matcher
from intents.knowledge import Knowledge
from tests.faqs import faq, intent
from tests.stores import DEADLINE

WANG = ChatIdentity("web", "1001")
LITTLE = faq(
    [
        intent("home_visit", ["催收真的会上门吗", "逾期多久会有人来我家"]),
        intent("lawsuit", ["会被起诉吗", "收到法院传票"]),
    ]
)


@pytest.fixture(params=[False, True], ids=["one process", "several"])
async def processes(
    request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[tuple[Conversation, Conversation]]:
    """The process that takes a message first, and the one that it comes to again; the same where there is only one."""
    knowledge = Knowledge(LITTLE, Matcher(LITTLE), "0")
    async with (
        Store(database_url, call_seconds=DEADLINE) as store,
        Store(database_url, call_seconds=DEADLINE) as other,
    ):
        first = Conversation(lambda: knowledge, store, several=request.param)
        yield first, Conversation(lambda: knowledge, other, several=True) if request.param else first


async def state_of(process: Conversation) -> ConversationState:
    await process.store.turns.settle()
    return ConversationState.from_json((await process.store.turns.load(WANG)).state)


async def counted(process: Conversation) -> int:
    return sum(each.count for each in await process.store.analytics.outcomes())


async def test_a_number_sent_again_means_the_choice_that_it_meant(processes: tuple[Conversation, Conversation]) -> None:
    first, other = processes
    await first.turn(Incoming(WANG, "催收真的会上门吗", message_id="a"))
    number = Incoming(WANG, "1", message_id="b")
    answer = await first.turn(number)
    stands, count = await state_of(first), await counted(first)
    assert await other.turn(number) == answer
    assert await state_of(other) == stands
    assert await counted(other) == count
    # The same said once more is another message, and is meant of the choices that are offered now.
    assert await other.turn(replace(number, message_id="c")) != answer


async def test_a_miss_sent_again_is_one_miss(processes: tuple[Conversation, Conversation]) -> None:
    first, other = processes
    for process in (first, other, first):
        await process.turn(Incoming(WANG, "鹦鹉孔雀蜻蜓", message_id="a"))
    assert (await state_of(first)).misses == 1
    assert [each.count for each in await first.store.analytics.misses()] == [1]


async def test_only_the_last_message_is_remembered_and_nothing_before_it(
    processes: tuple[Conversation, Conversation],
) -> None:
    first, _ = processes
    for number in range(3):
        await first.turn(Incoming(WANG, "会被起诉吗", message_id=str(number)))
    stands = await state_of(first)
    assert stands.message_id == "2"
    assert stands.before is not None
    assert (stands.before.message_id, stands.before.before) == ("", None)


async def test_a_message_without_an_id_is_always_a_new_one(processes: tuple[Conversation, Conversation]) -> None:
    first, _ = processes
    for _ in range(2):
        await first.turn(Incoming(WANG, "鹦鹉孔雀蜻蜓"))
    assert (await state_of(first)).misses == 2
