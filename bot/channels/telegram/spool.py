"""Updates that wait in the database, because Telegram shows only so many at a time and somebody in danger may come behind them.

What is kept is encrypted with a key made of the bot's token, and goes as soon as the work on it has begun.
"""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Sequence
from time import time
from typing import Any, Final, Protocol

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.queued_update import QueuedUpdate
from bot.messages import ChatIdentity
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

KIND: Final = "waiting_updates"
"""Under what a chat's updates are kept."""
KEPT_SECONDS: Final = 24 * 3600
"""Telegram keeps its own no longer (https://core.telegram.org/bots/api#getting-updates)."""

JSON = dict[str, Any]  # whatever the vendor's update holds


class ChannelStates(Protocol):
    """What is kept of a person or chat beside the talk."""

    async def save(self, person: ChatIdentity, kind: str, data: str | None, /) -> None:
        """Keep this in place of what was kept; raises StoreError."""
        ...

    async def load(self, channel: str, kind: str, since: int, /) -> Sequence[tuple[str, str]]:
        """Users of a channel with what was kept of them; raises StoreError."""
        ...


class UpdateSpool:
    """Keeps the updates of each chat in one row until the work on all of them has begun."""

    def __init__(self, token: SecretStr, states: ChannelStates) -> None:
        """Nothing is read or written yet.

        Args:
            token: the bot's; whoever has it could read the same updates at Telegram.
            states: where they are kept.
        """
        derived = HKDF(SHA256(), 32, salt=None, info=b"youshu waiting updates").derive(
            token.get_secret_value().encode()
        )
        self._cipher = Fernet(urlsafe_b64encode(derived))
        self._states = states
        self._by_chat: defaultdict[int, list[QueuedUpdate]] = defaultdict(list)
        self._dropping: set[asyncio.Task[None]] = set()

    async def keep(self, waiting: Sequence[QueuedUpdate]) -> None:
        """Keep updates that happened in a chat until their work begins; raises StoreError."""
        chats = {queued.chat for queued in waiting}
        for queued in waiting:
            self._remember(queued)
        await asyncio.gather(*(self._save(chat) for chat in chats if chat is not None))
        for queued in waiting:
            queued.spooled = True

    async def load(self) -> list[JSON]:
        """What was waiting when the process ended, in the order in which it happened; raises StoreError."""
        updates: list[JSON] = []
        recent = dict(await self._states.load(CHANNEL, KIND, int(time()) - KEPT_SECONDS))
        for chat, data in await self._states.load(CHANNEL, KIND, 0):
            try:
                found = json.loads(self._cipher.decrypt(data.encode()))
            except InvalidToken:
                log.warning("waiting_updates_of_another_bot")
                found = None
            if found is None or chat not in recent:
                await self._states.save(ChatIdentity(CHANNEL, chat), KIND, None)
            else:
                updates += found
        return sorted(updates, key=lambda update: int(update["update_id"]))

    def taken_up(self, queued: QueuedUpdate) -> None:
        """An update that was loaded waits again."""
        self._remember(queued)
        queued.spooled = True

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._dropping:
            await asyncio.wait({*self._dropping})

    def _remember(self, queued: QueuedUpdate) -> None:
        chat = queued.chat
        if chat is None or queued in self._by_chat[chat]:
            return
        self._by_chat[chat].append(queued)
        queued.begun.add_done_callback(lambda _: self._begun(chat, queued))

    def _begun(self, chat: int, queued: QueuedUpdate) -> None:
        left = self._by_chat[chat]
        left.remove(queued)
        if not left:
            del self._by_chat[chat]
            task = asyncio.ensure_future(self._drop(chat))
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    async def _drop(self, chat: int) -> None:
        """Delete a chat's row, unless more has come to wait."""
        if chat in self._by_chat:
            return
        try:
            await self._states.save(ChatIdentity(CHANNEL, str(chat)), KIND, None)
        except StoreError as error:
            # The next start finds them claimed.
            log.warning("waiting_updates_not_deleted", reason=str(error))

    async def _save(self, chat: int) -> None:
        waiting = [queued.update.to_dict() for queued in self._by_chat.get(chat, ())]
        data = self._cipher.encrypt(json.dumps(waiting).encode()).decode() if waiting else None
        await self._states.save(ChatIdentity(CHANNEL, str(chat)), KIND, data)
