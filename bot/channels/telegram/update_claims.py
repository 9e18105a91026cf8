"""Claims of updates: the work on each begins once, in this process or another, whatever the database does."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.queued_update import Count, QueuedUpdate
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

TAKEN_REMEMBERED: Final = 20_000
"""How many updates this process remembers to have begun: enough for an hour without a database."""
REPEAT: Final = "repeat"


class Claims(Protocol):
    """Remembers which updates were claimed, across processes and restarts."""

    async def claim(self, channel: str, message_id: str) -> bool:
        """Claim one; whether nobody had before. Raises StoreError."""
        ...


class UpdateClaims:
    """Claims updates when their work begins; each is then marked as begun."""

    def __init__(self, claims: Claims, count: Count) -> None:
        self._claims = claims
        self._count = count
        self._taken: OrderedDict[str, None] = OrderedDict()

    async def claim(self, batch: Sequence[QueuedUpdate]) -> list[QueuedUpdate]:
        """Claim updates; those that are ours to answer."""
        for queued in batch:
            if queued.claiming is None:
                queued.claiming = asyncio.ensure_future(self._claim(queued))
        await asyncio.gather(*(queued.claiming for queued in batch if queued.claiming is not None))
        return [queued for queued in batch if queued.ours]

    async def _claim(self, queued: QueuedUpdate) -> None:
        if queued.key in self._taken:
            queued.ours = False
        else:
            self._taken[queued.key] = None
            if len(self._taken) > TAKEN_REMEMBERED:
                self._taken.popitem(last=False)
            try:
                queued.ours = await self._claims.claim(CHANNEL, queued.key)
            except StoreError as error:
                # Answering matters more than the memory: this process knows what it has begun, and won't begin it again.
                log.error("update_not_claimed", reason=str(error))
                queued.ours = True
        if not queued.ours:
            self._count(REPEAT)
        if not queued.begun.done():
            queued.begun.set_result(None)
