"""The talks of tests/talks, run through the conversation itself."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.conversation import Conversation
from bot.messages import Incoming, Person, Reply
from bot.store import Store
from intents.knowledge import Knowledge
from tests.talking import SHIPPED_FAQ, Seen, Talk, check, place, talks

PERSON = Person("test", "1")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load(SHIPPED_FAQ)


def seen(reply: Reply | None) -> Seen | None:
    if reply is None:
        return None
    return Seen(reply.text, tuple(choice.label for choice in reply.choices), reply.decision.value, reply.intent)


@pytest.mark.parametrize("talk", [*talks()], ids=lambda talk: talk.name)
@pytest.mark.parametrize("restarting", [False, True], ids=["", "restarted between turns"])
async def test_a_talk_goes_as_written(talk: Talk, knowledge: Knowledge, tmp_path: Path, *, restarting: bool) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}"
    values: Mapping[str, str] = {}
    async with Store(url, call_seconds=20) as store:
        conversation = Conversation(lambda: knowledge, store)
        for number, turn in enumerate(talk.turns):
            if restarting:
                await store.close()
                await store.open()
                conversation = Conversation(lambda: knowledge, store)
            choice = values[turn.tap] if turn.tap is not None else None
            reply = await conversation.turn(Incoming(PERSON, turn.say or "", choice))
            check(turn, seen(reply), place(talk, number))
            values = {each.label: each.value for each in reply.choices} if reply else values
