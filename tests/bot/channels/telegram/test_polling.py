"""Polling goes on whatever Telegram answers, takes every update once, and knows when it has gone deaf."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram import polling as telegram_polling
from bot.channels.telegram import startup
from bot.channels.telegram.channel import OVERDUE_SECONDS
from bot.channels.telegram.polling import Poller, pause_after
from bot.store.errors import StoreError
from tests.fakes.botapi import BotAPI, Fault
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import Bot, reaching, refusal, talking


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses: what is tested is that it goes on, not how long it rests."""
    monkeypatch.setattr(telegram_polling, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(startup, "FIRST_PAUSE", 0.05)


@pytest.fixture
async def user(server: BotAPI) -> JSON:
    return server.user()


async def answered(server: BotAPI, user: JSON) -> None:
    await server.says(user, "催收会上门吗")
    assert "home_visit" in (await server.next_message(user))["text"]


@pytest.mark.parametrize("method", ["getMe", "getWebhookInfo", "getUpdates"])
@pytest.mark.parametrize(
    "fault",
    [Fault(502), Fault(500, "Internal Server Error"), Fault(drop=True), Fault(429, "Too Many Requests", retry_after=1)],
    ids=["502", "500", "dropped", "429"],
)
async def test_trouble_at_the_start_is_overcome(
    server: BotAPI, tmp_path: Path, user: JSON, method: str, fault: Fault
) -> None:
    server.fails(method, fault)
    async with talking(server, tmp_path):
        await answered(server, user)


async def test_a_server_that_is_away_at_the_start_is_waited_for(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    port = server.port
    await server.stop()
    async with talking(server, tmp_path) as bot:
        await bot.store.ping()
        await server.start(port)
        await answered(server, user)


async def test_away_and_back_all_that_was_written_meanwhile_is_answered_once(
    server: BotAPI, tmp_path: Path, user: JSON
) -> None:
    port, people = server.port, [server.user() for _ in range(40)]
    async with talking(server, tmp_path) as bot:
        await answered(server, user)
        await server.stop()
        for person in people:
            await server.says(person, "催收会上门吗")
        await server.start(port)
        for person in people:
            assert "home_visit" in (await server.next_message(person))["text"]
        await server.settled()
        assert [server.unread(person) for person in people] == [[]] * len(people)
        assert not bot.running.done()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(401, "Unauthorized"),
        Fault(404, "Not Found"),
        Fault(409, "Conflict: terminated by other getUpdates request"),
        Fault(502),
        Fault(drop=True),
        Fault(200),
    ],
    ids=["401", "404", "409", "502", "dropped", "garbage"],
)
async def test_trouble_while_polling_is_overcome(server: BotAPI, bot: Bot, user: JSON, fault: Fault) -> None:
    await answered(server, user)
    server.fails("getUpdates", fault)
    await answered(server, user)
    await answered(server, user)
    assert not bot.running.done()


async def test_a_bot_that_hears_nothing_for_too_long_says_so(bot: Bot) -> None:
    now = 1000.0
    channel, request = bot.channel, bot.channel._polling_request
    poller = Poller(channel._application.bot, channel._intake, request, clock=lambda: now)
    channel._poller, kept = poller, channel._poller
    assert await channel.health() is None
    now += OVERDUE_SECONDS + 1
    problem = await channel.health()
    channel._poller = kept
    assert problem is not None
    assert "poll" in problem


async def test_after_a_long_outage_of_the_network_it_polls_again_within_seconds(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_polling, "LONGEST_PAUSE", 30.0)
    channel = bot.channel
    for error, longest in ((NetworkError("away"), telegram_polling.NETWORK_PAUSE), (InvalidToken(), 30.0)):
        poller = Poller(channel._application.bot, channel._intake, channel._polling_request)
        assert max(poller._pause_after(error) for _ in range(50)) == longest
    assert telegram_polling.NETWORK_PAUSE <= 3


async def test_a_poll_that_is_refused_does_not_count_as_heard(server: BotAPI, bot: Bot, user: JSON) -> None:
    await answered(server, user)
    assert bot.channel._poller is not None
    await server.settled()
    heard = bot.channel._poller.last_answer_at
    server.fails("getUpdates", *[Fault(401, "Unauthorized")] * 1000)
    number = len(server.calls_of("getUpdates"))
    await server.says(user, "催收会上门吗")
    await server.called("getUpdates", number + 4)
    assert bot.channel._poller.last_answer_at - heard < 5
    last = bot.channel._poller.last_answer_at
    await server.called("getUpdates", number + 8)
    assert bot.channel._poller.last_answer_at == last


