"""The bot's WeChat side in this process, on a small FAQ, against the tests' WeChat."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.channels.wechat.channel import Options, WeChatChannel
from bot.channels.wechat.intake import Claims, Pace
from bot.http.app import FaqStatus, build_app
from bot.http.metrics import Metrics
from bot.messages import ChatIdentity, Turn
from bot.operators.admin_commands import AdminCommands
from bot.operators.broadcast import BroadcastSender
from bot.operators.handoff import Handoffs
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.talk.answers import group_choices
from bot.talk.conversation import Conversation
from intents.knowledge import Knowledge
from intents.reload import Reloader
from tests.fakes.wechat import AES_KEY, APP_ID, TOKEN, Mode, WeChat
from tests.job_running import local_jobs
from tests.stores import sqlite_url
from tests.telegram_bot import Counts, small_faq
from tests.webserver import serving

PACE = Pace(answer=0.5, hold=1.0)
LIMIT = 0.75
"""A try of the tests takes a sixth of WeChat's."""


@dataclass
class Account:
    """A running channel, WeChat before it, and what it counted."""

    wechat: WeChat
    channel: WeChatChannel
    store: Store
    conversation: Conversation
    counted: Counts


def options(mode: Mode = "plain", pace: Pace | None = None, **changes: object) -> Options:
    """The account of the tests."""
    key = SecretStr(AES_KEY) if mode != "plain" else None
    return Options(SecretStr(TOKEN), APP_ID, key, pace=pace or Pace(), **{"join_seconds": 0.0, **changes})  # type: ignore[arg-type]


class StoreAway:
    """Claims whose database doesn't answer."""

    async def claim(self, channel: str, message_id: str) -> bool:
        raise StoreError(f"OperationalError, {len(message_id)} of {len(channel)}")


@asynccontextmanager
async def talking(
    folder: Path,
    mode: Mode = "plain",
    *,
    pace: Pace | None = None,
    turn: Turn | None = None,
    claims: Claims | None = None,
    knowledge: Knowledge | None = None,
    account: Options | None = None,
    admins: AbstractSet[str] = frozenset(),
) -> AsyncIterator[Account]:
    """A channel with the real conversation; `turn` takes its place, and with a `pace` WeChat is as fast."""
    known = knowledge or small_faq()
    counted = Counts()
    async with Store(sqlite_url(folder)) as store:
        handoffs = Handoffs(store, frozenset(ChatIdentity("wechat", admin) for admin in admins))
        reloader = Reloader(folder / "faq.yaml", known)
        conversation = Conversation(lambda: reloader.current, store, handoffs if admins else None)
        channel = WeChatChannel(
            account or options(mode, pace),
            turn=turn or conversation.turn,
            forget=conversation.forget,
            claims=claims or store.claims,
            count=counted.add,
            states=store.channel_states,
            last_heard=store.turns.last_heard,
            groups=group_choices,
            admin_commands=AdminCommands(handoffs, reloader, BroadcastSender(store, {}, local_jobs(store))),
        )
        app = build_app(lambda: FaqStatus("0", 0), [], Metrics(), channel.routes())
        running = asyncio.create_task(channel.run())
        async with serving(app) as url:
            wechat = WeChat(url, mode, limit=LIMIT if pace else 5.0)
            yield Account(wechat, channel, store, conversation, counted)
        await channel.stop(5)
        await running
