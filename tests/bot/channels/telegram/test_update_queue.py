"""Within a chat one after the other, chats beside each other."""

import asyncio
from collections import defaultdict
from pathlib import Path

from bot.channels.telegram.pace import RateLimits
from bot.channels.telegram.update_queue import BEGUN_FREELY
from bot.messages import Incoming, Reply, Section
from intents import Decision
from tests.fakes.botapi import BotAPI
from tests.telegram_bot import reaching, talking
from tests.waiting import eventually

DANGER = "我不想活了"


def said(text: str) -> Reply:
    return Reply(Decision.ANSWER, (Section((text,)),))


async def test_twenty_chats_at_once_keep_their_order(server: BotAPI, tmp_path: Path) -> None:
    async def turn(incoming: Incoming) -> Reply:
        # Later messages are quicker, so that without order they would overtake.
        await asyncio.sleep(0.01 * (5 - int(incoming.text)))
        return said(incoming.text)

    people = [server.user(str(number)) for number in range(20)]
    async with talking(server, tmp_path, turn=turn):
        for number in range(5):
            for person in people:
                await server.says(person, str(number))
        for person in people:
            assert [(await server.next_message(person))["text"] for _ in range(5)] == list("01234")


async def test_one_stuck_chat_delays_no_other_however_much_waits_in_it(server: BotAPI, tmp_path: Path) -> None:
    free = asyncio.Event()
    working: defaultdict[str, int] = defaultdict(int)

    async def turn(incoming: Incoming) -> Reply:
        working[incoming.person.user] += 1
        if incoming.text == "卡住了吗":
            await free.wait()
        return said("好")

    stuck, other = server.user("小王"), server.user("小李")
    async with talking(server, tmp_path, turn=turn):
        for _ in range(300):
            await server.says(stuck, "卡住了吗")
        await server.says(other, "在吗")
        assert (await server.next_message(other))["text"] == "好"
        assert working[str(stuck["id"])] == 1
        free.set()
        for _ in range(300):
            await server.next_message(stuck)


async def test_in_a_rush_no_more_is_begun_than_can_be_sent_soon_and_danger_waits_for_none_of_it(
    server: BotAPI, tmp_path: Path
) -> None:
    working: set[str] = set()
    free = asyncio.Event()

    async def turn(incoming: Incoming) -> Reply:
        if incoming.text == DANGER:
            return said("120")
        working.add(incoming.person.user)
        await free.wait()
        return said("好")

    people, other = [server.user() for _ in range(3 * BEGUN_FREELY)], server.user()
    slow = reaching(server, rate_limits=RateLimits(overall=0.001, in_chat=0))
    async with talking(server, tmp_path, turn=turn, options=slow, stop_seconds=0):
        async with server.held():
            for person in people:
                await server.says(person, "在吗")
            await server.says(other, DANGER)
        assert (await server.next_message(other))["text"] == "120"
        assert 0 < len(working) <= BEGUN_FREELY + 1
    # What hasn't begun stays with Telegram.
    assert len(server._pending) >= len(people) - BEGUN_FREELY - 1


async def test_what_has_been_answered_makes_room_for_the_next(server: BotAPI, tmp_path: Path) -> None:
    heard: list[str] = []

    async def turn(incoming: Incoming) -> None:
        heard.append(incoming.person.user)

    slow = reaching(server, rate_limits=RateLimits(overall=0.001, in_chat=0))
    async with talking(server, tmp_path, turn=turn, options=slow, stop_seconds=0):
        for number in range(BEGUN_FREELY + 3):
            await server.says(server.user(), "在吗")
            await eventually(lambda: len(heard) > number)  # noqa: B023 -- called before the number goes on
