"""The one door for updates: each is claimed once, then queued."""

from collections.abc import Sequence
from typing import Final, Protocol

from telegram import Update

from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.handlers import App, Count

REPEAT: Final = "repeat"
RUSH: Final = 16
"""From so many updates in work on, it is a rush."""


class Claims(Protocol):
    """Remembers which updates were taken, across processes and restarts."""

    async def deduplicate(self, channel: str, message_ids: Sequence[str]) -> frozenset[str]:
        """Those of these that nobody has asked for within the time to live; raises StoreError."""
        ...


class UpdateIntake:
    """Takes every update once, however often Telegram sends it.

    What is promised: at least once in, at most once out. Telegram repeats an update until it is claimed here; a crash
    after that loses this one answer rather than giving it twice
    (https://core.telegram.org/bots/api#update: update_id serves to ignore repeats).
    """

    def __init__(self, application: App, claims: Claims, count: Count) -> None:
        self._application = application
        self._claims = claims
        self._count = count

    @property
    def busy(self) -> bool:
        """Whether so much is in work that the next updates need not come at once."""
        return self._application.update_processor.current_concurrent_updates >= RUSH

    async def take(self, updates: Sequence[Update]) -> None:
        """Queue those that were not taken before, in order; raises StoreError when that can't be known."""
        # Numbers are a bot's own, and the store may have served another bot before.
        named = {f"{self._application.bot.id}:{update.update_id}": update for update in updates}
        ours = await self._claims.deduplicate(CHANNEL, [*named])
        self.queue([update for key, update in named.items() if key in ours])
        for _ in range(len(updates) - len(ours)):
            self._count(REPEAT)

    def queue(self, updates: Sequence[Update]) -> None:
        """Hand updates to the handlers."""
        for update in updates:
            self._application.update_queue.put_nowait(update)
