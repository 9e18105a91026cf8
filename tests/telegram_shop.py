"""A bot with operators, and the server that they and people talk through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.channels.telegram.channel import TelegramChannel
from bot.messages import ChatIdentity, Send
from bot.operators.admin_commands import AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.operators.reload_notices import notify_on_reload
from bot.store.store import Store
from bot.talk.conversation import Conversation
from bot.talk.search import search
from intents.reload import Reloader
from tests.fakes.botapi import BotAPI
from tests.faqs import intent, write_faq
from tests.job_running import local_jobs, running
from tests.stores import sqlite_url
from tests.telegram_bot import reaching

Json = dict[str, Any]  # an object of the Bot API

HOME_VISIT = intent("home_visit", ["催收会上门吗", "会不会来我家", "有人来敲门要钱"], title="上门催收")
LAWSUIT = intent("lawsuit", ["会被起诉吗", "收到法院传票怎么办", "不还钱会不会打官司"])


@dataclass
class Shop:
    """A bot with one operator, and the server that both talk through."""

    server: BotAPI
    admin: Json
    path: Path
    store: Store

    async def asks(self, user: Json, text: str, **extra: Any) -> Json:  # noqa: ANN401 -- any field of a message
        """Write and read the answer."""
        await self.server.says(user, text, **extra)
        return await self.server.next_message(user)

    async def teaches(self, words: str, **extra: Any) -> str:  # noqa: ANN401 -- any field of a message
        """Teach a question; what the operator reads: the answer and the news of the reload, whichever comes first."""
        first = await self.asks(self.admin, f"/teach {words}", **extra)
        second = await self.server.next_message(self.admin)
        return f"{first['text']}\n{second['text']}"

    async def taps(self, message: Json, label: str) -> Json:
        """Tap and read what came of it."""
        await self.server.taps(message, label)
        return await self.server.next_message(message["chat"])


@asynccontextmanager
async def open_shop(server: BotAPI, folder: Path, staff_chat: int | None = None) -> AsyncIterator[Shop]:
    """A bot with one operator, who may share a group with others."""
    path = write_faq(folder, [HOME_VISIT, LAWSUIT])
    admin = server.user("管理员")
    person = ChatIdentity("telegram", str(admin["id"]))
    async with Store(sqlite_url(folder)) as store:
        reloader = Reloader.load(path)
        senders: dict[str, Send] = {}
        handoffs = Handoffs(store, frozenset({person}), senders)
        conversation = Conversation(lambda: reloader.current, store, handoffs)
        jobs = local_jobs(store)
        broadcast = BroadcastSender(store, senders, jobs, per_second=1000)
        channel = TelegramChannel(
            reaching(server, staff_chat=staff_chat),
            turn=conversation.turn,
            search=lambda text, most: search(reloader.current, text, most),
            claims=store.claims,
            count=lambda _: None,
            admin_commands=AdminCommands(handoffs, reloader, broadcast),
            states=store.channel_states,
        )
        senders["telegram"] = channel.send
        notify_on_reload(reloader, handoffs)
        taking = asyncio.create_task(channel.run())
        async with running(jobs):
            yield Shop(server, admin, path, store)
            broadcast.stop()
        await channel.stop(5)
        await taking
