"""Taps are acknowledged at once; of many the last is drawn."""

import math
from pathlib import Path

import pytest

from bot.channels.telegram.pace import RateLimits
from tests.fakes.botapi import BotAPI, Fault
from tests.telegram_bot import Bot, reaching, talking


async def test_eight_taps_are_acknowledged_at_once_and_the_last_is_drawn(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with talking(server, tmp_path, options=reaching(server, rate_limits=RateLimits(in_chat=0.5))) as bot:
        await server.says(user, "催收会上门吗")
        answer = await server.next_message(user)
        async with server.held():
            for part in ("rights", "steps", "script", "basis", "consequences", "rights", "script", "steps"):
                await server.taps_data(answer, f"p:home_visit:{part}")
        await server.called("answerCallbackQuery", 8)
        assert not server.calls_of("editMessageText")
        assert "home_visit的第二步" in (await server.next_message(user))["text"]
        assert len(server.calls_of("editMessageText")) == 1
        assert bot.counted["superseded"] == 7


async def test_a_tap_is_acknowledged_while_the_chats_answer_hangs(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    server.fails("sendMessage", Fault(seconds=math.inf))
    await server.says(user, "会被起诉吗")
    await server.called("sendMessage", 2)
    await server.taps(answer, "权利")
    await server.called("answerCallbackQuery")
    assert not server.calls_of("editMessageText")
    server.release()
    assert not bot.counted


async def test_a_vote_tapped_twice_is_thanked_once(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    await server.says(user, "催收会上门吗")
    answer = await server.next_message(user)
    for _ in range(2):
        await server.taps(answer, "有用")
    assert "谢谢" in (await server.next_message(user))["text"]
    await server.says(user, "会被起诉吗")
    assert "lawsuit" in (await server.next_message(user))["text"]
    assert bot.counted["double_tap"] == 1


@pytest.mark.usefixtures("bot")
async def test_somebody_elses_tap_in_a_group_leaves_the_askers_message_as_it_is(server: BotAPI) -> None:
    group, asker = server.group(), server.user()
    await server.says(asker, f"@{server.world.username} 催收会上门吗", chat=group)
    answer = await server.next_message(group)
    await server.taps(answer, "权利", server.user("小李"))
    assert (await server.next_message(group))["message_id"] != answer["message_id"]
    await server.taps(answer, "权利", asker)
    assert (await server.next_message(group))["message_id"] == answer["message_id"]
