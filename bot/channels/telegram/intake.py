"""Where polling and webhook hand in updates: each is claimed once, then queued for the handlers."""

from collections.abc import Sequence
from typing import Final, Protocol

from telegram import Update

from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.handlers import App, Count

REPEAT: Final = "repeat"
BUSY_UPDATES: Final = 16
"""How many updates in work count as busy."""


class Claims(Protocol):
    """Remembers which updates were claimed, across processes and restarts."""

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Claim these ids; the ones that nobody had claimed before. Raises StoreError."""
        ...


class UpdateIntake:
    """Takes every update once, however often Telegram sends it.

    At least once in, at most once out: Telegram repeats an update until it is claimed here; a crash after the claim loses
    the answer rather than giving it twice (https://core.telegram.org/bots/api#update: update_id serves to ignore repeats).
    """

    def __init__(self, application: App, claims: Claims, count: Count) -> None:
        self._application = application
        self._claims = claims
        self._count = count

    @property
    def busy(self) -> bool:
        """Whether so many updates are in work that the next poll can wait a moment."""
        return self._application.update_processor.current_concurrent_updates >= BUSY_UPDATES

    async def take(self, updates: Sequence[Update]) -> None:
        """Queue those that were not taken before, in order; raises StoreError when that can't be known."""
        # update_id is unique for one bot only, and the store may have served another bot before.
        named = {f"{self._application.bot.id}:{update.update_id}": update for update in updates}
        ours = await self._claims.deduplicate(CHANNEL, [*named])
        self.queue([update for key, update in named.items() if key in ours])
        for _ in range(len(updates) - len(ours)):
            self._count(REPEAT)

    def queue(self, updates: Sequence[Update]) -> None:
        """Hand updates to the handlers."""
        for update in updates:
            self._application.update_queue.put_nowait(update)
