"""The talks of tests/talks once more, through Telegram's HTTP: what the person reads and can tap there."""

import asyncio
from pathlib import Path

import pytest

from bot.channels.telegram.sending import texts
from bot.messages import Incoming, Reply
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.fakes.botapi import DEADLINE, BotAPI, labels
from tests.fakes.botapi_rules import JSON
from tests.talking import Seen, Talk, Turn, check, place, talks
from tests.telegram_bot import talking


@pytest.mark.parametrize("talk", [*talks()], ids=lambda talk: talk.name)
async def test_a_talk_goes_as_written_in_telegram(
    talk: Talk, shipped: Knowledge, server: BotAPI, tmp_path: Path
) -> None:
    replies: asyncio.Queue[Reply | None] = asyncio.Queue()
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: shipped, store)

        async def turn(incoming: Incoming) -> Reply | None:
            reply = await conversation.turn(incoming)
            replies.put_nowait(reply)
            return reply

        async with talking(server, tmp_path, turn=turn, knowledge=shipped):
            user = server.user()
            last: JSON = {}
            for number, step in enumerate(talk.turns):
                await _do(server, user, last, step)
                reply = await asyncio.wait_for(replies.get(), DEADLINE)
                messages = [await server.next_message(user) for _ in texts(reply)] if reply else []
                last = messages[-1] if messages else last
                check(step, _seen(reply, messages), place(talk, number))


async def _do(server: BotAPI, user: JSON, last: JSON, turn: Turn) -> None:
    if turn.tap is not None:
        await server.taps(last, turn.tap, user)
    elif turn.say:
        await server.says(user, turn.say)
    else:
        await server.says(user, sticker={"file_id": "s", "file_unique_id": "s", "type": "regular"} | _SIZE)


_SIZE = {"width": 512, "height": 512, "is_animated": False, "is_video": False}


def _seen(reply: Reply | None, messages: list[JSON]) -> Seen | None:
    """What came over HTTP; the decision and the intent, which nobody sees there, from the conversation."""
    if reply is None:
        return None
    text = "\n".join(message["text"] for message in messages)
    return Seen(text, tuple(labels(messages[-1])), reply.decision.value, reply.intent)
