"""The talks of tests/talks once more, through WeChat's HTTP: what the person reads there, and decides by number, or by link in AES mode."""

import re
from pathlib import Path

import pytest

from bot.channels.wechat import wording
from bot.messages import Incoming, Reply
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.fakes.wechat import Mode, WeChat
from tests.talking import Seen, Talk, Turn, check, place, talks
from tests.wechat_account import talking

PERSON = "o_person_of_the_talk"


@pytest.mark.parametrize("talk", [*talks()], ids=lambda talk: talk.name)
@pytest.mark.parametrize("mode", ["plain", "aes"])
async def test_a_talk_goes_as_written_in_wechat(talk: Talk, mode: Mode, shipped: Knowledge, tmp_path: Path) -> None:
    replies: list[Reply | None] = []
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: shipped, store)

        async def turn(incoming: Incoming) -> Reply | None:
            replies.append(await conversation.turn(incoming))
            return replies[-1]

        async with talking(tmp_path, mode, turn=turn, knowledge=shipped) as account:
            labels: dict[str, tuple[str, str]] = {}
            for number, step in enumerate(talk.turns):
                text = await _do(account.wechat, step, labels, by_link=mode == "aes")
                reply = replies[-1]
                labels = (
                    {each.label: (str(position), each.value) for position, each in enumerate(reply.choices, 1)}
                    if reply
                    else labels
                )
                check(step, _seen(reply, text), place(talk, number))


async def _do(wechat: WeChat, turn: Turn, labels: dict[str, tuple[str, str]], *, by_link: bool) -> str | None:
    """All that comes of one turn, over as many pages as it takes."""
    if turn.tap is not None:
        number, value = labels[turn.tap]
        fields = wechat.text(PERSON, turn.tap, bizmsgmenuid=value) if by_link else wechat.text(PERSON, number)
    elif turn.say:
        fields = wechat.text(PERSON, turn.say)
    else:
        fields = wechat.text(PERSON, "[微笑]")
    delivery = await wechat.deliver(fields)
    assert delivery.fault is None
    text = delivery.text
    while text is not None and text.endswith(wording.CONTINUE):
        text = text.removesuffix(wording.CONTINUE) + ((await wechat.says(PERSON, "0")).text or "")
    return text


def _seen(reply: Reply | None, text: str | None) -> Seen | None:
    """What came over HTTP; the decision and the intent, which nobody sees there, from the conversation."""
    if reply is None or text is None:
        return None
    bare = re.sub(r"<[^>]*>", "", text)
    labels = [each.label for number, each in enumerate(reply.choices, 1) if f"{number} {each.label}" in bare]
    assert len(labels) == len(reply.choices), bare
    return Seen(bare, tuple(labels), reply.decision.value, reply.intent)