async def test_a_wrong_token_is_refused_in_one_line_without_it(server: BotAPI, tmp_path: Path) -> None:
    options = reaching(server)
    server.token = "654321:another-token"
    reason = await refusal(server, tmp_path, options)
    assert "YOUSHU_TELEGRAM_TOKEN" in reason
    assert options.token.get_secret_value() not in reason
    assert "\n" not in reason


async def test_it_does_not_take_the_messages_of_a_webhook(server: BotAPI, tmp_path: Path) -> None:
    server.world.webhook = {"url": "https://example.org/telegram", "secret_token": "s", "allowed_updates": None}
    assert "YOUSHU_TELEGRAM_TAKE_OVER" in await refusal(server, tmp_path)
    assert not server.calls_of("getUpdates")
    assert server.world.webhook["url"]


async def test_told_to_take_over_it_removes_the_webhook(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    server.world.webhook = {"url": "https://example.org/telegram", "secret_token": "s", "allowed_updates": None}
    async with talking(server, tmp_path, options=reaching(server, take_over=True)):
        await server.called("getUpdates")
        await answered(server, user)
    assert not server.world.webhook["url"]


async def test_an_update_that_comes_twice_is_answered_once(server: BotAPI, bot: Bot, user: JSON) -> None:
    message = await server.says(user, "催收会上门吗")
    await server.next_message(user)
    await server.push({"message": message}, number=server.last_update)
    await server.says(user, "会被起诉吗")
    assert "lawsuit" in (await server.next_message(user))["text"]
    assert bot.counted["repeat"] == 1


async def test_updates_out_of_order_are_all_answered(server: BotAPI, bot: Bot, user: JSON) -> None:
    await answered(server, user)
    async with server.held():
        first = server.last_update
        for number, text in ((first + 2, "会被起诉吗"), (first + 1, "催收会上门吗")):
            await server.says(user, text, number=number)
    assert "home_visit" in (await server.next_message(user))["text"]
    assert "lawsuit" in (await server.next_message(user))["text"]
    assert not bot.counted


async def test_what_was_taken_is_confirmed_before_the_end(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    async with talking(server, tmp_path):
        await answered(server, user)
    await server.settled()


async def test_what_is_in_flight_at_the_end_is_finished(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    async with talking(server, tmp_path):
        server.fails("sendMessage", Fault(seconds=0.5))
        await server.says(user, "催收会上门吗")
        await server.called("sendMessage")
    assert "home_visit" in (await server.next_message(user))["text"]


class Away:
    """A store whose database is gone."""

    async def claim(self, _: str, __: str) -> bool:
        raise StoreError("OperationalError")


async def test_without_a_database_people_are_still_answered(server: BotAPI, tmp_path: Path, user: JSON) -> None:
    async with talking(server, tmp_path, claims=Away()):
        await answered(server, user)
        await answered(server, user)


async def test_an_update_that_can_not_be_read_does_not_stop_the_others(server: BotAPI, bot: Bot, user: JSON) -> None:
    of_next_year: JSON = {"callback_query": {"id": "1"}}
    async with server.held():
        await server.push(of_next_year)
        await server.says(user, "催收会上门吗")
    assert "home_visit" in (await server.next_message(user))["text"]
    await bot.counted.reaches("unreadable")


@pytest.mark.parametrize(
    ("error", "failures", "seconds"),
    [
        (NetworkError("x"), 1, 0.75),
        (NetworkError("x"), 2, 1.125),
        (NetworkError("x"), 10, 3.0),
        (InvalidToken(), 1, 0.75),
        (InvalidToken(), 10, 28.83),
        (InvalidToken(), 20, 30.0),
        (RetryAfter(7), 1, 7.0),
        (RetryAfter(1), 20, 30.0),
    ],
)
def test_each_error_in_a_row_is_waited_after_longer_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, error: TelegramError, failures: int, seconds: float
) -> None:
    monkeypatch.setattr(telegram_polling, "LONGEST_PAUSE", 30.0)
    assert pause_after(error, failures) == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (InvalidToken(), "Telegram 不认这个令牌了：请检查 YOUSHU_TELEGRAM_TOKEN"),
        (Conflict("x"), "另一个进程在用同一个机器人，或者设了 webhook"),
        (NetworkError("x"), None),
    ],
)
async def test_the_first_error_in_a_row_is_logged_with_what_to_do(
    bot: Bot, error: TelegramError, hint: str | None
) -> None:
    channel = bot.channel
    poller = Poller(channel._application.bot, channel._intake, channel._polling_request)
    with capture_logs() as logged:
        poller._pause_after(error)
        poller._pause_after(error)
    assert [line["hint"] for line in logged] == [hint]


def test_where_the_lowest_has_begun_it_polls_soonest_and_where_telegram_shows_the_same_latest() -> None:
    assert telegram_polling.GATHER_SECONDS < telegram_polling.FULL_SECONDS < 0.5 < telegram_polling.HELD_SECONDS
