"""The bot's WeCom side in this process, on a small FAQ, against the tests' WeCom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.channels.wecom.channel import Options, WeComChannel
from bot.channels.wecom.intake import Pulls
from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.messages import Turn
from bot.store.store import Store
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from tests.fakes.wecom import AES_KEY, CORP_ID, SECRET, TOKEN, WeCom
from tests.job_running import local_jobs, running
from tests.stores import sqlite_url
from tests.telegram_bot import Counts, small_faq
from tests.webserver import serving

PAUSE = 0.01
"""Seconds before a call that failed is tried again."""


@dataclass
class Company:
    """A running channel, WeCom before it, and what it counted."""

    wecom: WeCom
    channel: WeComChannel
    store: Store
    conversation: Conversation
    counted: Counts


def options(wecom: WeCom, secret: str = SECRET, join_seconds: float = 0) -> Options:
    """The company of the tests, where nothing waits for the next message unless it is to."""
    secrets = SecretStr(secret), SecretStr(TOKEN), SecretStr(AES_KEY)
    return Options(CORP_ID, *secrets, wecom.url, PAUSE, join_seconds)


@asynccontextmanager
async def talking(
    wecom: WeCom,
    folder: Path,
    *,
    turn: Turn | None = None,
    pulls: Pulls | None = None,
    knowledge: Knowledge | None = None,
    account: Options | None = None,
    connected: bool = True,
) -> AsyncIterator[Company]:
    """A channel with the real conversation, connected; `turn` takes the conversation's place, `pulls` the store's."""
    known = knowledge or small_faq()
    counted = Counts()
    async with Store(sqlite_url(folder)) as store:
        conversation = Conversation(lambda: known, store)
        jobs = local_jobs(store)
        channel = WeComChannel(
            account or options(wecom),
            turn=turn or conversation.turn,
            has_topic=lambda topic: topic in known.faq.by_id,
            pulls=pulls or store.pulls,
            states=store.channel_states,
            jobs=jobs,
            count=counted.add,
        )
        app = build_app(lambda: FaqStatus("0", 0), [], Metrics(), channel.routes())
        taking = asyncio.create_task(channel.run())
        try:
            async with running(jobs), serving(app) as url:
                wecom.callback_url = url
                if connected:
                    await asyncio.wait_for(channel.connected.wait(), 10)
                    await wecom.until(lambda: len(wecom.calls["kf/sync_msg"]) >= len(wecom.accounts))
                yield Company(wecom, channel, store, conversation, counted)
        finally:
            await channel.stop(5)
            await taking
