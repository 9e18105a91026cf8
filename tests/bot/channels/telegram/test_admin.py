"""Operators in Telegram: their commands, their buttons, their menu; and that nobody else has them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import ChatIdentity
from bot.operators.admin_commands import COMMANDS
from bot.store.analytics import TurnEvent
from tests.fakes.botapi import BotAPI, labels
from tests.fakes.botapi_rules import JSON
from tests.telegram_shop import Shop, open_shop

MISS = "鹦鹉孔雀蜻蜓蚂蚁"
TAUGHT = "讨债的蹲在单元楼底下"


@pytest.fixture
async def shop(server: BotAPI, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(server, tmp_path) as shop:
        yield shop


async def test_to_anybody_else_the_commands_are_words_that_mean_nothing(shop: Shop) -> None:
    user = shop.server.user()
    unknown = [(await shop.asks(shop.server.user(), "/nosuchcommand"))["text"]]
    for command in COMMANDS:
        other = shop.server.user()
        assert [(await shop.asks(other, f"/{command}"))["text"]] == unknown
    before = shop.path.read_bytes()
    await shop.asks(user, f"/teach home_visit {TAUGHT}")
    assert shop.path.read_bytes() == before


async def test_an_operators_button_forged_by_somebody_else_is_like_any_unknown_one(shop: Shop) -> None:
    user = shop.server.user()
    answer = await shop.asks(user, "催收会上门吗")
    await shop.server.taps_data(answer, "x:nosuch")
    unknown = await shop.server.next_message(user)
    await shop.server.taps_data(answer, f"a:take:telegram:{shop.admin['id']}")
    forged = await shop.server.next_message(user)
    assert (forged["text"], labels(forged)) == (unknown["text"], labels(unknown))


async def test_in_a_group_an_operator_has_no_commands_either(shop: Shop) -> None:
    group = shop.server.group()
    await shop.server.says(shop.admin, "/misses@youshu_bot", chat=group)
    await shop.server.says(shop.admin, "@youshu_bot 催收会上门吗", chat=group)
    assert "home_visit的简要回答" in (await shop.server.next_message(group))["text"]
    assert not shop.server.unread(group)


async def test_only_the_operators_chat_lists_the_commands(shop: Shop) -> None:
    await shop.server.called("setChatMenuButton")
    listed = {
        place: {command["command"] for command in commands}
        for (method, place, _), commands in shop.server.world.profile.items()
        if method == "setMyCommands"
    }
    assert set(COMMANDS) < listed[f"chat:{shop.admin['id']}"]
    assert {"topics", "forget"} < listed[f"chat:{shop.admin['id']}"]
    assert not any(set(COMMANDS) & commands for place, commands in listed.items() if not place.startswith("chat:"))


async def test_an_operator_who_first_writes_later_gets_the_list_then(server: BotAPI, shop: Shop) -> None:
    await server.called("setChatMenuButton")
    server.world.profile.clear()
    await shop.asks(shop.admin, "/stats")
    await shop.asks(shop.admin, "/stats")
    [(method, place, _)] = server.world.profile
    assert (method, place) == ("setMyCommands", f"chat:{shop.admin['id']}")


async def test_stats_name_the_topics_that_were_asked(shop: Shop) -> None:
    await shop.asks(shop.server.user(), "催收会上门吗")
    text = (await shop.asks(shop.admin, "/stats"))["text"]
    assert "上门催收 1" in text


async def test_a_miss_is_leafed_to_and_taught_in_three_taps(shop: Shop) -> None:
    user = shop.server.user()
    miss = TurnEvent("fallback", miss=MISS, likeness=MISS)
    await shop.store.turns.save(ChatIdentity("telegram", "1"), "{}", miss)
    listed = await shop.asks(shop.admin, "/misses")
    one = await shop.taps(listed, "1")
    assert one["message_id"] == listed["message_id"]
    assert MISS in one["text"]
    told = await shop.teaches("home_visit", reply_to_message=one)
    assert "“上门催收”" in told
    assert "已载入" in told
    assert "home_visit的简要回答" in (await shop.asks(user, MISS))["text"]
    assert "都教会了" in (await shop.taps(one, "返回"))["text"]


async def test_a_question_taught_in_chat_is_answered_there(shop: Shop) -> None:
    assert "以后直接回答" in await shop.teaches(f"home_visit {TAUGHT}")
    assert "home_visit的简要回答" in (await shop.asks(shop.server.user(), TAUGHT))["text"]


async def test_what_teach_refuses_is_answered_with_the_reason(shop: Shop) -> None:
    before = shop.path.read_bytes()
    refused = await shop.asks(shop.admin, "/teach lawsuit 催收会上门吗")
    assert "催收会上门吗" in refused["text"] or "home_visit" in refused["text"]
    assert shop.path.read_bytes() == before


async def test_a_reload_is_told_to_the_operator_once(shop: Shop) -> None:
    shop.path.write_text("version: 1\nintents:\n\t- id: x\n", encoding="utf-8")
    told = await shop.asks(shop.admin, "/reload")
    assert "E-TAB" in told["text"]
    assert "E-TAB" in (await shop.asks(shop.admin, "/reload"))["text"]
    assert not shop.server.unread(shop.admin)


async def test_a_broadcast_is_shown_confirmed_and_counted(shop: Shop) -> None:
    people = [shop.server.user() for _ in range(3)]
    for user in people:
        await shop.asks(user, "催收会上门吗")
    shop.server.world.blocked.add(people[0]["id"])
    await shop.store.turns.drain()
    preview = await shop.asks(shop.admin, "/broadcast 今晚维护\n八点恢复 <b>")
    assert "今晚维护\n八点恢复 <b>" in preview["text"]
    assert not any(shop.server.unread(user) for user in people)
    started = await shop.taps(preview, "发给 3 人")
    assert started["message_id"] == preview["message_id"]
    assert not labels(started)
    summary = await shop.server.next_message(shop.admin)
    assert summary["text"] == "群发结束：送到 2 人，1 人已屏蔽机器人。"
    for user in people[1:]:
        assert (await shop.server.next_message(user))["text"] == "今晚维护\n八点恢复 <b>"


async def test_a_talk_is_taken_both_sides_are_passed_on_and_it_is_given_back(shop: Shop) -> None:
    user = shop.server.user()
    answer = await shop.asks(user, "催收会上门吗")
    await shop.server.taps_data(answer, "call")
    call = await shop.server.next_message(shop.admin)
    await shop.server.next_message(user)
    await shop.server.taps(call, "接手")
    assert "接手" in (await shop.server.next_message(shop.admin))["text"]
    assert "工作人员" in (await shop.server.next_message(user))["text"]

    await shop.server.says(user, "催收会上门吗")
    passed = await shop.server.next_message(shop.admin)
    assert "催收会上门吗" in passed["text"]
    await shop.server.says(shop.admin, "会不会来我家")
    assert (await shop.server.next_message(user))["text"] == "会不会来我家"
    assert not shop.server.unread(shop.admin)

    assert "放手" in (await shop.asks(shop.admin, "/release"))["text"]
    assert "工作人员已经离开" in (await shop.server.next_message(user))["text"]
    assert "home_visit的简要回答" in (await shop.asks(user, "催收会上门吗"))["text"]


PHOTO: JSON = {"photo": [{"file_id": "f", "file_unique_id": "f", "width": 1, "height": 1}]}
VOICE: JSON = {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}


async def test_pictures_voice_and_edits_pass_both_ways_in_a_talk_that_is_taken(shop: Shop) -> None:
    server, user = shop.server, shop.server.user()
    await shop.asks(user, "催收会上门吗")
    await shop.asks(shop.admin, f"/take telegram:{user['id']}")
    await server.next_message(user)

    await server.says(user, **PHOTO, caption="法院寄来的")
    heading = await server.next_message(shop.admin)
    assert "图片" in heading["text"]
    assert "法院寄来的" in heading["text"]
    assert (await server.next_message(shop.admin))["photo"]
    message = await server.says(user, **VOICE)
    assert "语音" in (await server.next_message(shop.admin))["text"]
    assert (await server.next_message(shop.admin))["voice"]
    await server.push({"edited_message": {**message, "caption": "听不清请回我", "edit_date": message["date"]}})
    assert "改成" in (await server.next_message(shop.admin))["text"]
    assert (await server.next_message(shop.admin))["voice"]

    await server.says(shop.admin, **PHOTO)
    assert (await server.next_message(user))["photo"]
    assert not server.unread(user)
    assert not server.unread(shop.admin)


async def test_who_is_forgotten_ends_the_talk_and_the_operator_is_told(shop: Shop) -> None:
    server, user = shop.server, shop.server.user()
    await shop.asks(user, "催收会上门吗")
    await shop.asks(shop.admin, f"/take telegram:{user['id']}")
    await server.next_message(user)
    await server.says(user, "删除我的数据")
    while "已经结束" not in (await server.next_message(shop.admin))["text"]:
        pass
    await server.says(shop.admin, "催收会上门吗")
    assert "home_visit的简要回答" in (await server.next_message(shop.admin))["text"]


async def test_who_blocked_the_bot_is_known_before_a_broadcast(shop: Shop) -> None:
    server = shop.server
    people = [server.user() for _ in range(3)]
    for user in people:
        await shop.asks(user, "催收会上门吗")
    await server.blocks(people[0])
    await server.settled()
    await shop.store.turns.drain()
    assert "发给 2 人" in labels(await shop.asks(shop.admin, "/broadcast 今晚维护"))
    await server.blocks(people[0], again=False)
    await server.settled()
    await shop.store.turns.drain()
    assert "发给 3 人" in labels(await shop.asks(shop.admin, "/broadcast 今晚维护"))


async def test_a_double_tap_on_a_broadcast_starts_it_and_says_nothing_else(shop: Shop) -> None:
    await shop.asks(shop.server.user(), "催收会上门吗")
    await shop.store.turns.drain()
    preview = await shop.asks(shop.admin, "/broadcast 今晚维护")
    for _ in range(2):
        await shop.server.taps_data(preview, shop.server.data_of(preview, "发给 1 人"))
    assert "开始发给 1 人" in (await shop.server.next_message(shop.admin))["text"]
    assert "群发结束" in (await shop.server.next_message(shop.admin))["text"]
    assert not shop.server.unread(shop.admin)


@pytest.mark.parametrize("whom", ["", "telegram:abc", "telegram:7999999999", "web:1", "telegram_group:1"])
async def test_a_talk_that_cant_be_taken_is_answered_with_why(shop: Shop, whom: str) -> None:
    assert "已接手" not in (await shop.asks(shop.admin, f"/take {whom}"))["text"]
    assert "没有对话" in (await shop.asks(shop.admin, "/release"))["text"]
