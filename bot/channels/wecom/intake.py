"""Every message once: claimed and noted with the cursor's step, then worked on in each person's order."""

import asyncio
import itertools
import time
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from bot.channels.fragments import FragmentJoiner, HeldMessage
from bot.channels.wecom.keeping import CHANNEL
from bot.channels.wecom.messages import KFMessage
from bot.channels.wx.api import Count
from bot.store.errors import StoreError
from bot.store.pulls import PulledPage

log = structlog.get_logger(__name__)

REPEAT: Final = "repeat"
LOST: Final = "lost_"
"""Before the kind of a message that a crash has cut off."""
LOST_SECONDS: Final = 120
"""What another process has been working on for so long is lost: no answer takes as long."""
HELD: Final = "held"
"""A message that looks unfinished waits for the next."""
LIVE_SECONDS: Final = 10.0
"""A message that was written longer ago isn't held for the next: whatever followed has been pulled with it."""
REMEMBERED: Final = 10_000
"""How many messages are remembered that were answered while the store was away."""


class Work(Protocol):
    """Answers messages; raises nothing."""

    def arrived(self, message: KFMessage) -> None:
        """A message has come, which will be answered in its turn."""
        ...

    async def handle(self, message: KFMessage, behind: int) -> None:
        """Answer a message or an event.

        Args:
            message: the next of its person.
            behind: how many more that person has written meanwhile.
        """
        ...


class Pulls(Protocol):
    """Keeps cursors and what is in work, as bot.store.pulls does; every call may raise StoreError."""

    async def cursor(self, channel: str, account: str) -> str | None:
        """How far an account has been pulled; None for one that never was."""
        ...

    async def accounts(self, channel: str) -> Sequence[str]:
        """The accounts with a cursor."""
        ...

    async def take(self, channel: str, page: PulledPage) -> frozenset[str]:
        """Claim a page's messages and go on behind it: the ids to work on that nobody had claimed."""
        ...

    async def finish(self, channel: str, message_ids: Collection[str]) -> None:
        """These are done with."""
        ...

    async def take_lost(self, channel: str, seconds: int = 0) -> Mapping[str, int]:
        """How many messages of each kind have been in work for so long that their process must have ended; told once."""
        ...


@dataclass
class MessageIntake:
    """Takes pages in, at most once out: a crash after the claim loses an answer rather than giving it twice, and notes it."""

    work: Work
    pulls: Pulls
    count: Count
    fragments: FragmentJoiner = field(default_factory=FragmentJoiner)
    several: bool = False
    """Whether other processes pull too: what can't be claimed is then left for later."""
    _answered: OrderedDict[str, None] = field(default_factory=OrderedDict, repr=False)
    """Messages answered although they could not be claimed."""
    _unticked: set[str] = field(default_factory=set, repr=False)
    """Messages done with of which the next one is to tell the store."""
    _last: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict, repr=False)
    """The last message in work of each person."""
    _waiting: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    """How many messages of each person wait to be worked on."""
    _running: set[asyncio.Task[None] | asyncio.Task[bool]] = field(default_factory=set, repr=False)

    async def report_lost(self) -> None:
        """Count and log what was in work when a process ended; raises StoreError."""
        lost = await self.pulls.take_lost(CHANNEL, LOST_SECONDS if self.several else 0)
        for kind, number in sorted(lost.items()):
            for _ in range(number):
                self.count(LOST + kind)
        if lost:
            kinds = ", ".join(f"{kind}={number}" for kind, number in sorted(lost.items()))
            log.warning("wecom_messages_lost", messages=sum(lost.values()), kinds=kinds)

    async def take(self, pulled: PulledPage, messages: Mapping[str, KFMessage], *, keep: bool = True) -> bool:
        """Have a page's messages worked on that weren't before; whether the store knows of it.

        Args:
            pulled: what the store is to keep.
            messages: those that `pulled.work` names.
            keep: whether to ask the store at all.
        """
        # A task of its own: a stop between the store's commit and the queue would lose messages.
        taking = asyncio.create_task(self._take(pulled, messages, keep=keep))
        self._keep(taking)
        return await asyncio.shield(taking)

    async def finish(self, seconds: float) -> None:
        """Wait for what is in work, at most so many seconds."""
        self.fragments.release_all()
        deadline = asyncio.get_running_loop().time() + seconds
        while self._running and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._running, timeout=left)

    async def _take(self, pulled: PulledPage, messages: Mapping[str, KFMessage], *, keep: bool) -> bool:
        answered = self._answered.keys() & messages.keys()
        work = {key: kind for key, kind in pulled.work.items() if key not in answered}
        pulled = replace(pulled, work=work, skipped={*pulled.skipped, *answered})
        ours = await self._claimed(pulled) if keep else None
        if ours is None and self.several:
            return False
        for key, message in messages.items():
            if key not in answered and (ours is None or key in ours):
                self._queue(message, noted=ours is not None)
            else:
                self.count(REPEAT)
            if ours is None:
                self._remember(key)
        return ours is not None

    async def _claimed(self, pulled: PulledPage) -> frozenset[str] | None:
        """The ids that nobody had claimed; None where the store is away, so that the page will come again.

        All are answered then: who waits for help is worse off with silence than, after a crash right now, with the same answer twice.
        """
        try:
            return await self.pulls.take(CHANNEL, pulled)
        except StoreError as error:
            log.error("messages_not_claimed", reason=str(error))
            return None

    def _queue(self, message: KFMessage, *, noted: bool) -> None:
        person = (message.account, message.person)
        self.work.arrived(message)
        self._waiting[person] += message.is_written
        held = self._held(message)
        task = asyncio.create_task(self._after(self._last.get(person), message, held, noted=noted))
        self._keep(task)
        self._last[person] = task
        task.add_done_callback(lambda done: self._last.pop(person) if self._last.get(person) is done else None)

    def _held(self, message: KFMessage) -> HeldMessage | None:
        """A message somebody has typed, as one that may wait for the next; None for any other, which nothing waits for."""
        person = (message.account, message.person)
        if not message.is_typed:
            self.fragments.release(person)
            return None
        live = time.time() - message.sent_at < LIVE_SECONDS
        held = self.fragments.add(person, message.text, message.sent_at, live=live)
        if not held.went_on.done():
            self.count(HELD)
        return held

    async def _after(
        self, previous: asyncio.Task[None] | None, message: KFMessage, held: HeldMessage | None, *, noted: bool
    ) -> None:
        """Work on a message when the one before it of the same person is done, and no other belongs to it."""
        if previous is not None:
            await asyncio.wait({previous})
        text = await self.fragments.wait(held) if held is not None else message.text
        person = (message.account, message.person)
        self._waiting[person] -= message.is_written
        if text is not None:
            await self.work.handle(replace(message, text=text), self._waiting[person])
        if not self._waiting[person]:
            del self._waiting[person]
        if noted and text is None:
            # It is done with when the message is answered that has taken it along.
            self._unticked.add(message.key)
        elif noted:
            await self._tick_off(message.key)

    async def _tick_off(self, key: str) -> None:
        """Note that a message is done with, and those that couldn't be noted before."""
        several = {key, *self._unticked}
        self._unticked.clear()
        try:
            await self.pulls.finish(CHANNEL, several)
        except StoreError as error:
            log.error("message_not_ticked_off", reason=str(error))
            self._unticked |= several

    def _remember(self, key: str) -> None:
        self._answered[key] = None
        for oldest in list(itertools.islice(self._answered, max(0, len(self._answered) - REMEMBERED))):
            del self._answered[oldest]

    def _keep(self, task: asyncio.Task[None] | asyncio.Task[bool]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)
