"""What waits stays with Telegram, what has begun is never begun again, danger waits for nobody, what is lost is told."""

import asyncio
import time
from pathlib import Path

import pytest

from bot.channels.telegram.pace import RateLimits
from bot.store.errors import StoreError
from tests.fakes.botapi import BotAPI, Fault
from tests.fakes.botapi_rules import JSON
from tests.telegram_bot import Bot, reaching, talking

DANGER = "我不想活了"
PACED = RateLimits()


def pending(server: BotAPI) -> list[str]:
    """The texts that Telegram still has."""
    return [update["message"]["text"] for update in server._pending]


class Away:
    """A store whose database is gone."""

    async def claim(self, _: str, __: str) -> bool:
        raise StoreError("OperationalError")


async def test_what_waits_for_its_chats_pace_is_not_confirmed_and_the_next_start_answers_it(
    server: BotAPI, tmp_path: Path
) -> None:
    user, other = server.user(), server.user()
    said = ["催收会上门吗", "会被起诉吗", "会不会来我家"]
    async with talking(server, tmp_path, options=reaching(server, rate_limits=RateLimits(in_chat=0.01))):
        for text in said:
            await server.says(user, text)
        await server.next_message(user)
        await server.says(other, "催收会上门吗")
        await server.next_message(other)
        assert pending(server)[:2] == said[1:]
    assert pending(server)[:2] == said[1:]
    async with talking(server, tmp_path):
        assert "lawsuit" in (await server.next_message(user))["text"]
        assert "home_visit" in (await server.next_message(user))["text"]
        await server.settled()
    assert not server.unread(user)
    assert not server.unread(other)


async def test_an_update_repeated_while_the_database_is_away_is_answered_once(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with talking(server, tmp_path, claims=Away()) as bot:
        message = await server.says(user, "催收会上门吗")
        await server.next_message(user)
        await server.settled()
        for _ in range(3):
            await server.push({"message": message}, number=server.last_update)
            await server.settled()
        await server.says(user, "会被起诉吗")
        assert "lawsuit" in (await server.next_message(user))["text"]
        await bot.counted.reaches("repeat", 3)
    assert not server.unread(user)


async def test_one_chats_429_delays_no_danger_in_another(server: BotAPI, tmp_path: Path) -> None:
    stopped, other = server.user(), server.user()
    server.fails("sendMessage", Fault(429, "Too Many Requests: retry after 25", retry_after=25, chat=stopped["id"]))
    async with talking(server, tmp_path, options=reaching(server, rate_limits=PACED)):
        await server.says(stopped, "催收会上门吗")
        await server.called("sendMessage")
        await server.says(other, DANGER)
        assert "120" in (await server.next_message(other))["text"]
        assert not server.unread(stopped)
        await server.says(stopped, DANGER)
        assert "120" in (await server.next_message(stopped))["text"]


async def test_danger_overtakes_what_its_writer_sent_before(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with talking(server, tmp_path, options=reaching(server, rate_limits=PACED)):
        async with server.held():
            for _ in range(32):
                await server.says(user, "催收会上门吗")
            await server.says(user, DANGER)
        answers = [await server.next_message(user), await server.next_message(user)]
        assert any("120" in answer["text"] for answer in answers)


async def test_a_button_of_the_crisis_talk_waits_for_no_pace(server: BotAPI, tmp_path: Path) -> None:
    user = server.user()
    async with talking(server, tmp_path, options=reaching(server, rate_limits=RateLimits(in_chat=0.01))):
        await server.says(user, DANGER)
        first = await server.next_message(user)
        await server.taps(first, "身边没有人")
        assert "120" in (await server.next_message(user))["text"]


async def test_an_answer_that_did_not_arrive_is_a_warning_by_its_kind_without_a_word_of_it(
    server: BotAPI, bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    user = server.user()
    server.fails("sendMessage", Fault(400, "Bad Request: 催收会上门吗"))
    await server.says(user, "催收会上门吗")
    await bot.counted.reaches("answer_lost")
    assert bot.counted["bad_request"] == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if "telegram_answer_lost" in line]
    assert "warning" in line
    assert "bad_request" in line
    assert "催收" not in line


async def test_who_blocked_the_bot_waits_for_no_answer(server: BotAPI, bot: Bot) -> None:
    user = server.user()
    server.world.blocked.add(user["id"])
    await server.says(user, "催收会上门吗")
    await bot.counted.reaches("blocked")
    assert not bot.counted["answer_lost"]


@pytest.mark.parametrize("state", ["closed", None])
async def test_a_topic_that_is_closed_or_gone_costs_no_answer(server: BotAPI, bot: Bot, state: str | None) -> None:
    group, user = server.group(), server.user()
    if state is not None:
        server.world.topics[group["id"]] = {7: state}
    thread: JSON = {"message_thread_id": 7, "is_topic_message": True}
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group, **thread)
    assert "lawsuit" in (await server.next_message(group))["text"]
    assert not bot.counted["answer_lost"]


async def test_in_a_topic_the_answer_stands_in_it(server: BotAPI, bot: Bot) -> None:
    group, user = server.group(), server.user()
    server.world.topics[group["id"]] = {7: "open"}
    thread: JSON = {"message_thread_id": 7, "is_topic_message": True}
    await server.says(user, f"@{server.world.username} 会被起诉吗", chat=group, **thread)
    assert (await server.next_message(group))["message_thread_id"] == 7
    assert not bot.counted


@pytest.mark.proof
async def test_five_hundred_messages_over_forty_chats_within_enforced_limits_are_all_answered(
    server: BotAPI, tmp_path: Path
) -> None:
    server.paced, server.most_a_second = True, 30
    people = [server.user() for _ in range(40)]
    said_at: dict[int, list[float]] = {each["id"]: [] for each in people}
    waited: list[float] = []
    async with talking(server, tmp_path, options=reaching(server, rate_limits=PACED)) as bot:

        async def read(user: JSON, number: int) -> None:
            for n in range(number):
                await server.next_message(user)
                waited.append(time.monotonic() - said_at[user["id"]][n])

        readers = [asyncio.create_task(read(each, 12)) for each in people]
        for number in range(480):
            user = people[number % len(people)]
            said_at[user["id"]].append(time.monotonic())
            await server.says(user, "催收会上门吗")
            await asyncio.sleep(1 / 25)
        await asyncio.gather(*readers)
        assert not bot.counted["answer_lost"]
    assert len(waited) == 480
