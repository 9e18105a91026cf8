"""The operators' group: a topic for each person, in which a talk is taken and given back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.botapi import BotAPI, Fault, labels
from tests.fakes.botapi_rules import JSON
from tests.telegram_shop import Shop, open_shop

PHOTO: JSON = {"photo": [{"file_id": "f", "file_unique_id": "f", "width": 1, "height": 1}]}


@dataclass
class Room:
    """The group, the bot, and somebody who wants a human."""

    shop: Shop
    group: JSON
    user: JSON
    staff: JSON

    async def call(self) -> JSON:
        """The person asks for a human; what the operators read."""
        server = self.shop.server
        answer = await self.shop.asks(self.user, "催收会上门吗")
        await server.taps_data(answer, "call")
        await server.next_message(self.user)
        return await server.next_message(self.group)

    async def take(self, call: JSON) -> None:
        """An operator takes the talk."""
        await self.shop.server.taps(call, "接手", self.staff)
        assert "已接手" in (await self.shop.server.next_message(self.group))["text"]
        assert "工作人员" in (await self.shop.server.next_message(self.user))["text"]

    async def writes(self, call: JSON, text: str | None = None, **extra: Any) -> None:  # noqa: ANN401 -- any field of a message
        """An operator writes in the topic."""
        thread: JSON = {"message_thread_id": call["message_thread_id"], "is_topic_message": True}
        await self.shop.server.says(self.staff, text, chat=self.group, **thread, **extra)


@pytest.fixture
async def room(server: BotAPI, tmp_path: Path) -> AsyncIterator[Room]:
    group = server.group("值班")
    group["is_forum"] = True
    async with open_shop(server, tmp_path, staff_chat=group["id"]) as shop:
        yield Room(shop, group, server.user(), server.user("值班员"))


async def test_a_call_opens_a_topic_and_what_is_written_there_passes_both_ways(room: Room) -> None:
    server = room.shop.server
    call = await room.call()
    assert labels(call) == ["接手"]
    assert not server.unread(room.shop.admin)
    await room.writes(call, "这个人我认识吗")
    await room.take(call)
    await server.says(room.user, "法院寄来的信")
    passed = await server.next_message(room.group)
    assert passed["message_thread_id"] == call["message_thread_id"]
    assert "法院寄来的信" in passed["text"]
    await server.says(room.user, **PHOTO)
    assert "图片" in (await server.next_message(room.group))["text"]
    assert (await server.next_message(room.group))["photo"]
    await room.writes(call, "先看日期")
    assert (await server.next_message(room.user))["text"] == "先看日期"
    await room.writes(call, **PHOTO)
    assert (await server.next_message(room.user))["photo"]
    await room.writes(call, "/release")
    assert "已放手" in (await server.next_message(room.group))["text"]
    assert "离开" in (await server.next_message(room.user))["text"]
    await room.writes(call, "刚才那位是老客户")
    assert "home_visit的简要回答" in (await room.shop.asks(room.user, "催收会上门吗"))["text"]


async def test_each_person_has_one_topic_however_often_they_call(room: Room) -> None:
    first, again = await room.call(), await room.call()
    assert first["message_thread_id"] == again["message_thread_id"]
    room.user = room.shop.server.user("小李")
    assert (await room.call())["message_thread_id"] != first["message_thread_id"]


async def test_a_topic_that_was_closed_is_reopened_and_one_that_is_gone_is_opened_anew(room: Room) -> None:
    topics = room.shop.server.world.topics[room.group["id"]] = {}
    thread = (await room.call())["message_thread_id"]
    topics[thread] = "closed"
    assert (await room.call())["message_thread_id"] == thread
    assert topics[thread] == "open"
    del topics[thread]
    assert (await room.call())["message_thread_id"] != thread


async def test_where_a_topic_is_gone_in_the_midst_of_a_talk_the_bot_answers_again(room: Room) -> None:
    call = await room.call()
    await room.take(call)
    room.shop.server.world.topics[room.group["id"]].clear()
    assert "home_visit的简要回答" in (await room.shop.asks(room.user, "催收会上门吗"))["text"]


async def test_where_the_group_can_not_be_written_to_operators_are_called_in_private(room: Room) -> None:
    server = room.shop.server
    server.fails("createForumTopic", Fault(400, "Bad Request: not enough rights to create a topic"))
    answer = await room.shop.asks(room.user, "催收会上门吗")
    await server.taps_data(answer, "call")
    assert "/take" in (await server.next_message(room.shop.admin))["text"]


async def test_outside_of_a_topic_the_operators_group_is_left_alone(room: Room) -> None:
    server = room.shop.server
    await server.says(room.staff, f"@{server.world.username} 催收会上门吗", chat=room.group)
    await server.membership(room.group, room.staff, "left", "administrator")
    await room.call()
    assert not server.unread(room.group)
