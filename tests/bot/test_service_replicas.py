"""Several processes behind nginx on PostgreSQL and Redis: some are killed, the database is restarted, all are replaced under load."""

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.crowd import GOING_ON, TOPICS, PagePerson, Said, Talk, TelegramPerson, WeChatPerson, client
from tests.databases import Cluster
from tests.fakes.botapi import BotAPI
from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, WeChat
from tests.faqs import intent, write_faq
from tests.nginx import HOST
from tests.redis_server import redis_server
from tests.replicas import Replicas, replicas
from tests.waiting import eventually

SECRET = "geheim_webhook-secret"
TALKS, FEWER_TALKS = 200, 60
KILLS = 6
ANSWERED_BETWEEN = 80
"""So many messages are answered by all of them before the next is killed."""
FEWER_ANSWERED_BETWEEN = 25
IN_WORK_SECONDS = 5.0
"""How long at most a message has been on its way when a kill cuts it off."""
LOST_A_KILL = 10
"""How many messages of Telegram's one process has in work at most, where somebody writes every PAUSE_SECONDS."""
PAUSE_SECONDS = 5.0
"""Between an answer and the next message."""


@dataclass
class Crowd:
    """The processes, the vendors before them, and the people."""

    replicas: Replicas
    telegram: BotAPI
    talks: Sequence[Talk]

    def said(self, *channels: str) -> list[Said]:
        """Every message of these channels, of all where none is named."""
        return [said for talk in self.talks if not channels or talk.channel in channels for said in talk.said]

    async def answered_more(self, number: int) -> None:
        """Wait until so many more messages have been answered."""
        before = self._answered()
        await eventually(lambda: self._answered() >= before + number)

    def _answered(self) -> int:
        return sum(said.answer is not None for said in self.said())

    def unread(self) -> list[str]:
        """What came beyond the answers."""
        return [text for talk in self.talks for text in talk.person.unread()]

    async def keep_talking(self, over: asyncio.Event) -> None:
        """All go on, each with pauses of its own, until it is over and their last topic is done with."""
        chance = random.Random(17)  # noqa: S311 -- pauses, no secrets
        await asyncio.gather(*(talk.go_on(over.is_set, PAUSE_SECONDS, chance) for talk in self.talks))
        await self.telegram.settled()


def accounts(telegram: BotAPI) -> dict[str, str]:
    """The settings of the vendors."""
    return {
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_AES_KEY": AES_KEY,
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_BASE_URL": telegram.base_url,
        "TELEGRAM_WEBHOOK_URL": f"https://{HOST}/telegram",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }


@asynccontextmanager
async def crowd(folder: Path, database_url: str, talks: int) -> AsyncIterator[Crowd]:
    """So many people over three channels, before three processes."""
    write_faq(folder, [intent(topic, [question]) for topic, question in TOPICS.items()])
    async with (
        BotAPI() as telegram,
        redis_server() as redis,
        replicas(folder, DATABASE_URL=database_url, REDIS_URL=redis.url, **accounts(telegram)) as running,
        client(running.before) as session,
    ):
        telegram.post_webhooks_to(f"{running.before.url}/telegram", running.before.trust)
        wechat = WeChat("", "aes")
        people = [
            (
                Talk("telegram", TelegramPerson(telegram)),
                Talk("wechat", WeChatPerson(session, wechat, number)),
                Talk("web", PagePerson(session, f"page-{number}")),
            )[number % 3]
            for number in range(talks)
        ]
        yield Crowd(running, telegram, people)


@pytest.mark.proof
@pytest.mark.alone
async def test_killed_again_and_again_they_answer_every_message_once_and_every_talk_goes_on(
    tmp_path: Path, cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    killed_at: list[float] = []
    over = asyncio.Event()
    with cluster.database() as url:
        async with crowd(tmp_path, url, TALKS) as people:
            talking = asyncio.create_task(people.keep_talking(over))
            for number in range(KILLS):
                await people.answered_more(ANSWERED_BETWEEN)
                if number == KILLS // 2:
                    await asyncio.to_thread(cluster.restart)
                killed_at.append(time.monotonic())
                await people.replicas.each[number % len(people.replicas.each)].end(signal.SIGKILL)
                await people.replicas.all_up()
            over.set()
            await talking
            tally(people, capfd)
        async with Store(url) as store:
            counted = sum(each.count for each in await store.analytics.outcomes())
    # Its claim and its answer are two things at Telegram: what a kill has cut off between them is lost, and nothing else is.
    lost = [said for said in people.said("telegram") if said.answer is None]
    assert [said for said in lost if not any(said.at <= at <= said.at + IN_WORK_SECONDS for at in killed_at)] == []
    assert len(lost) <= KILLS * LOST_A_KILL
    # An answer of WeChat's or the page's goes back on the connection of the message, which comes again without one.
    assert [said for said in people.said("wechat", "web") if said.answer is None] == []
    assert people.unread() == []
    # A turn that could not be read or kept is said in the log, and costs what goes on from it its topic; on a quiet machine there is none.
    without_memory = people.replicas.logs.count("talk_not_")
    out_of_talk = [said for said in people.said() if said.answer is not None and not said.right]
    assert len(out_of_talk) <= without_memory * (len(GOING_ON) - 1), out_of_talk
    # No turn has happened twice, however often its message came.
    assert counted <= len(people.said())


@pytest.mark.proof
@pytest.mark.alone
async def test_replaced_one_after_the_other_under_load_they_refuse_nobody_and_lose_nothing(
    tmp_path: Path, cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    over = asyncio.Event()
    with cluster.database() as url:
        async with crowd(tmp_path, url, FEWER_TALKS) as people:
            talking = asyncio.create_task(people.keep_talking(over))
            for replica in people.replicas.each:
                await people.answered_more(FEWER_ANSWERED_BETWEEN)
                assert await replica.end(signal.SIGTERM) == 0
                await people.replicas.all_up()
            over.set()
            await talking
            tally(people, capfd)
    assert [said for said in people.said() if not said.right] == []
    assert [status for said in people.said() for status in said.statuses if status != 200] == []
    assert [status for _, status in people.telegram.acknowledged if status != 200] == []
    assert people.unread() == []


def tally(people: Crowd, capfd: pytest.CaptureFixture[str]) -> None:
    """Say what became of the messages, for the record."""
    for channel in ("telegram", "wechat", "web"):
        said = people.said(channel)
        seconds = sorted(each.seconds for each in said if each.answer is not None)
        figures = {
            "messages": len(said),
            "lost": sum(each.answer is None for each in said),
            "out of their talk": sum(each.answer is not None and not each.right for each in said),
            "sent again": sum(each.tries > 1 for each in said),
            "p99 seconds": round(seconds[len(seconds) * 99 // 100], 2),
        }
        with capfd.disabled():
            sys.stdout.write(f"\n{channel}: {figures}")
