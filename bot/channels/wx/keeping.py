"""What must outlive a restart, and be known to other processes, kept in the store behind the replies."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import structlog

from bot.messages import ChatIdentity
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)


class ChannelStates(Protocol):
    """Keeps states over a restart, as bot.store.channel_states does."""

    async def save(self, person: ChatIdentity, kind: str, data: str | None) -> None:
        """Keep this of a person in place of what was kept before, None for nothing more; raises StoreError."""
        ...

    async def read(self, person: ChatIdentity, kind: str) -> str | None:
        """What is kept of a person; raises StoreError."""
        ...

    async def load(self, channel: str, kind: str, since: int) -> Sequence[tuple[str, str]]:
        """Users with what was kept of them since a moment (seconds since 1970 UTC), oldest first; raises StoreError."""
        ...


@dataclass
class Keeper:
    """Keeps one kind of state; nobody waits for it, and a store that is away costs what a restart would lose."""

    channel: ClassVar[str]
    states: ChannelStates
    kind: str
    _saving: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    _kept: set[str] = field(default_factory=set, repr=False)
    """People of whom something lies in the store."""

    def put(self, user: str, data: str | None) -> None:
        """Keep this of a person, soon; None: nothing more."""
        if data is None and user not in self._kept:
            return
        (self._kept.discard if data is None else self._kept.add)(user)
        task = asyncio.create_task(self._save(user, data))
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    def forget(self, user: str) -> None:
        """The store has deleted what it had of a person, or is about to."""
        self._kept.discard(user)

    async def load(self, since: float) -> Sequence[tuple[str, str]]:
        """Each person with what was kept of them since a moment (seconds since 1970 UTC); raises StoreError."""
        found = await self.states.load(self.channel, self.kind, int(since))
        self._kept.update(user for user, _ in found)
        return found

    async def read(self, user: str) -> str | None:
        """What is kept of a person by now, whichever process has kept it; raises StoreError."""
        data = await self.states.read(ChatIdentity(self.channel, user), self.kind)
        (self._kept.discard if data is None else self._kept.add)(user)
        return data

    async def settle(self) -> None:
        """Wait for what is being kept by now, so that other processes find it."""
        if self._saving:
            await asyncio.wait({*self._saving})

    async def finish(self, seconds: float) -> None:
        """Wait for what is being kept, at most so many seconds."""
        if self._saving:
            await asyncio.wait(self._saving, timeout=seconds)

    async def _save(self, user: str, data: str | None) -> None:
        try:
            await self.states.save(ChatIdentity(self.channel, user), self.kind, data)
        except StoreError as error:
            log.error("state_not_kept", kind=self.kind, reason=str(error))
