"""kill -9 under load: what is lost and what comes twice, with the service as a process of its own.

    python -m benchmarks.telegram_kills [--kills 30] [--chats 5] [--every 1.25]

People write to the tests' Bot API server, which keeps Telegram's pace, each chat a complete question every so many seconds. The service
is killed at a random moment, started again, and at the end answers what is left. Each chat asks for its topics in turn, so that the
answers, which come in the order of the questions, say which one is missing or came twice.
"""

import argparse
import asyncio
import contextlib
import json
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.fakes.botapi import BotAPI
from tests.fakes.botapi_rules import JSON
from tests.faqs import intent, write_faq
from tests.processes import free_port, running

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
UPTIME = (10.0, 18.0)
"""Seconds for which the service runs before it is killed: enough to catch up with what was asked while it was away, in the end."""


@dataclass
class Chat:
    """What one person asked."""

    user: JSON
    asked: list[str] = field(default_factory=list)
    """The topics in turn."""


async def main(arguments: argparse.Namespace) -> None:
    """Run the load, kill, and print what is missing."""
    chance = random.Random(arguments.seed)  # noqa: S311 -- moments, no secrets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_faq(folder, [intent(key, [question]) for key, question in TOPICS.items()])
        async with BotAPI(paced=True, most_a_second=30) as server:
            chats = [Chat(server.user()) for _ in range(arguments.chats)]
            service_of = partial(running, folder, TELEGRAM_TOKEN=server.token, TELEGRAM_BASE_URL=server.base_url)
            writing = [asyncio.create_task(write(server, chat, arguments.every, chance.random())) for chat in chats]
            begin = time.monotonic()
            for _ in range(arguments.kills):
                async with service_of(free_port()) as service:
                    await asyncio.sleep(chance.uniform(*UPTIME))
                    await service.stop(signal.SIGKILL)
            for task in writing:
                task.cancel()
            async with service_of(free_port()) as service:
                await drained(server)
                await service.stop()
            found = [missing(chat.asked, answers(server, chat.user)) for chat in chats]
    asked = sum(len(chat.asked) for chat in chats)
    lost, doubled = sum(lost for lost, _ in found), sum(doubled for _, doubled in found)
    print(
        json.dumps(
            {
                "kills": arguments.kills,
                "chats": arguments.chats,
                "every_seconds": arguments.every,
                "seconds": round(time.monotonic() - begin),
                "asked": asked,
                "lost": lost,
                "doubled": doubled,
                "held": not doubled and lost <= arguments.kills * arguments.chats,
            }
        )
    )


async def drained(server: BotAPI) -> None:
    """Wait until the work on all that was asked has begun, as long as it becomes less."""
    left = None
    while left is None or len(server._pending) < left:  # noqa: SLF001 -- the tests' own server
        left = len(server._pending)  # noqa: SLF001
        with contextlib.suppress(TimeoutError):
            await server.settled()


async def write(server: BotAPI, chat: Chat, every: float, share: float) -> None:
    """Ask for one topic after another until cancelled."""
    await asyncio.sleep(share * every)
    topics = [*TOPICS]
    while True:
        topic = topics[len(chat.asked) % len(topics)]
        chat.asked.append(topic)
        await server.says(chat.user, TOPICS[topic])
        await asyncio.sleep(every)


def answers(server: BotAPI, user: JSON) -> list[str]:
    """The topics that a chat was answered, in turn."""
    texts = [message["text"] for message in server.unread(user)]
    return [next((topic for topic in TOPICS if f"{topic}的简要回答" in text), "?") for text in texts]


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What kill -9 costs under load.")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--chats", type=int, default=5)
    parser.add_argument("--every", type=float, default=1.25)
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(main(parser.parse_args()))
