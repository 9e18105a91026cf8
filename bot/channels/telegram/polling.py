"""Long polling that survives what Telegram answers, and knows when it last heard from it."""

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import structlog
from telegram import Bot, Update
from telegram.error import RetryAfter, TelegramError
from typing_extensions import override

from bot.channels.telegram import limits
from bot.channels.telegram.handlers import Count
from bot.channels.telegram.intake import UpdateIntake
from bot.channels.telegram.rate_limiter import kind_of
from bot.channels.telegram.request import AiohttpRequest
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

ALLOWED_UPDATES: Final = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
)
LONGEST_PAUSE: Final = 30.0
UNREADABLE: Final = "unreadable"
CONFIRM_SECONDS: Final = 2.0
GATHER_SECONDS: Final = 0.02
"""In a rush the next question waits so long: more updates come together, and are claimed in one go."""
READ_SECONDS: Final = 5.0
"""How long the answer may take when there is something to answer with."""


class Poller:
    """Asks for updates until stopped.

    python-telegram-bot's own Updater ends for good at the first 401 while the process lives on, deaf, and confirms
    updates before anybody has claimed them. This one goes on after every error and confirms what has been claimed.
    """

    def __init__(
        self, bot: Bot, intake: UpdateIntake, sieve: "PollingRequest", clock: Callable[[], float] = monotonic
    ) -> None:
        self.last_poll = clock()
        """When Telegram last answered, or when polling began, on the clock."""
        self._bot = bot
        self._intake = intake
        self._sieve = sieve
        self._clock = clock
        self._offset: int | None = None
        self._confirmed: int | None = None
        self._failures = 0
        self._stopped = False
        self._ended = asyncio.Event()
        self._waiting: asyncio.Task[tuple[Update, ...]] | None = None

    async def run(self) -> None:
        """Take updates until stop() is called."""
        try:
            while not self._stopped:
                self._waiting = asyncio.create_task(self._fetched())
                await asyncio.wait({self._waiting})
                if self._waiting.cancelled():
                    break
                updates = sorted(self._waiting.result(), key=lambda update: update.update_id)
                if updates:
                    await self._take(updates)
                if self._intake.busy:
                    await asyncio.sleep(GATHER_SECONDS)
            await self._confirm()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Ask for no more and wait until what has arrived is taken."""
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()
        await self._ended.wait()

    @property
    def silence(self) -> float:
        """Seconds since Telegram last answered."""
        return self._clock() - self.last_poll

    async def _fetched(self) -> tuple[Update, ...]:
        """The next updates; none after a failure and a pause that grows from failure to failure."""
        try:
            updates = await self._bot.get_updates(
                offset=self._offset,
                limit=limits.POLL_BATCH,
                timeout=limits.POLL_SECONDS,
                allowed_updates=ALLOWED_UPDATES,
            )
        except TelegramError as error:
            await asyncio.sleep(self._pause_after(error))
            return ()
        except Exception as error:  # noqa: BLE001 -- the library raises whatever its reading of an update stumbles over
            log.error("update_not_read", error=type(error).__name__)
            if self._sieve.needed:
                await asyncio.sleep(LONGEST_PAUSE)
            self._sieve.needed = True
            return ()
        self._sieve.needed = False
        if self._failures:
            log.info("telegram_polling_again", failures=self._failures)
        self._failures = 0
        self._confirmed = self._offset
        self.last_poll = self._clock()
        return updates

    async def _take(self, updates: Sequence[Update]) -> None:
        try:
            await self._intake.take(updates)
        except StoreError as error:
            # Nobody else polls this bot, so only a crash right now could repeat them: answering matters more.
            log.error("updates_not_claimed", reason=str(error))
            self._intake.queue(updates)
        self._offset = max(self._offset or 0, updates[-1].update_id + 1)

    def _pause_after(self, error: TelegramError) -> float:
        self._failures += 1
        if self._failures == 1:
            log.warning("telegram_polling_failed", kind=kind_of(error), hint=_HINTS.get(kind_of(error)))
        told = error.retry_after if isinstance(error, RetryAfter) else 0
        seconds = told if isinstance(told, int) else told.total_seconds()
        return max(seconds, min(LONGEST_PAUSE, 0.5 * 1.5**self._failures))

    async def _confirm(self) -> None:
        """Tell Telegram what has been taken, so that it isn't sent again after the restart."""
        if self._offset is None or self._offset == self._confirmed:
            return
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._bot.get_updates(offset=self._offset, limit=1, timeout=0, allowed_updates=ALLOWED_UPDATES)
        except (TelegramError, TimeoutError) as error:
            log.info("telegram_not_confirmed", kind=kind_of(error))


class PollingRequest(AiohttpRequest):
    """The requests for updates; takes out, when needed, those that this version of the library can't read.

    The library reads a batch as a whole, so that one update of a kind to come would hold up all others for ever.
    """

    def __init__(self, count: Count, trust: ssl.SSLContext) -> None:
        super().__init__(1, READ_SECONDS, trust)
        self.needed = False
        self._count = count

    @override
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if not self.needed or code != HTTPStatus.OK:
            return code, payload
        answer = self.parse_json_payload(payload)
        answer["result"] = [self._readable(update) for update in answer["result"]]
        return code, json.dumps(answer).encode()

    def _readable(self, update: dict[str, Any]) -> dict[str, Any]:
        try:
            Update.de_json(update, None)
        except Exception:  # noqa: BLE001 -- whatever the reading stumbles over
            self._count(UNREADABLE)
            return {"update_id": update["update_id"]}
        return update


_HINTS: Final = {
    "unauthorized": "Telegram 不认这个令牌了：请检查 YOUSHU_TELEGRAM_TOKEN",
    "conflict": "另一个进程在用同一个机器人，或者设了 webhook",
}
