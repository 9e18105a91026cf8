"""Where polling and webhook hand in updates: each goes into the queue once, and stays with Telegram until its work begins."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from telegram import CallbackQuery, Update
from telegram.error import TelegramError

from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.update_queue import Count, QueuedUpdate, UpdateQueue

log = structlog.get_logger(__name__)

REMEMBERED: Final = 64
EARLY: Final = 10
"""How many updates are claimed early at a time: a kill costs them, so no more than it takes to see what comes behind."""
CLAIMED_EARLY: Final = "claimed_early"


class UpdateIntake:
    """Takes every update once, however often Telegram sends it.

    At least once in, at most once out: Telegram repeats an update until its work begins; a crash after that loses the answer rather
    than giving it twice (https://core.telegram.org/bots/api#update: update_id serves to ignore repeats).
    """

    def __init__(self, bot_id: int, queue: UpdateQueue, count: Count) -> None:
        self._bot_id = bot_id
        self._queue = queue
        self._count = count
        self._held: dict[int, QueuedUpdate] = {}
        """What has been handed in, by number, as long as Telegram may show it again."""
        self._acknowledging: set[asyncio.Task[None]] = set()

    @property
    def first_waiting(self) -> int | None:
        """The lowest number of those that haven't begun; None if all have."""
        return min((number for number, queued in self._held.items() if not queued.begun.done()), default=None)

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

    async def claim_oldest(self) -> None:
        """Claim the oldest of those that wait, before their work begins.

        Telegram shows no more at a time, and somebody in danger may come behind them.
        """
        waiting = sorted(number for number, queued in self._held.items() if not queued.begun.done())[:EARLY]
        log.warning("updates_claimed_early", number=len(waiting))
        self._count(CLAIMED_EARLY)
        await self._queue.claim([self._held[number] for number in waiting])

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
        if self._acknowledging:
            await asyncio.wait({*self._acknowledging})


def by_number(updates: Sequence[Update]) -> list[Update]:
    """Updates in the order in which they happened."""
    return sorted(updates, key=lambda update: update.update_id)
