"""The bot's Telegram side in this process, on a small FAQ, against the tests' Bot API server."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from pydantic import SecretStr

from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.options import Options
from bot.channels.telegram.pace import RateLimits
from bot.channels.telegram.spool import ChannelStates
from bot.channels.telegram.startup import TelegramRefusedError
from bot.channels.telegram.update_claims import Claims
from bot.messages import Turn
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.search import search
from intents import Matcher
from intents.knowledge import Knowledge
from tests.fakes.botapi import DEADLINE, BotAPI
from tests.faqs import faq, intent
from tests.stores import sqlite_url

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], related=["lawsuit"])
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"], group="consequences")
GREETING = intent("greeting", ["你好", "在吗"], group="support")
THANKS = intent("thanks", ["谢谢", "多谢"], group="support")


@cache
def small_faq() -> Knowledge:
    """The small FAQ; immutable, so read once."""
    small = faq([HOME_VISIT, LAWSUIT, GREETING, THANKS])
    return Knowledge(small, Matcher(small), "000000000000")


QUICK = RateLimits(overall=0, in_chat=0, first_wait=0.01)
"""As fast as it goes."""


@dataclass
class Counts:
    """What the channel counted, and a way to wait for it."""

    by_kind: Counter[str] = field(default_factory=Counter)
    _waiting: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __getitem__(self, kind: str) -> int:
        return self.by_kind[kind]

    def __bool__(self) -> bool:
        return bool(self.by_kind)

    def add(self, kind: str) -> None:
        """Count one."""
        self.by_kind[kind] += 1
        task = asyncio.create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reaches(self, kind: str, number: int = 1) -> None:
        """Wait until so many have been counted."""
        async with asyncio.timeout(DEADLINE), self._waiting:
            await self._waiting.wait_for(lambda: self.by_kind[kind] >= number)

    async def _notify(self) -> None:
        async with self._waiting:
            self._waiting.notify_all()


@dataclass
class Bot:
    """A running channel and what it counted."""

    channel: TelegramChannel
    conversation: Conversation
    store: Store
    counted: Counts
    running: asyncio.Task[None]


@asynccontextmanager
async def talking(
    server: BotAPI,
    folder: Path,
    *,
    turn: Turn | None = None,
    claims: Claims | None = None,
    states: ChannelStates | None = None,
    options: Options | None = None,
    knowledge: Knowledge | None = None,
    stop_seconds: float = 5,
) -> AsyncIterator[Bot]:
    """A bot that polls the server, or does as `options` say; `turn` takes the conversation's place."""
    known = knowledge or small_faq()
    counted = Counts()
    async with Store(sqlite_url(folder)) as store:
        conversation = Conversation(lambda: known, store)
        channel = TelegramChannel(
            options or reaching(server),
            turn=turn or conversation.turn,
            search=lambda text, most: search(known, text, most),
            claims=claims or store.claims,
            count=counted.add,
            states=states or store.channel_states,
        )
        running = asyncio.create_task(channel.run())
        try:
            yield Bot(channel, conversation, store, counted, running)
        finally:
            await channel.stop(stop_seconds)
            await running


async def refusal(server: BotAPI, folder: Path, options: Options | None = None) -> str:
    """Why a bot ends by itself at its start."""
    try:
        async with talking(server, folder, options=options) as bot:
            await asyncio.wait({bot.running})
    except TelegramRefusedError as error:
        return str(error)
    raise AssertionError("it ended without a reason")


def reaching(server: BotAPI, **changes: object) -> Options:
    """Options for this server, without the vendor's pace, and without waiting for what may follow."""
    options = Options(token=SecretStr(server.token), base_url=server.base_url, rate_limits=QUICK, join_seconds=0)
    return replace(options, **changes)  # type: ignore[arg-type]  # the fields of Options
