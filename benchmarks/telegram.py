"""Updates a second through the whole bot, beside a bare echo bot of the same library, in the same run.

    python -m benchmarks.telegram [--updates 10000] [--memory]

The tests' Bot API server runs in a process of its own and keeps 64 people waiting for an answer at any time: whoever gets
one makes room for the next. Both bots poll it one after the other; neither keeps to Telegram's pace. `--memory` sends
100,000 updates and compares the memory after the first 10,000 with that at the end.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters
from typing_extensions import override

from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.options import Options
from bot.channels.telegram.pace import RateLimits
from bot.http.metrics import Metrics
from bot.observe import configure_logging
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.rate_limit import RateLimiter
from bot.talk.search import search
from intents.knowledge import Knowledge
from tests.fakes.botapi import TOKEN, BotAPI
from tests.fakes.botapi_rules import JSON

WAITING = 64
PEOPLE = 5000
"""Enough that nobody meets the limit on one person's messages."""
RATIO = 0.85
"""The floor: how much of the bare bot's speed must be left."""


@dataclass
class LoadServer(BotAPI):
    """A Bot API server that sends the next question as soon as one is answered."""

    questions: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    """Seconds from question to answer."""
    left: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    _sent: dict[int, float] = field(default_factory=dict)
    _next: int = 0
    _chance: random.Random = field(default_factory=partial(random.Random, 7))

    async def send_questions(self, updates: int) -> JSON:
        """Send so many questions, and measure how long they take."""
        self.latencies, self.left = [], updates
        self.done.clear()
        begin = time.perf_counter()
        for _ in range(min(WAITING, updates)):
            await self._ask()
        await self.done.wait()
        seconds = time.perf_counter() - begin
        ordered = sorted(self.latencies)
        return {"seconds": seconds, "p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}

    async def _ask(self) -> None:
        self.left -= 1
        self._next = (self._next + 1) % PEOPLE
        number = 8_000_000_000 + self._next
        chat = {"id": number, "type": "private", "first_name": "x"}
        self.world.chats[number] = chat
        self._sent[number] = time.perf_counter()
        text = self._chance.choice(self.questions)
        user = {"id": number, "is_bot": False, "first_name": "x"}
        await self.push({"message": {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": text}})

    @override
    def _spoken(self, message: JSON) -> None:
        asked = self._sent.pop(message["chat"]["id"], None)
        if asked is None:
            return
        self.latencies.append(time.perf_counter() - asked)
        self.calls.clear()
        self.world.messages.clear()
        if self.left > 0:
            self._later(asyncio.create_task(self._ask()))
        elif not self._sent:
            self.done.set()


def serve(pipe: Connection, questions: list[str]) -> None:
    """The server's process: sends its URL, then as many updates as it receives numbers for, until a 0."""

    async def run() -> None:
        async with LoadServer(questions=questions) as server:
            pipe.send(server.base_url)
            while updates := await asyncio.to_thread(pipe.recv):
                pipe.send(await server.send_questions(updates))

    asyncio.run(run())


@asynccontextmanager
async def whole_bot(base_url: str, folder: Path) -> AsyncIterator[None]:
    """The bot as `youshu serve` puts it together, but for Telegram's pace."""
    options = Options(SecretStr(TOKEN), base_url, rate_limits=RateLimits(overall=0, in_chat=0))
    async with running_bot(options, folder):
        yield


@asynccontextmanager
async def running_bot(options: Options, folder: Path) -> AsyncIterator[None]:
    """The bot as `youshu serve` puts it together, with these options."""
    knowledge = Knowledge.load(Path("faq.yaml"))
    metrics = Metrics()
    async with Store(f"sqlite+aiosqlite:///{folder / 'youshu.db'}") as store:
        conversation = Conversation(lambda: knowledge, store, rate_limiter=RateLimiter())
        channel = TelegramChannel(
            options,
            turn=metrics.instrument(conversation.turn),
            search=lambda text, most: search(knowledge, text, most),
            claims=store.claims,
            count=metrics.telegram_event,
            states=store.channel_states,
        )
        running = asyncio.create_task(channel.run())
        await channel.connected.wait()
        await asyncio.to_thread(knowledge.matcher.warm)
        yield
        await channel.stop(5)
        await running


@asynccontextmanager
async def bare_bot(base_url: str, _: Path) -> AsyncIterator[None]:
    """python-telegram-bot's own echo example: one update after another."""

    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.text is not None:
            await update.message.reply_text(update.message.text)

    application = ApplicationBuilder().token(TOKEN).base_url(base_url).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling()
        yield
        await application.updater.stop()
        await application.stop()


Load = Callable[[int], Awaitable[JSON]]
"""Has the server send so many updates, and returns what it measured."""


async def main(arguments: argparse.Namespace) -> None:
    """Run both bots and print what was measured."""
    knowledge = Knowledge.load(Path("faq.yaml"))
    questions = [question for intent in knowledge.faq.intents for question in intent.questions]
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    server = spawning.Process(target=serve, args=(theirs, questions), daemon=True)
    server.start()
    base_url = await asyncio.to_thread(ours.recv)

    async def load(updates: int) -> JSON:
        ours.send(updates)
        return dict(await asyncio.to_thread(ours.recv))

    with tempfile.TemporaryDirectory() as folder:
        found = await (memory if arguments.memory else speed)(base_url, Path(folder), load, arguments.updates)
    ours.send(0)
    server.join()
    print(json.dumps(found, indent=2))


async def speed(base_url: str, folder: Path, load: Load, updates: int) -> JSON:
    """Both bots in turn, twice, so that neither has the quieter machine."""
    best: dict[str, JSON] = {}
    for _ in range(2):
        for name, running in (("bare", bare_bot), ("whole", whole_bot)):
            async with running(base_url, folder):
                await load(WAITING * 4)
                found = await load(updates)
            rate = updates / found["seconds"]
            if rate > best.get(name, {}).get("updates_per_second", 0):
                milliseconds = {key: round(1000 * found[key], 1) for key in ("p50", "p99")}
                best[name] = {"updates_per_second": round(rate, 1), "answer_ms": milliseconds}
    ratio = best["whole"]["updates_per_second"] / best["bare"]["updates_per_second"]
    return {**best, "ratio": round(ratio, 2), "floor": RATIO, "held": ratio >= RATIO}


async def memory(base_url: str, folder: Path, load: Load, _: int) -> JSON:
    """The whole bot's memory after 10,000 updates and after 100,000."""
    async with whole_bot(base_url, folder):
        await load(10_000)
        early = resident()
        for _ in range(9):
            await load(10_000)
        late = resident()
    return {"after_10000_mb": early, "after_100000_mb": late, "held": late <= early * 1.02}


def resident() -> float:
    """The memory of this process in MB."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return round(int(found[1]) / 1024, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Updates a second through the whole bot, beside a bare one.")
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--memory", action="store_true", help="100,000 updates; compare the memory")
    configure_logging("console", "ERROR")
    asyncio.run(main(parser.parse_args()))
