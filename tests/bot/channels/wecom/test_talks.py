"""The talks of tests/talks once more, through WeCom's callbacks and API: what the person reads there, and decides by tapping or by number."""

from itertools import cycle
from pathlib import Path

import pytest

from bot.messages import Incoming, Reply
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.fakes.wecom import Sent, WeCom
from tests.talking import Seen, Talk, Turn, check, place, talks
from tests.wecom_account import talking

PERSON = "wm_person_of_the_talk"


@pytest.mark.proof
async def test_every_talk_goes_as_written_in_wecom(wecom: WeCom, shipped: Knowledge, tmp_path: Path) -> None:
    replies: list[Reply | None] = []
    async with Store("sqlite+aiosqlite://") as store:
        conversation = Conversation(lambda: shipped, store)

        async def turn(incoming: Incoming) -> Reply | None:
            replies.append(await conversation.turn(incoming))
            return replies[-1]

        async with talking(wecom, tmp_path, turn=turn, knowledge=shipped):
            by_tap = cycle([True, False])
            for number, talk in enumerate(talks()):
                await _goes_as_written(wecom, talk, f"{PERSON}_{number}", replies, by_tap=next(by_tap))


async def _goes_as_written(wecom: WeCom, talk: Talk, person: str, replies: list[Reply | None], *, by_tap: bool) -> None:
    shown: list[Sent] = []
    for number, step in enumerate(talk.turns):
        already = len(replies)
        await _do(wecom, person, step, shown, by_tap=by_tap)
        await wecom.until(lambda already=already: len(replies) > already)  # type: ignore[misc]
        reply = replies[-1]
        texts = await wecom.reads(person) if reply is not None else []
        while reply is not None and not _is_whole(reply, texts):
            texts += await wecom.reads(person)
        shown = texts or shown
        check(step, _seen(reply, texts), place(talk, number))


async def _do(wecom: WeCom, person: str, turn: Turn, shown: list[Sent], *, by_tap: bool) -> None:
    if turn.tap is not None:
        items = shown[-1].items
        [(content, menu_id)] = [each for each in items.items() if each[0].partition(" ")[2] == turn.tap] or [("", "")]
        if by_tap and menu_id:
            await wecom.says(person, content, menu_id)
        else:
            lines = shown[-1].text.split("\n")
            [number] = [line.partition(" ")[0] for line in lines if line.partition(" ")[2] == turn.tap]
            await wecom.says(person, number)
    else:
        await wecom.says(person, turn.say or "[微笑]")


def _is_whole(reply: Reply, texts: list[Sent]) -> bool:
    """Whether the last of a reply's messages is there."""
    last = texts[-1].text
    return (
        reply.choices[-1].label in last.split("\n")[-1] if reply.choices else reply.text.rstrip().endswith(last[-20:])
    )


def _seen(reply: Reply | None, texts: list[Sent]) -> Seen | None:
    """What came over HTTP; the decision and the intent, which nobody sees there, from the conversation."""
    if reply is None:
        return None
    text = "\n".join(each.text for each in texts)
    labels = [
        each.label for number, each in enumerate(reply.choices, 1) if f"{number} {each.label}" in text.split("\n")
    ]
    assert len(labels) == len(reply.choices), text
    return Seen(text, tuple(labels), reply.decision.value, reply.intent)
