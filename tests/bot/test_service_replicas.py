"""Several processes behind nginx on PostgreSQL: some are killed, the database is restarted, all are replaced, and nobody notices more than they must."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crowd import TOPICS, PagePerson, Said, Talk, TelegramPerson, WeChatPerson, client
from tests.databases import Cluster
from tests.fakes.botapi import BotAPI
from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, WeChat
from tests.faqs import intent, write_faq
from tests.nginx import HOST
from tests.processes import free_port
from tests.redis_server import redis_server
from tests.replicas import Replicas, replicas

SECRET = "geheim_webhook-secret"
TALKS = 200
KILLS = 6
UP_SECONDS = 2.0
"""For how long all are up before the next is killed."""
PAUSE_SECONDS = 5.0
"""Between an answer and the next message."""


@dataclass
class Crowd:
    """The processes, the vendors before them, and the people."""

    replicas: Replicas
    telegram: BotAPI
    talks: Sequence[Talk]

    @property
    def said(self) -> list[tuple[str, Said]]:
        """Every message, with its channel."""
        return [(talk.channel, said) for talk in self.talks for said in talk.said]


@asynccontextmanager
async def crowd(folder: Path, database_url: str, talks: int) -> AsyncIterator[Crowd]:
    """So many people over three channels, before three processes."""
    write_faq(folder, [intent(topic, [question]) for topic, question in TOPICS.items()])
    port = free_port()
    telegram = BotAPI()
    await telegram.start(port)
    settings = {
        "DATABASE_URL": database_url,
        "WECHAT_TOKEN": TOKEN,
        "WECHAT_APP_ID": APP_ID,
        "WECHAT_AES_KEY": AES_KEY,
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_BASE_URL": telegram.base_url,
        "TELEGRAM_WEBHOOK_URL": f"https://{HOST}/telegram",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    async with (
        redis_server() as redis,
        replicas(folder, REDIS_URL=redis.url, **settings) as running,
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
    await telegram.stop()


@pytest.mark.proof
async def test_killed_again_and_again_they_answer_every_message_once_and_every_talk_goes_on(
    tmp_path: Path, cluster: Cluster
) -> None:
    chance = random.Random(17)
    over = asyncio.Event()
    killed_at: list[float] = []
    with cluster.database() as url:
        async with crowd(tmp_path, url, TALKS) as people:
            talking = [asyncio.create_task(talk.go_on(over.is_set, PAUSE_SECONDS, chance)) for talk in people.talks]
            for number in range(KILLS):
                await people.replicas.all_up()
                await asyncio.sleep(UP_SECONDS)
                if number == KILLS // 2:
                    await asyncio.to_thread(cluster.restart)
                killed_at.append(time.monotonic())
                print(
                    "kill",
                    number,
                    round(killed_at[-1] - killed_at[0], 1),
                    len(people.said),
                    sum(s.answer is None for _, s in people.said),
                    flush=True,
                )
                await people.replicas.each[number % len(people.replicas.each)].end(signal.SIGKILL)
            await people.replicas.all_up()
            over.set()
            await asyncio.gather(*talking)
            await people.telegram.settled()
            report(people, killed_at)


def report(people: Crowd, killed_at: Sequence[float]) -> None:
    print()
    for channel in ("telegram", "wechat", "web"):
        said = [each for name, each in people.said if name == channel]
        lost = [each for each in said if each.answer is None]
        wrong = [each for each in said if each.answer is not None and not each.right]
        again = sum(each.tries > 1 for each in said)
        slowest = sorted(each.seconds for each in said if each.answer is not None)
        extra = sum(len(talk.person.unread()) for talk in people.talks if talk.channel == channel)
        print(
            channel,
            "said",
            len(said),
            "lost",
            len(lost),
            "wrong",
            len(wrong),
            "again",
            again,
            "extra",
            extra,
            "p50",
            slowest[len(slowest) // 2],
            "p99",
            slowest[int(len(slowest) * 0.99)],
            slowest[-1],
        )
        print(
            "   lost at",
            [round(each.at - killed_at[0], 2) for each in lost],
            "killed",
            [round(k - killed_at[0], 2) for k in killed_at],
        )
        for each in wrong[:5]:
            print("   ", round(each.at - killed_at[0], 2), each.text, each.wanted, repr(each.answer[:60]))
    Path("/tmp/chaos.log").write_text(people.replicas.logs)
