"""An update that waits for its work to begin, and what it looks like to the queue."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Final

from telegram import Update

from bot.channels.fragments import Fragment
from bot.observe import request_id

LIVE_SECONDS: Final = 3.0
"""A message that was written longer ago isn't held for the next: whatever followed is there."""

Count = Callable[[str], None]
"""Counts an event by its kind."""


@dataclass(eq=False, slots=True)
class QueuedUpdate:
    """An update that waits for its work to begin."""

    update: Update
    key: str
    """Unique for one bot only, and the store may have served another bot before."""
    arrived: float = field(default_factory=monotonic)
    arrived_at: float = field(default_factory=time)
    """The same by the clock on the wall."""
    begun: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done once it is claimed, or known to be somebody else's: Telegram may forget it."""
    ours: bool = False
    """Whether it is ours to answer, once it is claimed."""
    claiming: asyncio.Future[None] | None = None
    """The claim, under way or done."""
    request: str = field(default_factory=request_id)
    """Names its work in the log: the request of the webhook, or an id of its own."""
    spooled: bool = False
    """Kept in the database until its work begins: Telegram may forget it."""

    @property
    def fragment(self) -> Fragment:
        """Its text, and when it came; of what waited at Telegram, when it was written."""
        message = self.update.message
        if message is None or not message.text:
            return Fragment("", self.arrived_at)
        return Fragment(message.text, self.arrived_at if self.live else message.date.timestamp())

    @property
    def live(self) -> bool:
        """Whether its writer may be writing on."""
        message = self.update.message
        return message is not None and self.arrived_at - message.date.timestamp() < LIVE_SECONDS

    @property
    def chat(self) -> int | None:
        """Where it happened; None where in no chat."""
        place = self.update.effective_chat
        return place.id if place is not None else None

    @property
    def album(self) -> str | None:
        """The group of pictures that it belongs to."""
        return self.update.message.media_group_id if self.update.message is not None else None

    @property
    def writer(self) -> int | None:
        """Whose it is."""
        user = self.update.effective_user
        return user.id if user is not None else None
