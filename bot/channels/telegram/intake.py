"""Where polling and webhook hand in updates: each goes into the queue once, and stays with Telegram until its work begins."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from telegram import CallbackQuery, Update
from telegram.error import TelegramError

from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.queued_update import Count, QueuedUpdate
from bot.channels.telegram.spool import JSON, UpdateSpool
from bot.channels.telegram.update_queue import UpdateQueue
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

REMEMBERED: Final = 64
SPOOLED: Final = "spooled"
"""Counted when what waits is kept here, so that Telegram shows what comes behind it."""


class UpdateIntake:
    """Takes every update once, however often Telegram sends it.

    At least once in, at most once out: Telegram repeats an update until its work begins; a crash after that loses the answer rather
    than giving it twice (https://core.telegram.org/bots/api#update: update_id serves to ignore repeats).
    """

    def __init__(
        self,
        bot_id: int,
        queue: UpdateQueue,
        count: Count,
        spool: UpdateSpool | None = None,
        read: Callable[[JSON], Update | None] = lambda _: None,
    ) -> None:
        """Nothing runs yet.

        Args:
            bot_id: whose updates they are.
            queue: begins the work on each.
            count: counts an event by its kind.
            spool: keeps what Telegram has to forget before its work begins; None: it forgets nothing before.
            read: makes an update of the vendor's JSON.
        """
        self._bot_id = bot_id
        self._queue = queue
        self._count = count
        self._spool = spool
        self._read = read
        self._held: dict[int, QueuedUpdate] = {}
        """What has been handed in, by number, as long as Telegram may show it again."""
        self._acknowledging: set[asyncio.Task[None]] = set()

    @property
    def first_waiting(self) -> int | None:
        """The lowest number of those that only Telegram keeps, because they haven't begun; None if there is none."""
        return min((number for number, queued in self._held.items() if _at_telegram(queued)), default=None)

    def repeated(self, update: Update) -> bool:
        """Whether the work on an update has begun, so that it needs no more of it."""
        held = self._held.get(update.update_id)
        return held is not None and held.begun.done()

    def put(self, update: Update) -> QueuedUpdate:
        """Queue an update, unless it is there; what became of it."""
        held = self._held.get(update.update_id)
        if held is not None:
            return held
        if update.callback_query is not None:
            self._acknowledge(update.callback_query)
        queued = self._held[update.update_id] = QueuedUpdate(update, f"{self._bot_id}:{update.update_id}")
        self._queue.put(queued)
        return queued

    def forget_below(self, number: int) -> None:
        """Telegram won't show updates below this number again."""
        for each in [each for each, queued in self._held.items() if each < number and queued.begun.done()]:
            del self._held[each]

    def forget_oldest(self) -> None:
        """Forget all but the latest of those that have begun: a webhook doesn't say what Telegram won't post again."""
        begun = [number for number, queued in self._held.items() if queued.begun.done()]
        for number in begun[:-REMEMBERED]:
            del self._held[number]

    async def first_begun(self, seconds: float) -> None:
        """Wait until the work on the lowest of those that wait has begun, so long at most."""
        first = self.first_waiting
        if first is not None:
            await asyncio.wait([self._held[first].begun], timeout=seconds)

    async def spool_waiting(self) -> None:
        """Keep what waits in the database: Telegram shows no more at a time, and somebody in danger may come behind it."""
        waiting = [queued for queued in self._held.values() if _at_telegram(queued) and queued.chat is not None]
        if self._spool is None or not waiting:
            return
        try:
            await self._spool.keep(waiting)
        except StoreError as error:
            log.error("updates_not_spooled", reason=str(error))
            return
        log.info("updates_spooled", number=len(waiting))
        self._count(SPOOLED)

    async def take_up(self) -> None:
        """Queue what was kept here when the process ended; raises StoreError."""
        if self._spool is None:
            return
        for each in await self._spool.load():
            update = self._read(each)
            if update is not None:
                self._spool.taken_up(self.put(update))

    def _acknowledge(self, query: CallbackQuery) -> None:
        """Stop the button's spinning at once, whatever waits in the chat."""
        task = asyncio.create_task(self._answer(query))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _answer(self, query: CallbackQuery) -> None:
        try:
            await query.answer()
        except TelegramError as error:
            self._count(error_kind(error))

    async def stop(self) -> None:
        """Wait until what has begun is done; what hasn't stays with Telegram."""
        await self._queue.stop()
        if self._spool is not None:
            await self._spool.drain()
        if self._acknowledging:
            await asyncio.wait({*self._acknowledging})


def _at_telegram(queued: QueuedUpdate) -> bool:
    """Whether an update would be lost if Telegram forgot it now."""
    return not queued.spooled and not queued.begun.done()


def by_number(updates: Sequence[Update]) -> list[Update]:
    """Updates in the order in which they happened."""
    return sorted(updates, key=lambda update: update.update_id)
