"""A thought in several messages, a text that was cut, an album: one answer."""

from pathlib import Path

import pytest

from bot.messages import Incoming, Reply, Section
from intents import Decision
from tests.fakes.botapi import BotAPI
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import Bot, reaching, talking

PHOTO: JSON = {"photo": [{"file_id": "f", "file_unique_id": "f", "width": 1, "height": 1}]}
LINES = ["我借了网贷", "三个月没还了", "今天催收打电话", "说明天带人来我家", "怎么办"]


class Heard:
    """A conversation that says back what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def turn(self, incoming: Incoming) -> Reply:
        self.texts.append(incoming.text)
        return Reply(Decision.ANSWER, (Section((f"{len(self.texts)}",)),))


async def ends(server: BotAPI, user: JSON, answer: str) -> None:
    """A complete question is answered with this number: nothing else was answered before it."""
    await server.says(user, "好了吗")
    assert (await server.next_message(user))["text"] == answer


async def test_five_short_lines_of_one_thought_get_one_answer(server: BotAPI, tmp_path: Path) -> None:
    heard, user = Heard(), server.user()
    async with talking(server, tmp_path, turn=heard.turn, options=reaching(server, join_seconds=5)):
        for line in LINES:
            await server.says(user, line)
        assert (await server.next_message(user))["text"] == "1"
        await ends(server, user, "2")
    assert heard.texts[0] == "\n".join(LINES)


async def test_what_looks_unfinished_is_answered_when_nothing_follows(server: BotAPI, tmp_path: Path) -> None:
    heard, user = Heard(), server.user()
    async with talking(server, tmp_path, turn=heard.turn, options=reaching(server, join_seconds=0.05)):
        await server.says(user, "我借了网贷")
        assert (await server.next_message(user))["text"] == "1"


async def test_a_complete_question_waits_for_nothing(server: BotAPI, tmp_path: Path) -> None:
    heard, user = Heard(), server.user()
    async with talking(server, tmp_path, turn=heard.turn, options=reaching(server, join_seconds=1000)):
        for text in ("催收会上门吗", "2", "菜单", "权利", "有用", "ok", "/help"):
            await server.says(user, text)
            await server.next_message(user)
    assert len(heard.texts) == 7


async def test_a_pasted_text_that_telegram_cut_in_two_gets_one_answer(server: BotAPI, tmp_path: Path) -> None:
    heard, user = Heard(), server.user()
    pasted = "".join(f"第{number}条：催收说明天带人来我家。" for number in range(320))
    assert 4096 < len(pasted) < 8192
    async with talking(server, tmp_path, turn=heard.turn, options=reaching(server, join_seconds=5)):
        for part in (pasted[:4096], pasted[4096:]):
            await server.says(user, part)
        assert (await server.next_message(user))["text"] == "1"
        await ends(server, user, "2")


@pytest.mark.parametrize("lines", [["我借了网贷", "我不想活了"], ["我真的", "不想活了"]])
async def test_danger_to_life_is_not_held_and_takes_what_was_held_along(
    server: BotAPI, tmp_path: Path, lines: list[str]
) -> None:
    user = server.user()
    async with talking(server, tmp_path, options=reaching(server, join_seconds=1000)):
        for line in lines:
            await server.says(user, line)
        assert "120" in (await server.next_message(user))["text"]
        await server.settled()
        assert not server.unread(user)


async def test_an_album_with_one_caption_gets_one_answer_whichever_picture_has_it(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    for place in range(3):
        for number in range(3):
            caption: JSON = {"caption": "催收会上门吗"} if number == place else {}
            await server.says(user, **PHOTO, **caption, media_group_id=f"album-{place}")
        assert "home_visit" in (await server.next_message(user))["text"]
    await server.says(user, "会被起诉吗")
    assert "lawsuit" in (await server.next_message(user))["text"]
    assert not bot.counted


async def test_what_two_people_write_in_a_group_is_not_joined(server: BotAPI, tmp_path: Path) -> None:
    heard, group = Heard(), server.group()
    async with talking(server, tmp_path, turn=heard.turn, options=reaching(server, join_seconds=1000)):
        for name in ("小王", "小李"):
            await server.says(server.user(name), f"@{server.world.username} 我借了网贷", chat=group)
            await server.next_message(group)
    assert heard.texts == ["我借了网贷"] * 2
