"""More waits than Telegram shows at a time: who comes behind is seen, and what waits outlives the process, unread by others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import time

import pytest
from pydantic import SecretStr

from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.intake import SPOOLED
from bot.channels.telegram.spool import KIND, UpdateSpool
from bot.messages import ChatIdentity, Incoming, Reply, Section
from bot.store.errors import StoreError
from bot.store.store import Store
from intents import Decision
from tests.fakes.botapi import BotAPI
from tests.stores import sqlite_url
from tests.telegram_bot import talking

NUMBER = 20


@pytest.fixture(autouse=True)
def ten_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.telegram.limits.POLL_BATCH", 10)


@dataclass
class Stuck:
    """A talk that answers one person only once it is freed."""

    person: str
    free: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)

    async def turn(self, incoming: Incoming) -> Reply:
        """The same text."""
        if incoming.person.user == self.person:
            self.heard.append(incoming.text)
            await self.free.wait()
        return Reply(Decision.ANSWER, (Section((incoming.text,)),))


class Away:
    """States of a database that is gone."""

    async def save(self, _: ChatIdentity, __: str, ___: str | None) -> None:
        raise StoreError("OperationalError")

    async def load(self, _: str, __: str, ___: int) -> Sequence[tuple[str, str]]:
        raise StoreError("OperationalError")


def url(folder: Path) -> str:
    return sqlite_url(folder)


async def kept(store: Store) -> Sequence[tuple[str, str]]:
    await store.channel_states.settle()
    return await store.channel_states.load(CHANNEL, KIND, 0)


async def test_who_comes_behind_as_many_as_telegram_shows_is_answered_and_what_waits_keeps_its_order(
    server: BotAPI, tmp_path: Path
) -> None:
    stuck, other = server.user(), server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn) as bot:
        for number in range(NUMBER):
            await server.says(stuck, f"{number}?")
        await server.says(other, "在吗")
        assert (await server.next_message(other))["text"] == "在吗"
        assert bot.counted[SPOOLED]
        assert [user for user, _ in await kept(bot.store)] == [str(stuck["id"])]
        talk.free.set()
        said = [f"{number}?" for number in range(NUMBER)]
        assert [(await server.next_message(stuck))["text"] for _ in said] == said
        await bot.channel._intake.stop()
        assert not await kept(bot.store)


async def test_what_waited_when_the_process_ended_is_answered_once_after_the_next_start(
    server: BotAPI, tmp_path: Path
) -> None:
    stuck, other = server.user(), server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn, stop_seconds=0):
        for number in range(NUMBER):
            await server.says(stuck, f"{number}?")
        await server.says(other, "在吗")
        await server.next_message(other)
    assert talk.heard == ["0?"]
    talk.free.set()
    async with talking(server, tmp_path, turn=talk.turn) as bot:
        # The one in work is lost; nothing else is, and nothing comes twice.
        said = [f"{number}?" for number in range(1, NUMBER)]
        assert [(await server.next_message(stuck))["text"] for _ in said] == said
        await server.settled()
        await bot.channel._intake.stop()
        assert not await kept(bot.store)
    assert talk.heard == ["0?", *said]
    assert not server.unread(stuck)


async def test_what_waits_is_unreadable_without_the_token_and_goes_with_its_person(
    server: BotAPI, tmp_path: Path
) -> None:
    stuck, other = server.user(), server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn, stop_seconds=0):
        for _ in range(NUMBER):
            await server.says(stuck, "looking for a needle?")
        await server.says(other, "在吗")
        await server.next_message(other)
    assert b"needle" not in b"".join(path.read_bytes() for path in tmp_path.glob("youshu.db*"))
    async with Store(url(tmp_path)) as store:
        ours = UpdateSpool(SecretStr(server.token), store.channel_states)
        assert {update["message"]["text"] for update in await ours.load()} == {"looking for a needle?"}
        await store.forget(ChatIdentity(CHANNEL, str(stuck["id"])))
        assert not await ours.load()


async def test_what_another_bot_left_is_thrown_away(tmp_path: Path) -> None:
    async with Store(url(tmp_path)) as store:
        await store.channel_states.save(ChatIdentity(CHANNEL, "1"), KIND, "gAAAAA-of-somebody-else")
        assert not await UpdateSpool(SecretStr("1:token"), store.channel_states).load()
        assert not await kept(store)


async def test_what_waited_for_more_than_a_day_is_thrown_away(server: BotAPI, tmp_path: Path) -> None:
    stuck = server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn, stop_seconds=0) as bot:
        for number in range(NUMBER):
            await server.says(stuck, f"{number}?")
        await bot.counted.reaches(SPOOLED)
    async with Store(url(tmp_path), lambda: time() - 25 * 3600) as store:
        [(chat, data)] = await kept(store)
        await store.channel_states.save(ChatIdentity(CHANNEL, chat), KIND, data)
        assert not await UpdateSpool(SecretStr(server.token), store.channel_states).load()
        assert not await kept(store)


async def test_without_a_database_what_waits_stays_with_telegram(server: BotAPI, tmp_path: Path) -> None:
    stuck = server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn, states=Away(), stop_seconds=0) as bot:
        for number in range(NUMBER):
            await server.says(stuck, f"{number}?")
        await server.called("getUpdates", 4)
        assert not bot.counted[SPOOLED]
    assert len(server._pending) == NUMBER - 1


async def test_behind_a_full_batch_it_looks_at_once_even_where_telegram_shows_the_same(
    server: BotAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.polling.HELD_SECONDS", 1000.0)
    stuck, other = server.user(), server.user()
    talk = Stuck(str(stuck["id"]))
    async with talking(server, tmp_path, turn=talk.turn, stop_seconds=0):
        await server.says(stuck, "卡住了吗？")
        await server.settled()
        async with server.held():
            for number in range(10):
                await server.says(stuck, f"{number}?")
            await server.says(other, "在吗")
        assert (await server.next_message(other))["text"] == "在吗"
