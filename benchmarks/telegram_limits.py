"""Many messages against a Bot API server that enforces Telegram's limits: what is lost, how long people wait, and those in danger.

    python -m benchmarks.telegram_limits [--messages 5000] [--chats 200] [--rate 25]

The server, in a process of its own, refuses a second message within a second in a chat and the 31st in any second, as Telegram does.
Every five seconds somebody new is in danger.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr
from typing_extensions import override

from benchmarks.telegram import running_bot
from bot.channels.telegram.options import Options
from bot.observe import configure_logging
from tests.fakes.botapi import TOKEN, BotAPI
from tests.fakes.botapi_rules import JSON

QUESTION, DANGER = "催收会上门吗", "我不想活了"
DANGER_EVERY = 5.0
PATIENCE = 60.0
"""Seconds after the last question in which an answer may come."""


@dataclass
class StrictServer(BotAPI):
    """Keeps the limits, and measures how long each question waits for its answer."""

    paced: bool = True
    most_a_second: int = 30
    waited: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    """Seconds from question to answer, of those in danger and of the others."""
    _asked: defaultdict[int, deque[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(deque))
    _none_left: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0
    """How many wait for their answer."""
    refused: int = 0
    """How many messages came too fast."""

    async def load(self, messages: int, chats: int, rate: float) -> JSON:
        """Send so many questions at this rate, and wait for their answers."""
        people = [self.user() for _ in range(chats)]
        begin = time.monotonic()
        danger_at = begin
        for number in range(messages):
            if time.monotonic() >= danger_at:
                danger_at += DANGER_EVERY
                await self._ask(self.user(), DANGER)
            await self._ask(people[number % chats], QUESTION)
            await asyncio.sleep(max(0.0, begin + (number + 1) / rate - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._none_left.wait(), PATIENCE)
        return {
            "messages": messages,
            "lost": self.left,
            "p50_seconds": _share(self.waited[False], 0.5),
            "p99_seconds": _share(self.waited[False], 0.99),
            "danger": len(self.waited[True]),
            "danger_slowest_seconds": _share(self.waited[True], 1),
            "refused": self.refused,
        }

    async def _ask(self, user: JSON, text: str) -> None:
        self.left += 1
        self._none_left.clear()
        self._asked[user["id"]].append((time.monotonic(), text == DANGER))
        await self.says(user, text)

    @override
    def _keep_pace(self, chat: int) -> None:
        self.refused += 1
        super()._keep_pace(chat)
        self.refused -= 1

    @override
    def _spoken(self, message: JSON) -> None:
        asked = self._asked[message["chat"]["id"]]
        if asked:
            at, danger = asked.popleft()
            self.waited[danger].append(time.monotonic() - at)
            self.left -= 1
            (self._none_left.clear if self.left else self._none_left.set)()
        self.calls.clear()


def _share(seconds: Sequence[float], share: float) -> float:
    ordered = sorted(seconds)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else 0.0


def serve(pipe: Connection, messages: int, chats: int, rate: float) -> None:
    """The server's process."""

    async def run() -> None:
        async with StrictServer() as server:
            pipe.send(server.base_url)
            await asyncio.to_thread(pipe.recv)
            pipe.send(await server.load(messages, chats, rate))
            await asyncio.to_thread(pipe.recv)

    asyncio.run(run())


async def main(arguments: argparse.Namespace) -> None:
    """Run the load and print what was measured."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    load = (arguments.messages, arguments.chats, arguments.rate)
    server = spawning.Process(target=serve, args=(theirs, *load), daemon=True)
    server.start()
    options = Options(SecretStr(TOKEN), await asyncio.to_thread(ours.recv))
    with tempfile.TemporaryDirectory() as folder:
        async with running_bot(options, Path(folder)):
            ours.send(None)
            found = dict(await asyncio.to_thread(ours.recv))
        ours.send(None)
    held = not found["lost"] and found["p99_seconds"] <= 4 and found["danger_slowest_seconds"] <= 1
    print(json.dumps({**found, "held": held}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Many messages within Telegram's limits.")
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--rate", type=float, default=25)
    configure_logging("console", "ERROR")
    asyncio.run(main(parser.parse_args()))
