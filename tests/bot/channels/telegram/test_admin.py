"""Operators in Telegram: their commands, their buttons, their menu; and that nobody else has them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.channel import TelegramChannel
from bot.messages import ChatIdentity, Send
from bot.operators.admin_commands import COMMANDS, AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.reload_notices import notify_on_reload
from bot.store.analytics import TurnEvent
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.search import search
from intents.reload import Reloader
from tests.fakes.botapi import BotAPI, labels
from tests.faqs import intent, write_faq
from tests.telegram_bot import reaching

Json = dict[str, Any]  # an object of the Bot API

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])
MISS = "鹦鹉孔雀蜻蜓蚂蚁"
TAUGHT = "讨债的蹲在单元楼底下"


@dataclass
class Shop:
    """A bot with one operator, and the server that both talk through."""

    server: BotAPI
    admin: Json
    path: Path
    store: Store

    async def asks(self, user: Json, text: str, **extra: Any) -> Json:  # noqa: ANN401 -- any field of a message
        """Write and read the answer."""
        await self.server.says(user, text, **extra)
        return await self.server.next_message(user)

    async def teaches(self, words: str, **extra: Any) -> str:  # noqa: ANN401 -- any field of a message
        """Teach a question; what the operator reads: the answer and the news of the reload, whichever comes first."""
        first = await self.asks(self.admin, f"/teach {words}", **extra)
        second = await self.server.next_message(self.admin)
        return f"{first['text']}\n{second['text']}"

    async def taps(self, message: Json, label: str) -> Json:
        """Tap and read what came of it."""
        await self.server.taps(message, label)
        return await self.server.next_message(message["chat"])


@pytest.fixture
async def server() -> AsyncIterator[BotAPI]:
    async with BotAPI() as server:
        yield server


@pytest.fixture
async def shop(server: BotAPI, tmp_path: Path) -> AsyncIterator[Shop]:
    path = write_faq(tmp_path, [HOME_VISIT, LAWSUIT])
    admin = server.user("管理员")
    person = ChatIdentity("telegram", str(admin["id"]))
    async with Store(f"sqlite+aiosqlite:///{tmp_path / 'youshu.db'}") as store:
        reloader = Reloader.load(path)
        senders: dict[str, Send] = {}
        handoffs = Handoffs(store, frozenset({person}), senders)
        conversation = Conversation(lambda: reloader.current, store, handoffs)
        broadcast = BroadcastSender(store, senders, per_second=1000)
        channel = TelegramChannel(
            reaching(server),
            turn=conversation.turn,
            search=lambda text, most: search(reloader.current, text, most),
            claims=store.claims,
            count=lambda _: None,
            admin_commands=AdminCommands(handoffs, reloader, broadcast),
        )
        senders["telegram"] = channel.send
        notify_on_reload(reloader, handoffs)
        running = asyncio.create_task(channel.run())
        yield Shop(server, admin, path, store)
        await broadcast.close()
        await channel.stop(5)
        await running


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


@pytest.mark.parametrize("whom", ["", "telegram:abc", "telegram:7999999999", "web:1", "telegram_group:1"])
async def test_a_talk_that_cant_be_taken_is_answered_with_why(shop: Shop, whom: str) -> None:
    assert "已接手" not in (await shop.asks(shop.admin, f"/take {whom}"))["text"]
    assert "没有对话" in (await shop.asks(shop.admin, "/release"))["text"]
