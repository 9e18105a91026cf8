"""The order of work: updates of one chat one after another, chats at the same time, danger to life before everything.

An update is claimed when its work begins, not when it arrives: until then it stays with Telegram, and a kill loses nothing of it.
"""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Final, Protocol

import structlog
from telegram import Message, MessageEntity, Update

from bot import choices
from bot.channels import fragments
from bot.channels.fragments import JOIN_SECONDS, Fragment, MessageReader
from bot.channels.telegram.addressing import CHANNEL, is_private, message_text
from bot.channels.telegram.pace import Pace
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

WORKING_AT_ONCE: Final = 256
"""How many updates are worked on at the same time; danger to life isn't counted."""
TAKEN_REMEMBERED: Final = 20_000
"""How many updates this process remembers to have begun: enough for an hour without a database."""
ALBUM_SECONDS: Final = 0.7
"""How long the next picture of an album may take; Telegram sends each as an update of its own."""
DOUBLE_TAP_SECONDS: Final = 2.0
"""The same button twice within it is one tap."""
LIVE_SECONDS: Final = 3.0
"""A message that was written longer ago isn't held for the next: whatever followed is there."""

REPEAT: Final = "repeat"
SUPERSEDED: Final = "superseded"
DOUBLE_TAP: Final = "double_tap"

Count = Callable[[str], None]
Handle = Callable[[Sequence[Update], bool], Awaitable[None]]
"""Answers updates that belong together, the second argument says that a life is in danger."""


class Claims(Protocol):
    """Remembers which updates were claimed, across processes and restarts."""

    async def claim(self, channel: str, message_id: str) -> bool:
        """Claim one; whether nobody had before. Raises StoreError."""
        ...


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


@dataclass(eq=False, slots=True)
class _Chat:
    waiting: deque[QueuedUpdate] = field(default_factory=deque)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class _Tap:
    message: int
    data: str
    user: int


