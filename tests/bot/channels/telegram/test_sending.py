"""Where a reply goes, and what is done where it can't go there."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message
from telegram.error import BadRequest
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram.pace import RateLimits
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.sending import Place, edit_message, reply_to_message, send
from bot.messages import Choice, Reply, Section
from intents import Decision
from tests.fakes.botapi import PLAIN, BotAPI, Fault
from tests.telegram_bot import QUICK
from tests.waiting import steps

GONE = Fault(400, "Bad Request: message thread not found")
ELSE = Fault(400, "Bad Request: something else")
REPLY = Reply(Decision.ANSWER, (Section(("好",)),), choices=(Choice("菜单", "menu"),))
LONG = Reply(Decision.ANSWER, (Section(("甲" * 3000,)), Section(("乙" * 3000,))), choices=REPLY.choices)


@pytest.fixture
async def bot(server: BotAPI) -> AsyncIterator[ExtBot[bool]]:
    request = HTTPXRequest(httpx_kwargs={"verify": PLAIN})
    limiter = TelegramRateLimiter(QUICK)
    async with ExtBot(server.token, server.base_url, request=request, rate_limiter=limiter) as sender:
        yield sender


async def test_a_topic_that_is_gone_is_left_for_the_main_room(server: BotAPI, bot: ExtBot[bool]) -> None:
    chat = server.user()["id"]
    server.fails("sendMessage", GONE)
    await send(bot, Place(chat, thread=5), REPLY)
    first, second = server.calls_of("sendMessage")
    assert str(first.params["message_thread_id"]) == "5"
    assert "message_thread_id" not in second.params


@pytest.mark.parametrize(
    ("thread", "strict", "fault"), [(5, True, GONE), (None, False, GONE), (5, False, ELSE), (5, True, ELSE)]
)
async def test_any_other_refusal_is_told(
    server: BotAPI, bot: ExtBot[bool], thread: int | None, strict: bool, fault: Fault  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    server.fails("sendMessage", fault)
    with pytest.raises(BadRequest):
        await send(bot, Place(server.user()["id"], thread, strict=strict), REPLY)
    assert len(server.calls_of("sendMessage")) == 1


async def test_of_several_messages_the_last_has_the_buttons(server: BotAPI, bot: ExtBot[bool]) -> None:
    await send(bot, Place(server.user()["id"]), LONG)
    assert ["reply_markup" in call.params for call in server.calls_of("sendMessage")] == [False, True]


async def test_a_message_is_changed_in_its_place_unless_it_takes_several(server: BotAPI, bot: ExtBot[bool]) -> None:
    place = Place(server.user()["id"])
    number = await send(bot, place, REPLY)
    assert number is not None
    assert await edit_message(bot, place, number, Reply(Decision.ANSWER, (Section(("更好",)),))) == number
    assert await edit_message(bot, place, number, LONG) != number
    assert [len(server.calls_of(each)) for each in ("editMessageText", "sendMessage")] == [1, 3]


async def test_what_is_below_a_message_is_a_reply_to_it(server: BotAPI, bot: ExtBot[bool]) -> None:
    place = Place(server.user()["id"])
    number = await send(bot, place, REPLY)
    await send(bot, Place(place.chat, below=number), REPLY)
    assert ["reply_parameters" in call.params for call in server.calls_of("sendMessage")] == [False, True]


@pytest.mark.parametrize(
    ("chat", "is_topic", "place"),
    [
        (Chat(-5, "supergroup"), True, Place(-5, 7, 1)),
        (Chat(-5, "supergroup"), False, Place(-5, None, 1)),
        (Chat(5, "private"), False, Place(5, None, None)),
    ],
)
def test_a_reply_stays_in_its_topic_and_in_a_group_stands_below_what_it_answers(
    chat: Chat, is_topic: bool, place: Place  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    said = Message(1, datetime(2026, 11, 30, tzinfo=UTC), chat, message_thread_id=7, is_topic_message=is_topic)
    assert Place.of(said) == place


@pytest.mark.parametrize(("urgent", "behind"), [(False, 1), (True, 0)])
async def test_a_reply_stands_behind_the_last_one_unless_it_is_urgent(
    server: BotAPI, urgent: bool, behind: int  # noqa: FBT001 -- a case
) -> None:  # fmt: skip
    limiter = TelegramRateLimiter(RateLimits(overall=0, in_chat=0.001))
    request = HTTPXRequest(httpx_kwargs={"verify": PLAIN})
    async with ExtBot(server.token, server.base_url, request=request, rate_limiter=limiter) as sender:
        said = Message(1, datetime(2026, 11, 30, tzinfo=UTC), Chat(server.user()["id"], "private"))
        said.set_bot(sender)
        limiter.pace.spend(said.chat_id)
        reply = reply_to_message(said, REPLY, urgent=True) if urgent else reply_to_message(said, REPLY)
        replying = asyncio.ensure_future(reply)
        await steps(20)
        assert limiter.pace.free_at(said.chat_id) == pytest.approx(time.monotonic() + 1000 * (1 + behind), abs=100)
        if urgent:
            await replying
        replying.cancel()
