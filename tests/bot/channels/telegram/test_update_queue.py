"""Within a chat one after the other, chats beside each other."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from telegram import Chat, Message, MessageEntity, Update, User

from bot.channels.fragments import MessageReader
from bot.channels.telegram import update_queue
from bot.channels.telegram.pace import Pace, RateLimits
from bot.channels.telegram.queued_update import QueuedUpdate
from bot.channels.telegram.taps import TapFilter
from bot.channels.telegram.update_claims import UpdateClaims
from bot.channels.telegram.update_queue import BEGUN_FREELY, UpdateQueue
from bot.messages import Incoming, Reply, Section
from intents import Decision
from tests.fakes.botapi import BotAPI
from tests.telegram_bot import QUICK, reaching, talking
from tests.waiting import eventually, steps

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


async def test_one_stuck_chat_delays_no_other(server: BotAPI, tmp_path: Path) -> None:
    free = asyncio.Event()
    working: defaultdict[str, int] = defaultdict(int)

    async def turn(incoming: Incoming) -> Reply:
        working[incoming.person.user] += 1
        if incoming.text == "卡住了吗":
            await free.wait()
        return said("好")

    stuck, other = server.user("小王"), server.user("小李")
    async with talking(server, tmp_path, turn=turn):
        for _ in range(20):
            await server.says(stuck, "卡住了吗")
        await server.says(other, "在吗")
        assert (await server.next_message(other))["text"] == "好"
        assert working[str(stuck["id"])] == 1
        free.set()
        for _ in range(20):
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


# --- the queue by itself, without a server ----------------------------------------------------------------------------


class FirstTime:
    """Claims in memory: everything is new."""

    async def claim(self, _: str, __: str) -> bool:
        return True


class Working:
    """A queue for one person who always seems to go on, whose work ends when it is told to."""

    def __init__(self, rate_limits: RateLimits) -> None:
        self.begun: list[tuple[list[str], bool]] = []
        """What was answered together, and whether as danger to life."""
        self.free = asyncio.Semaphore(0)
        self._numbers = count(1)
        reader = MessageReader(
            in_danger=DANGER.__eq__, expects_more=lambda text: not text.endswith("。"), stands_alone=lambda _: False
        )
        claims, taps = UpdateClaims(FirstTime(), lambda _: None), TapFilter(lambda _: None)
        self.queue = UpdateQueue(
            self._handle, claims, taps, Pace(rate_limits), reader, alone=lambda _: False, join_seconds=1000
        )

    async def _handle(self, updates: Sequence[Update], urgent: bool) -> None:  # noqa: FBT001 -- as the queue calls it
        messages = [update.message for update in updates]
        self.begun.append(([each.text or each.caption or "" for each in messages if each is not None], urgent))
        await self.free.acquire()

    def says(
        self, chat: Chat, text: str = "", *entities: MessageEntity, album: str | None = None, caption: str = ""
    ) -> None:
        """Put a message that has just come in."""
        number = next(self._numbers)
        message = Message(
            number,
            datetime.now(UTC),
            chat,
            User(chat.id if chat.id > 0 else 1, "小王", is_bot=False),
            text=text or None,
            caption=caption or None,
            entities=entities,
            media_group_id=album,
        )
        self.queue.put(QueuedUpdate(Update(number, message), str(number)))


ALL = 20
"""Steps after which whatever waits for nothing has begun."""
PERSON, GROUP = Chat(7, "private"), Chat(-7, "supergroup")


async def test_what_is_written_in_a_group_is_never_held_for_more() -> None:
    working = Working(QUICK)
    working.says(GROUP, "我借了网贷")
    await steps(ALL)
    assert working.begun == [(["我借了网贷"], False)]


async def test_a_word_in_bold_is_held_for_the_next_line_and_a_command_is_not() -> None:
    working = Working(QUICK)
    working.says(PERSON, "我借了网贷", MessageEntity(MessageEntity.BOLD, 0, 2))
    await steps(ALL)
    assert not working.begun
    working.says(PERSON, "怎么办。")
    await steps(ALL)
    assert working.begun == [(["我借了网贷", "怎么办。"], False)]
    working.says(Chat(8, "private"), "/help me", MessageEntity(MessageEntity.BOT_COMMAND, 0, 5))
    await steps(ALL)
    assert working.begun[1:] == [(["/help me"], False)]


async def test_the_pictures_of_an_album_are_waited_for_and_answered_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    working = Working(QUICK)
    for caption in ("看看", "", ""):
        working.says(PERSON, album="a", caption=caption)
        await steps(ALL)
    assert not working.begun
    monkeypatch.setattr(update_queue, "ALBUM_SECONDS", 0.0)
    working.says(PERSON, "完。")
    await steps(ALL)
    assert working.begun == [(["看看", "", ""], False)]


async def test_danger_to_life_under_a_picture_waits_for_no_other_picture() -> None:
    working = Working(QUICK)
    working.says(PERSON, album="a", caption=DANGER)
    await steps(ALL)
    assert working.begun == [([DANGER], True)]


async def test_what_need_not_wait_keeps_its_place_and_is_not_urgent() -> None:
    working = Working(QUICK)
    working.says(GROUP, DANGER)
    await steps(ALL)
    assert working.begun == [([DANGER], False)]


async def test_one_answered_lets_one_begin() -> None:
    working = Working(RateLimits(overall=0.001, in_chat=0))
    for chat in range(1, BEGUN_FREELY + 1):
        working.says(Chat(chat, "private"), "好。")
    await steps(ALL)
    assert len(working.begun) == BEGUN_FREELY
    await working.queue._pace.begin()  # the first in its line goes at once
    working.free.release()
    await steps(ALL)
    for chat in (101, 102):
        working.says(Chat(chat, "private"), "好。")
    await steps(ALL)
    assert len(working.begun) == BEGUN_FREELY + 1


async def test_no_more_than_256_are_worked_on_at_the_same_time_and_danger_to_life_is_not_counted() -> None:
    working = Working(QUICK)
    for chat in range(1, 259):
        working.says(Chat(chat, "private"), "好。")
    await steps(ALL)
    assert len(working.begun) == 256
    working.says(Chat(300, "private"), DANGER)
    await steps(ALL)
    assert working.begun[256:] == [([DANGER], True)]


async def test_however_much_waits_in_one_chat_it_takes_one_place() -> None:
    working = Working(QUICK)
    for _ in range(300):
        working.says(GROUP, "好。")
    working.says(PERSON, "在吗。")
    await steps(ALL)
    assert working.begun == [(["好。"], False), (["在吗。"], False)]
