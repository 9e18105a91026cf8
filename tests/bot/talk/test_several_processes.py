"""One talk that several processes answer, each with a store of its own on the same database."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.choices import OpenSection
from bot.messages import ChatIdentity, Incoming, Part
from bot.store.store import Store
from bot.talk.conversation import SWAP_TRIES, Conversation
from bot.talk.state import ConversationState
from intents import Decision, Matcher
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


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[list[Conversation]]:
    knowledge = Knowledge(LITTLE, Matcher(LITTLE), "0")
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(Store(database_url, call_seconds=DEADLINE)) for _ in range(3)]
        yield [Conversation(lambda: knowledge, store, several=True) for store in stores]


async def state_of(process: Conversation) -> ConversationState:
    return ConversationState.from_json((await process.store.turns.load(WANG)).state)


async def test_a_talk_goes_on_at_another_process_at_once(processes: list[Conversation]) -> None:
    turns = itertools.cycle(processes)
    asked = await next(turns).turn(Incoming(WANG, "催收真的会上门吗"))
    assert asked is not None
    assert asked.decision is Decision.ANSWER
    # The reply is there, so its turn is kept: the next process knows what it was about.
    for text in ("那我有什么权利", "怎么做"):
        reply = await next(turns).turn(Incoming(WANG, text))
        assert reply is not None
        assert (reply.intent, reply.part is not None) == ("home_visit", True)
    tapped = await next(turns).turn(Incoming(WANG, "", OpenSection("home_visit", Part.RIGHTS).encode()))
    assert tapped is not None
    assert tapped.intent == "home_visit"


async def test_messages_at_the_same_moment_at_several_processes_lose_no_turn(processes: list[Conversation]) -> None:
    several = SWAP_TRIES - 2
    replies = await asyncio.gather(*(process.turn(Incoming(WANG, "鹦鹉孔雀蜻蜓")) for process in processes[:several]))
    assert all(reply is not None for reply in replies)
    assert (await state_of(processes[0])).misses == several
    [outcome] = await processes[0].store.analytics.outcomes()
    assert outcome.count == several
    [miss] = await processes[0].store.analytics.misses()
    assert miss.count == several


async def test_a_talk_forgotten_at_one_process_is_unknown_to_all(processes: list[Conversation]) -> None:
    await processes[0].turn(Incoming(WANG, "催收真的会上门吗"))
    await processes[1].forget(WANG)
    assert await state_of(processes[2]) == ConversationState()
