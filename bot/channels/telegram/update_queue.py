"""The order of work: updates of one chat one after another, chats at the same time, danger to life before everything.

An update is claimed when its work begins, not when it arrives: until then it stays with Telegram, and a kill loses nothing of it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Final

from telegram import MessageEntity, Update

from bot.channels import fragments
from bot.channels.fragments import JOIN_SECONDS, MessageReader
from bot.channels.telegram.addressing import is_private, message_text
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.queued_update import QueuedUpdate
from bot.channels.telegram.taps import Tap, TapFilter
from bot.channels.telegram.update_claims import UpdateClaims
from bot.observe import request_scope

WORKING_AT_ONCE: Final = 256
"""How many updates are worked on at the same time; danger to life isn't counted."""
BEGUN_FREELY: Final = 16
"""With so many in work the next are begun in the pace in which they can be sent, and until then stay with Telegram."""
ALBUM_SECONDS: Final = 0.7
"""How long the next picture of an album may take; Telegram sends each as an update of its own."""

Handle = Callable[[Sequence[Update], bool], Awaitable[None]]
"""Answers updates that belong together, the second argument says that a life is in danger."""


@dataclass(eq=False, slots=True)
class _Chat:
    waiting: deque[QueuedUpdate] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class UpdateQueue:
    """Holds what arrives for each chat, and begins the work on it when it may be answered."""

    def __init__(
        self,
        handle: Handle,
        claims: UpdateClaims,
        taps: TapFilter,
        pace: Pace,
        reader: MessageReader,
        *,
        alone: Callable[[Update], bool],
        join_seconds: float = JOIN_SECONDS,
    ) -> None:
        """Nothing runs yet.

        Args:
            handle: answers updates that belong together; never raises.
            claims: sees to it that the work on each begins once.
            taps: knows those that need no answer.
            pace: when a chat may be written to.
            reader: what a text looks like to the talk.
            alone: whether an update is never joined with others, such as an operator's.
            join_seconds: how long what looks unfinished waits for the next message.
        """
        self._handle = handle
        self._claims = claims
        self._taps = taps
        self._pace = pace
        self._reader = reader
        self._alone = alone
        self._join_seconds = join_seconds
        self._chats: dict[int, _Chat] = {}
        self._working = asyncio.Semaphore(WORKING_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_work = 0
        """How many have been begun and aren't answered yet: a kill costs them."""
        self._stopping = False

    def put(self, queued: QueuedUpdate) -> None:
        """Begin an update's work as soon as it may be."""
        place = queued.chat
        if place is None:
            self._start(self._work_on([queued], urgent=True))
            return
        chat = self._chats.get(place)
        if self._must_wait(place, chat, queued) and (batch := self._danger(chat, queued)):
            self._start(self._work_on(batch, urgent=True))
        elif chat is not None:
            chat.waiting.append(queued)
            chat.changed.set()
        else:
            chat = self._chats[place] = _Chat(deque([queued]))
            self._start(self._work(place, chat))

    async def stop(self) -> None:
        """Begin nothing more, and wait until what has begun is done."""
        self._stopping = True
        for chat in self._chats.values():
            chat.changed.set()
        while self._tasks:
            await asyncio.wait({*self._tasks})

    def cancel(self) -> int:
        """End what is still under way; how many answers that may cost."""
        for task in self._tasks:
            task.cancel()
        return len(self._tasks)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- one chat -----------------------------------------------------------------------------------------------

    async def _work(self, number: int, chat: _Chat) -> None:
        """Work on what waits in a chat until nothing does."""
        try:
            while chat.waiting and not self._stopping:
                length, ready_at = self._next(number, chat)
                chat.changed.clear()
                if (left := ready_at - monotonic()) > 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(chat.changed.wait(), left)
                    continue
                batch = [chat.waiting.popleft() for _ in range(length)]
                if self._taps.drops(number, batch[0], chat.waiting[0] if chat.waiting else None):
                    await self._claims.claim(batch)
                else:
                    await self._work_on(batch)
        finally:
            # Nothing can have been added since the loop ended.
            del self._chats[number]

    def _next(self, number: int, chat: _Chat) -> tuple[int, float]:
        """How many of those that wait are answered as one, and from when on."""
        waiting = chat.waiting
        length, ready_at = 1, 0.0
        first = waiting[0]
        album = first.album
        if album is not None:
            length = next((n for n, each in enumerate(waiting) if each.album != album), len(waiting))
            ready_at = waiting[length - 1].arrived + ALBUM_SECONDS if length == len(waiting) else 0.0
        elif self._joinable(first.update):
            run = [each for each in waiting if self._joinable(each.update) and each.writer == first.writer]
            parts = [each.fragment for each in run]
            length = min(fragments.run_length(parts, self._reader.expects_more, JOIN_SECONDS), _leading(waiting, run))
            if length == len(waiting) and waiting[-1].live:
                held_until = fragments.held_until(parts[:length], self._reader.expects_more, self._join_seconds)
                ready_at = monotonic() + held_until - time()
        return length, max(ready_at, self._pace.free_at(number))

    def _joinable(self, update: Update) -> bool:
        """Whether it is something that a person wrote to the bot alone, and no command."""
        message = update.message
        if message is None or not message.text or not is_private(message.chat) or self._alone(update):
            return False
        if self._reader.stands_alone(message.text):
            return False
        return not any(each.type == MessageEntity.BOT_COMMAND and each.offset == 0 for each in message.entities)

    async def _work_on(self, batch: Sequence[QueuedUpdate], *, urgent: bool = False) -> None:
        async with contextlib.nullcontext() if urgent else self._working:
            if not urgent and self._in_work >= BEGUN_FREELY:
                await self._pace.begin()
                if self._stopping:
                    return
            self._in_work += 1
            try:
                with request_scope(batch[-1].request):
                    ours = await self._claims.claim(batch)
                    if ours:
                        await self._handle([queued.update for queued in ours], urgent)
            finally:
                self._in_work -= 1

    # --- danger -------------------------------------------------------------------------------------------------

    def _must_wait(self, number: int, chat: _Chat | None, queued: QueuedUpdate) -> bool:
        return (
            chat is not None
            or self._working.locked()
            or self._in_work >= BEGUN_FREELY
            or self._pace.free_at(number) > monotonic()
            or queued.album is not None
            or (self._joinable(queued.update) and self._reader.expects_more(queued.fragment.text))
        )

    def _danger(self, chat: _Chat | None, queued: QueuedUpdate) -> list[QueuedUpdate]:
        """What is to be answered at once because it tells of danger to life, alone or with what it goes on with."""
        tap = Tap.of(queued.update)
        if tap is not None:
            return [queued] if tap.in_crisis else []
        message = queued.update.message or queued.update.edited_message
        text = message_text(message) if message is not None else ""
        if not text:
            return []
        if chat is not None and (before := self._unfinished(chat, queued)):
            together = [*before, queued]
            if self._reader.in_danger(fragments.joined([each.fragment for each in together])):
                for each in before:
                    chat.waiting.remove(each)
                chat.changed.set()
                return together
        return [queued] if self._reader.in_danger(text) else []

    def _unfinished(self, chat: _Chat, queued: QueuedUpdate) -> list[QueuedUpdate]:
        """The messages at the end of the queue that this one goes on with."""
        found: list[QueuedUpdate] = []
        after = queued
        if not self._joinable(queued.update):
            return found
        for before in reversed(chat.waiting):
            together = self._joinable(before.update) and before.writer == after.writer
            if not together or not fragments.goes_on(before.fragment, after.fragment, self._reader.expects_more):
                break
            found.insert(0, before)
            after = before
        return found


def _leading(waiting: deque[QueuedUpdate], run: Sequence[QueuedUpdate]) -> int:
    """How many from the first on are in the run."""
    return next((n for n, (one, other) in enumerate(zip(waiting, run, strict=False)) if one is not other), len(run))
