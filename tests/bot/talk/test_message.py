"""A message is looked at once, however many parts of the bot ask what it means."""

from dataclasses import replace

import pytest
from typing_extensions import override

from bot.messages import ChatIdentity, Incoming
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.message import Message
from intents.danger.detector import DangerLevel
from intents.knowledge import Knowledge
from intents.matching.match import Look
from intents.matching.matcher import Matcher


class CountingMatcher(Matcher):
    """A matcher that counts its looks."""

    looks = 0

    @override
    def look(self, text: str) -> Look:
        self.looks += 1
        return super().look(text)


@pytest.fixture
def counting(shipped: Knowledge) -> CountingMatcher:
    return CountingMatcher(shipped.faq, model=shipped.matcher.model)


async def test_a_message_is_looked_at_once_whatever_it_is_and_wherever_it_stands(
    shipped: Knowledge, counting: CountingMatcher
) -> None:
    talk = [
        "催收会上门吗",
        "那我有什么权利",
        "他要是不走呢",
        "那往哪告",
        "怎么跟客服说",
        "知道了",
        "明天下雨吗",
        "不是，我说的是借呗",
        "在不",
    ]
    knowledge = replace(shipped, matcher=counting)
    looked = []
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: knowledge, store)
        for text in talk:
            before = counting.looks
            await conversation.turn(Incoming(ChatIdentity("test", "1"), text))
            looked.append(counting.looks - before)
    assert max(looked) == 1, list(zip(talk, looked, strict=True))


def test_what_was_seen_stays_when_the_danger_is_doubted(counting: CountingMatcher) -> None:
    message = Message("只有一套自己住的", counting)
    assert message.crisis_score == message.at_level(DangerLevel.DOUBTFUL).crisis_score
    assert counting.looks == 1