class UpdateQueue:
    """Holds what arrives for each chat, and begins the work on it when it may be answered."""

    def __init__(
        self,
        handle: Handle,
        claims: Claims,
        count: Count,
        pace: Pace,
        reader: MessageReader,
        *,
        alone: Callable[[Update], bool],
        join_seconds: float = JOIN_SECONDS,
    ) -> None:
        """Nothing runs yet.

        Args:
            handle: answers updates that belong together; never raises.
            claims: remembers which updates were taken.
            count: counts an event by its kind.
            pace: when a chat may be written to.
            reader: what a text looks like to the talk.
            alone: whether an update is never joined with others, such as an operator's.
            join_seconds: how long what looks unfinished waits for the next message.
        """
        self._handle = handle
        self._claims = claims
        self._count = count
        self._pace = pace
        self._reader = reader
        self._alone = alone
        self._join_seconds = join_seconds
        self._chats: dict[int, _Chat] = {}
        self._working = asyncio.Semaphore(WORKING_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._last_taps: OrderedDict[int, tuple[_Tap, float]] = OrderedDict()
        self._stopping = False

    def put(self, queued: QueuedUpdate) -> None:
        """Begin an update's work as soon as it may be."""
        place = queued.update.effective_chat
        if place is None:
            self._start(self._work_on([queued], urgent=True))
            return
        chat = self._chats.get(place.id)
        if self._must_wait(place.id, chat, queued) and (batch := self._danger(chat, queued)):
            self._start(self._work_on(batch, urgent=True))
        elif chat is not None:
            chat.waiting.append(queued)
            chat.changed.set()
        else:
            chat = self._chats[place.id] = _Chat(deque([queued]))
            self._start(self._work(place.id, chat))

    async def claim(self, batch: Sequence[QueuedUpdate]) -> list[QueuedUpdate]:
        """Claim updates; those that are ours to answer."""
        for queued in batch:
            if queued.claiming is None:
                queued.claiming = asyncio.ensure_future(self._claim(queued))
        await asyncio.gather(*(queued.claiming for queued in batch if queued.claiming is not None))
        return [queued for queued in batch if queued.ours]

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
                if self._drops(number, batch, chat):
                    await self.claim(batch)
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
        album = _album(first.update)
        if album is not None:
            length = next((n for n, each in enumerate(waiting) if _album(each.update) != album), len(waiting))
            ready_at = waiting[length - 1].arrived + ALBUM_SECONDS if length == len(waiting) else 0.0
        elif self._joinable(first.update):
            run = [each for each in waiting if self._joinable(each.update) and _writer(each) == _writer(first)]
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
            ours = await self.claim(batch)
            if ours:
                await self._handle([queued.update for queued in ours], urgent)

    # --- danger -------------------------------------------------------------------------------------------------

    def _must_wait(self, number: int, chat: _Chat | None, queued: QueuedUpdate) -> bool:
        return (
            chat is not None
            or self._working.locked()
            or self._pace.free_at(number) > monotonic()
            or _album(queued.update) is not None
            or (self._joinable(queued.update) and self._reader.expects_more(queued.fragment.text))
        )

    def _danger(self, chat: _Chat | None, queued: QueuedUpdate) -> list[QueuedUpdate]:
        """What is to be answered at once because it tells of danger to life, alone or with what it goes on with."""
        tap = _tap(queued.update)
        if tap is not None:
            return [queued] if _in_crisis(tap) else []
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
            together = self._joinable(before.update) and _writer(before) == _writer(after)
            if not together or not fragments.goes_on(before.fragment, after.fragment, self._reader.expects_more):
                break
            found.insert(0, before)
            after = before
        return found

    # --- taps ---------------------------------------------------------------------------------------------------

    def _drops(self, number: int, batch: Sequence[QueuedUpdate], chat: _Chat) -> bool:
        """Whether a tap needs no answer: the same a moment ago, or a later one leafs on in the same message."""
        tap = _tap(batch[0].update)
        if tap is None:
            self._last_taps.pop(number, None)
            return False
        last, at = self._last_taps.get(number, (None, 0.0))
        if tap == last and batch[0].arrived - at < DOUBLE_TAP_SECONDS and not _in_crisis(tap):
            self._count(DOUBLE_TAP)
            return True
        later = _tap(chat.waiting[0].update) if chat.waiting else None
        if (
            later is not None
            and _leafs(tap)
            and _leafs(later)
            and (tap.message, tap.user) == (later.message, later.user)
        ):
            self._count(SUPERSEDED)
            return True
        self._last_taps.pop(number, None)
        self._last_taps[number] = (tap, batch[0].arrived)
        if len(self._last_taps) > WORKING_AT_ONCE:
            self._last_taps.popitem(last=False)
        return False

    # --- claims -------------------------------------------------------------------------------------------------

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


def _album(update: Update) -> str | None:
    return update.message.media_group_id if update.message is not None else None


def _writer(queued: QueuedUpdate) -> int | None:
    user = queued.update.effective_user
    return user.id if user is not None else None


def _leading(waiting: deque[QueuedUpdate], run: Sequence[QueuedUpdate]) -> int:
    """How many from the first on are in the run."""
    return next((n for n, (one, other) in enumerate(zip(waiting, run, strict=False)) if one is not other), len(run))


def _tap(update: Update) -> _Tap | None:
    query = update.callback_query
    if query is None or not isinstance(query.message, Message) or query.data is None:
        return None
    return _Tap(query.message.message_id, query.data, query.from_user.id)


def _leafs(tap: _Tap) -> bool:
    """Whether a tap only turns pages: nothing is lost when a later one is drawn in its place."""
    choice = choices.decode(tap.data)
    return isinstance(choice, choices.OpenSection | choices.OpenGroup | choices.OpenMenu)


def _in_crisis(tap: _Tap) -> bool:
    return isinstance(choices.decode(tap.data), choices.CrisisAnswer)
