"""The talks of tests/talks, run through the conversation itself."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.messages import ChatIdentity, Incoming, Reply
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.stores import sqlite_url
from tests.talking import Seen, Talk, check, place, talks

PERSON = ChatIdentity("test", "1")


def seen(reply: Reply | None) -> Seen | None:
    if reply is None:
        return None
    return Seen(reply.text, tuple(choice.label for choice in reply.choices), reply.decision.value, reply.intent)


@pytest.mark.parametrize("talk", talks(), ids=lambda talk: talk.name)
@pytest.mark.parametrize("restarting", [False, True], ids=["", "restarted between turns"])
async def test_a_talk_goes_as_written(talk: Talk, shipped: Knowledge, tmp_path: Path, *, restarting: bool) -> None:
    url = sqlite_url(tmp_path)
    values: Mapping[str, str] = {}
    async with Store(url, call_seconds=20) as store:
        conversation = Conversation(lambda: shipped, store)
        for number, turn in enumerate(talk.turns):
            if restarting:
                await store.close()
                await store.open()
                conversation = Conversation(lambda: shipped, store)
            choice = values[turn.tap] if turn.tap is not None else None
            reply = await conversation.turn(Incoming(PERSON, turn.say or "", choice))
            check(turn, seen(reply), place(talk, number))
            values = {each.label: each.value for each in reply.choices} if reply else values
