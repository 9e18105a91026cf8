"""kill -9 under load: people write to the tests' Bot API server, and the service is killed and started again, over and over.

Each chat asks for its topics in turn, so that the answers, which come in the order of the questions, say which one is missing or
came twice.
"""

import asyncio
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.botapi import BotAPI
from tests.fakes.botapi_rules import JSON
from tests.faqs import intent, write_faq
from tests.processes import UNLIMITED, free_port, running

TOPICS = {
    "home_visit": "催收会上门吗",
    "lawsuit": "会被起诉吗",
    "credit": "征信花了怎么办",
    "calls": "爆通讯录合法吗",
    "fees": "违约金怎么算",
    "jail": "会坐牢吗",
    "school": "会影响孩子上学吗",
    "job": "会告诉我单位吗",
}
QUIET_SECONDS = 3.0
"""When nothing has been answered for so long, nothing more is to come."""


@dataclass(frozen=True)
class Load:
    """What is done to the service."""

    kills: int
    chats: int
    every: float
    """Seconds from question to question in a chat."""
    uptime: tuple[float, float]
    """Seconds for which the service runs before it is killed."""
    away: float = 0.0
    """Seconds before it is started again, beside the start itself."""
    webhook: bool = False
    seed: int = 7


@dataclass(frozen=True)
class Found:
    """What came of it."""

    asked: int
    lost: tuple[int, ...]
    """By chat."""
    doubled: int
    strange: tuple[str, ...]
    """What was answered but is no topic's answer."""
    spooled: int
    """How often more waited than Telegram shows at a time."""


@dataclass
class _Chat:
    user: JSON
    asked: list[str] = field(default_factory=list)


async def kill_again_and_again(folder: Path, load: Load) -> Found:
    """Run the load, within Telegram's pace; the answers to all that was asked are waited for at the end."""
    chance = random.Random(load.seed)  # noqa: S311 -- moments, no secrets
    write_faq(folder, [intent(key, [question]) for key, question in TOPICS.items()])
    spooled = 0
    port = free_port()
    async with BotAPI(paced=True, most_a_second=30) as server:
        settings = {"TELEGRAM_TOKEN": server.token, "TELEGRAM_BASE_URL": server.base_url}
        if load.webhook:
            settings["TELEGRAM_WEBHOOK_URL"] = f"http://127.0.0.1:{port}/telegram"
            settings["TELEGRAM_WEBHOOK_SECRET"] = "of-the-tests"
        chats = [_Chat(server.user()) for _ in range(load.chats)]
        writing = [asyncio.create_task(_write(server, chat, load.every, chance.random())) for chat in chats]
        for _ in range(load.kills):
            async with running(folder, port, UNLIMITED, **settings) as service:
                await asyncio.sleep(chance.uniform(*load.uptime))  # a kill comes at any moment
                await service.stop(signal.SIGKILL)
                spooled += service.log.count("updates_spooled")
            await asyncio.sleep(load.away)
        for task in writing:
            task.cancel()
        async with running(folder, port, UNLIMITED, **settings) as service:
            await _silence(server)
            await service.stop()
        answers = [[message["text"] for message in server.unread(chat.user)] for chat in chats]
    return _found(chats, answers, spooled)


async def _write(server: BotAPI, chat: _Chat, every: float, share: float) -> None:
    """Ask for one topic after another until cancelled."""
    await asyncio.sleep(share * every)
    topics = [*TOPICS]
    while True:
        topic = topics[len(chat.asked) % len(topics)]
        chat.asked.append(topic)
        await server.says(chat.user, TOPICS[topic])
        await asyncio.sleep(every)


async def _silence(server: BotAPI) -> None:
    """Wait until the bot has been given everything and has nothing more to say."""
    said = -1
    while server.waiting or len(server.calls_of("sendMessage")) > said:
        said = len(server.calls_of("sendMessage"))
        await asyncio.sleep(QUIET_SECONDS)


def _found(chats: list[_Chat], answers: list[list[str]], spooled: int) -> Found:
    topics = [
        [next((topic for topic in TOPICS if f"{topic}的简要回答" in text), None) for text in each] for each in answers
    ]
    counted = [
        missing(chat.asked, [topic for topic in each if topic is not None])
        for chat, each in zip(chats, topics, strict=True)
    ]
    strange = [
        text
        for texts, each in zip(answers, topics, strict=True)
        for text, topic in zip(texts, each, strict=True)
        if topic is None
    ]
    return Found(
        asked=sum(len(chat.asked) for chat in chats),
        lost=tuple(lost for lost, _ in counted),
        doubled=sum(doubled for _, doubled in counted),
        strange=tuple(strange),
        spooled=spooled,
    )


def missing(asked: list[str], answered: list[str]) -> tuple[int, int]:
    """How many questions have no answer, and how many answers no question, where both are in order."""
    at = doubled = matched = 0
    for topic in answered:
        # A topic comes again after all others: further ahead than that lies no answer, but one that came twice.
        ahead = asked[at : at + len(TOPICS) - 1]
        if topic in ahead:
            at += ahead.index(topic) + 1
            matched += 1
        else:
            doubled += 1
    return len(asked) - matched, doubled
