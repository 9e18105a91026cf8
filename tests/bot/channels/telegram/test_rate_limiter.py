"""How requests go out: what is waited for, what is tried again, and what never is."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram import rate_limiter
from bot.channels.telegram.errors import error_kind, may_be_repeated
from bot.channels.telegram.pace import REMEMBERED_CHATS, Pace, RateLimits
from bot.channels.telegram.rate_limiter import ATTEMPTS, TelegramRateLimiter
from tests.fakes.botapi import PLAIN, BotAPI, Fault
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import QUICK, Bot, reaching, talking
from tests.waiting import steps


@pytest.fixture
async def user(server: BotAPI) -> JSON:
    return server.user()


def polite(server: BotAPI, pace: RateLimits = QUICK, read_timeout: float = 5) -> ExtBot[bool]:
    """A bare bot behind the limiter."""
    request = HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"verify": PLAIN})
    return ExtBot(server.token, server.base_url, request=request, rate_limiter=TelegramRateLimiter(pace))


@pytest.fixture
async def sender(server: BotAPI) -> AsyncIterator[ExtBot[bool]]:
    async with polite(server) as sender:
        yield sender


async def test_a_429_is_waited_for_as_told_and_the_message_goes_out_once(
    server: BotAPI, sender: ExtBot[bool], user: JSON
) -> None:
    server.fails("sendMessage", Fault(429, "Too Many Requests: retry after 1", retry_after=1))
    await sender.send_message(user["id"], "好")
    first, second = server.calls_of("sendMessage")
    assert second.at - first.at >= 1
    assert len(server.unread(user)) == 1


async def test_what_waits_for_no_pace_waits_after_a_429_all_the_same(
    server: BotAPI, sender: ExtBot[bool], user: JSON
) -> None:
    for method in ("getMe", "sendMessage"):
        server.fails(method, Fault(429, "Too Many Requests: retry after 1", retry_after=1))
    await asyncio.gather(sender.get_me(), sender.send_message(user["id"], "好", rate_limit_args=True))
    for method in ("getMe", "sendMessage"):
        *_, first, second = server.calls_of(method)
        assert second.at - first.at >= 1


async def test_a_429_stops_the_chat_that_it_is_about_and_nobody_else(
    server: BotAPI, sender: ExtBot[bool], user: JSON
) -> None:
    other = server.user()
    server.fails("sendMessage", Fault(429, "Too Many Requests: retry after 1", retry_after=1))
    halted = asyncio.create_task(sender.send_message(user["id"], "好"))
    refused = await server.called("sendMessage")
    await sender.send_message(other["id"], "不等")
    assert not server.unread(user)
    await halted
    _, others, again = server.calls_of("sendMessage")
    assert others.params["chat_id"] == other["id"]
    assert again.at - refused.at >= 1


async def test_what_is_urgent_waits_for_no_pace(server: BotAPI, user: JSON) -> None:
    async with polite(server, RateLimits(overall=0.01, in_chat=0.01)) as sender:
        for text in "一二三":
            await sender.send_message(user["id"], text, rate_limit_args=True)
    assert len(server.unread(user)) == 3


async def test_the_overall_limit_is_never_passed_and_what_waited_does_not_resume_all_at_once(server: BotAPI) -> None:
    async with polite(server, RateLimits(overall=20, in_chat=1)) as sender:
        people = [server.user() for _ in range(25)]
        await asyncio.gather(*(sender.send_message(each["id"], "好") for each in people))
    times = [call.at for call in server.calls_of("sendMessage")]
    assert all(later - first >= 0.9 for first, later in zip(times, times[20:], strict=False))


async def test_acknowledging_a_tap_waits_for_no_429(server: BotAPI, sender: ExtBot[bool], user: JSON) -> None:
    server.fails("sendMessage", Fault(429, "Too Many Requests: retry after 1", retry_after=1))
    halted = asyncio.create_task(sender.send_message(user["id"], "好"))
    await server.called("sendMessage")
    server.world.open_queries.add("q1")
    await sender.answer_callback_query("q1")
    assert not server.unread(user)
    await halted


async def test_a_429_that_does_not_end_is_given_up(
    server: BotAPI, tmp_path: Path, user: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each retry waits for the vendor's second: one retry shows as much as a hundred.
    monkeypatch.setattr(rate_limiter, "PATIENCE_SECONDS", 1.5)
    server.fails("sendMessage", *[Fault(429, "Too Many Requests: retry after 1", retry_after=1)] * 4)
    async with talking(server, tmp_path) as bot:
        await server.says(user, "催收会上门吗")
        await bot.counted.reaches("flood")
        assert bot.counted["answer_lost"] == 1
    assert len(server.calls_of("sendMessage")) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_5xx_is_tried_again(server: BotAPI, sender: ExtBot[bool], user: JSON, status: int) -> None:
    server.fails("sendMessage", Fault(status), Fault(status, "Internal Server Error"))
    await sender.send_message(user["id"], "好")
    assert len(server.calls_of("sendMessage")) == 3
    assert len(server.unread(user)) == 1


async def test_a_5xx_that_does_not_end_is_given_up(server: BotAPI, sender: ExtBot[bool], user: JSON) -> None:
    server.fails("sendMessage", *[Fault(502)] * 10)
    with pytest.raises(NetworkError):
        await sender.send_message(user["id"], "好")
    assert len(server.calls_of("sendMessage")) == ATTEMPTS


async def test_a_server_that_is_away_for_a_moment_is_tried_again(server: BotAPI, user: JSON) -> None:
    async with polite(server, RateLimits(overall=0, in_chat=0, first_wait=0.3)) as sender:
        port = server.port
        await server.stop()
        sending = asyncio.create_task(sender.send_message(user["id"], "好"))
        await steps()
        await server.start(port)
        await sending
    assert len(server.unread(user)) == 1


async def test_an_answer_that_does_not_come_is_not_asked_for_again(server: BotAPI, user: JSON) -> None:
    async with polite(server, read_timeout=0.2) as sender:
        server.fails("sendMessage", Fault(seconds=math.inf))
        with pytest.raises(TimedOut):
            await sender.send_message(user["id"], "好")
    assert len(server.unread(user)) == 1
    assert len(server.calls_of("sendMessage")) == 1


@pytest.mark.parametrize("done", [True, False])
async def test_a_send_whose_connection_breaks_is_not_sent_again(
    server: BotAPI, sender: ExtBot[bool], user: JSON, *, done: bool
) -> None:
    server.fails("sendMessage", Fault(drop=True, done=done))
    with pytest.raises(NetworkError):
        await sender.send_message(user["id"], "好")
    assert len(server.calls_of("sendMessage")) == 1


async def test_what_changes_nothing_the_second_time_is_tried_again(
    server: BotAPI, sender: ExtBot[bool], user: JSON
) -> None:
    sent = await sender.send_message(user["id"], "好")
    server.fails("editMessageText", Fault(drop=True))
    await sender.edit_message_text("更好", user["id"], sent.message_id)
    assert len(server.calls_of("editMessageText")) == 2


async def test_one_person_gets_so_many_messages_a_second_and_others_do_not_wait(server: BotAPI, user: JSON) -> None:
    other = server.user()
    async with polite(server, RateLimits(overall=0, in_chat=2, first_wait=0.01)) as sender:
        begin = time.monotonic()
        await asyncio.gather(
            *(sender.send_message(user["id"], text) for text in "一二三"), sender.send_message(other["id"], "四")
        )
    times = [call.at - begin for call in server.calls_of("sendMessage") if call.params["chat_id"] == user["id"]]
    assert times[1] >= 0.45
    assert times[2] >= 0.95
    [others] = [call.at - begin for call in server.calls_of("sendMessage") if call.params["chat_id"] == other["id"]]
    assert others < times[1]


async def test_a_bot_that_keeps_the_vendors_pace_is_never_refused(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    server.paced = True
    async with talking(server, tmp_path, options=reaching(server, rate_limits=RateLimits())) as bot:
        for text in ("催收会上门吗", "会被起诉吗", "催收会上门吗"):
            await server.says(user, text)
        for _ in range(3):
            await server.next_message(user)
        assert not bot.counted
        assert len(server.calls_of("sendMessage")) == 3


def test_memory_of_chats_is_bounded() -> None:
    now = 0.0
    pace = Pace(RateLimits(), clock=lambda: now)
    for chat in range(1, 2 * REMEMBERED_CHATS):
        now += 1
        pace.spend(chat)
    assert len(pace._chats) <= REMEMBERED_CHATS


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "endpoint", "again"),
    [
        (NetworkError("Bad Gateway (502)"), "sendMessage", True),
        (caused(NetworkError("x"), httpx.ConnectError("x")), "sendMessage", True),
        (caused(TimedOut(), httpx.ConnectTimeout("x")), "sendMessage", True),
        (caused(TimedOut(), httpx.PoolTimeout("x")), "sendDocument", True),
        (caused(TimedOut(), httpx.ReadTimeout("x")), "sendMessage", False),
        (caused(TimedOut(), httpx.WriteTimeout("x")), "sendMessage", False),
        (caused(NetworkError("x"), httpx.ReadError("x")), "sendMessage", False),
        (caused(NetworkError("x"), httpx.RemoteProtocolError("x")), "sendDocument", False),
        (caused(TimedOut(), httpx.ReadTimeout("x")), "answerCallbackQuery", True),
        (BadRequest("Message is not modified"), "editMessageText", False),
        (Forbidden("bot was blocked by the user"), "sendMessage", False),
        (RetryAfter(1), "sendMessage", False),
        (InvalidToken(), "getMe", False),
        (Conflict("x"), "getUpdates", False),
    ],
)
def test_only_what_can_not_say_anything_twice_is_repeated(error: TelegramError, endpoint: str, *, again: bool) -> None:
    assert may_be_repeated(error, endpoint) is again


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("Message is not modified: specified new message content…"), "not_modified"),
        (BadRequest("Query is too old and response timeout expired or query id is invalid"), "query_too_old"),
        (Forbidden("Forbidden: bot was blocked by the user"), "blocked"),
        (Forbidden("Forbidden: user is deactivated"), "blocked"),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), "chat_not_found"),
        (BadRequest("Chat not found"), "chat_not_found"),
        (BadRequest("Button_data_invalid"), "bad_request"),
        (RetryAfter(3), "flood"),
        (ChatMigrated(-100), "migrated"),
        (InvalidToken("The token `123:secret` was rejected"), "unauthorized"),
        (TimedOut(), "timed_out"),
        (NetworkError("httpx.ConnectError: https://api.telegram.org/bot123:secret/getMe"), "network"),
        (TelegramError("Invalid server response"), "TelegramError"),
        (ValueError("催收"), "ValueError"),
    ],
)
def test_a_failure_is_named_by_kind_and_its_text_never_shows(error: Exception, kind: str) -> None:
    assert error_kind(error) == kind


async def test_a_message_that_may_have_arrived_is_counted_not_repeated(server: BotAPI, bot: Bot, user: JSON) -> None:
    server.fails("sendMessage", Fault(drop=True, done=True))
    await server.says(user, "催收会上门吗")
    await bot.counted.reaches("network")
    assert len(server.calls_of("sendMessage")) == 1


def test_the_token_is_in_no_representation(server: BotAPI) -> None:
    assert server.token not in repr(reaching(server))


async def refused_once(endpoint: str) -> tuple[TelegramRateLimiter, int]:
    """A limiter that has sent this to chat 5, where Telegram first said to wait no time; how often it was tried."""
    tries = 0

    async def request() -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RetryAfter(0)
        return True

    limiter = TelegramRateLimiter(RateLimits(overall=0, in_chat=0.001))
    with contextlib.suppress(RetryAfter):
        await limiter.process_request(request, (), {}, endpoint, {"chat_id": 5}, None)
    return limiter, tries


@pytest.mark.parametrize(
    ("endpoint", "tries"), [("answerCallbackQuery", 1), ("answerInlineQuery", 1), ("sendChatAction", 2)]
)
async def test_what_is_of_no_use_later_is_not_tried_again_and_only_messages_count_in_a_chat(
    endpoint: str, tries: int
) -> None:
    limiter, tried = await refused_once(endpoint)
    assert tried == tries
    assert limiter.pace.free_at(5) <= time.monotonic()
