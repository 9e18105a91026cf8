"""Updates by long polling, which goes on after every error."""

import asyncio
import json
import ssl
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import structlog
from telegram import Bot, Update
from telegram.error import NetworkError, RetryAfter, TelegramError
from typing_extensions import override

from bot.channels.telegram import limits
from bot.channels.telegram.errors import error_kind, retry_after_seconds
from bot.channels.telegram.intake import UpdateIntake, by_number
from bot.channels.telegram.queued_update import Count
from bot.channels.telegram.request import AiohttpRequest

log = structlog.get_logger(__name__)

ALLOWED_UPDATES: Final = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)
LONGEST_PAUSE: Final = 30.0
"""After what won't be over soon, such as a wrong token."""
NETWORK_PAUSE: Final = 3.0
"""The longest after an error of the network: people wait."""
UNREADABLE: Final = "unreadable"
CONFIRM_SECONDS: Final = 2.0
HELD_SECONDS: Final = 0.55
"""Pause before the next poll while updates wait: polled again with the same offset within half a second, Telegram shows one update
(https://github.com/tdlib/telegram-bot-api, Client::process_get_updates_query)."""
GATHER_SECONDS: Final = 0.02
"""The same with another offset: enough for the work on what has just come to begin."""
FULL_SECONDS: Final = 0.1
"""The same where Telegram showed as many as it shows at a time, so that there may be more behind them."""
READ_SECONDS: Final = 5.0
"""How long reading an answer may take, beyond the time that Telegram holds a poll open."""


class Poller:
    """Polls for updates until stopped, and confirms each to Telegram once its work has begun.

    What waits is shown again at the next poll, and ignored. In place of python-telegram-bot's Updater, which stops polling for good
    at the first 401 while the process lives on, and confirms what it has only queued, so that a crash loses it.
    """

    def __init__(
        self, bot: Bot, intake: UpdateIntake, request: "PollingRequest", clock: Callable[[], float] = monotonic
    ) -> None:
        self.last_answer_at = clock()
        """When Telegram last answered, or when polling began, on the clock."""
        self._bot = bot
        self._intake = intake
        self._request = request
        self._clock = clock
        self._last = 0
        """The highest update seen."""
        self._confirmed: int | None = None
        self._failures = 0
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._poll: asyncio.Task[tuple[Update, ...]] | None = None

    async def run(self) -> None:
        """Poll until stop() is called."""
        try:
            while not self._stopping.is_set():
                self._poll = asyncio.create_task(self._fetch())
                await asyncio.wait({self._poll})
                if self._poll.cancelled():
                    break
                updates, before = self._poll.result(), self._confirmed
                for update in by_number(updates):
                    self._last = max(self._last, update.update_id)
                    self._intake.put(update)
                full = len(updates) >= limits.POLL_BATCH
                await self._pause_while_held(FULL_SECONDS if full else HELD_SECONDS, before)
                if full and self._intake.first_waiting is not None:
                    await self._intake.spool_waiting()
        finally:
            self._ended.set()

    @property
    def _offset(self) -> int | None:
        """The lowest update that Telegram is to show; what lies below has begun."""
        waiting = self._intake.first_waiting
        if waiting is not None:
            return waiting
        return self._last + 1 if self._last else None

    async def _pause_while_held(self, seconds: float, before: int | None) -> None:
        """Wait for the work on the lowest update to begin, which moves the offset; not if it has moved since the last poll."""
        if self._intake.first_waiting is None:
            return
        if self._offset != before:
            seconds = min(seconds, GATHER_SECONDS)
        stopped = asyncio.create_task(self._stopping.wait())
        begun = asyncio.create_task(self._intake.first_begun(seconds))
        await asyncio.wait({stopped, begun}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        begun.cancel()

    async def stop(self) -> None:
        """End the current poll."""
        self._stopping.set()
        if self._poll is not None:
            self._poll.cancel()
        await self._ended.wait()

    @property
    def seconds_since_answer(self) -> float:
        """Seconds since Telegram last answered."""
        return self._clock() - self.last_answer_at

    async def _fetch(self) -> tuple[Update, ...]:
        """The next updates; after an error none, and a pause that grows with each error in a row."""
        offset = self._offset
        try:
            updates = await self._bot.get_updates(
                offset=offset,
                limit=limits.POLL_BATCH,
                timeout=limits.POLL_SECONDS,
                allowed_updates=ALLOWED_UPDATES,
            )
        except TelegramError as error:
            await asyncio.sleep(self._pause_after(error))
            return ()
        except Exception as error:  # noqa: BLE001 -- whatever the library raises when it can't parse an update
            log.error("update_not_read", error=type(error).__name__)
            if self._request.drop_unreadable:
                await asyncio.sleep(LONGEST_PAUSE)
            self._request.drop_unreadable = True
            return ()
        self._request.drop_unreadable = False
        if self._failures:
            log.info("telegram_polling_again", failures=self._failures)
        self._failures = 0
        self._confirmed = offset
        if offset is not None:
            self._intake.forget_below(offset)
        self.last_answer_at = self._clock()
        return updates

    def _pause_after(self, error: TelegramError) -> float:
        self._failures += 1
        if self._failures == 1:
            log.warning("telegram_polling_failed", kind=error_kind(error), hint=_HINTS.get(error_kind(error)))
        return pause_after(error, self._failures)

    async def confirm(self) -> None:
        """Confirm what has begun, so that Telegram doesn't send it again after the restart."""
        if self._offset is None or self._offset == self._confirmed:
            return
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._bot.get_updates(offset=self._offset, limit=1, timeout=0, allowed_updates=ALLOWED_UPDATES)
        except (TelegramError, TimeoutError) as error:
            log.info("telegram_not_confirmed", kind=error_kind(error))


def pause_after(error: TelegramError, failures: int) -> float:
    """Seconds to wait after so many errors in a row, of which this is the last: longer each time, and as long as Telegram says."""
    seconds = retry_after_seconds(error) if isinstance(error, RetryAfter) else 0
    longest = NETWORK_PAUSE if isinstance(error, NetworkError) else LONGEST_PAUSE
    return max(seconds, min(longest, LONGEST_PAUSE, 0.5 * 1.5**failures))


class PollingRequest(AiohttpRequest):
    """The connection that polls; on demand it empties updates that this version of the library can't parse.

    The library parses a batch as a whole: without this, one update of an unknown form would block all later ones.
    """

    def __init__(self, count: Count, trust: ssl.SSLContext) -> None:
        super().__init__(1, READ_SECONDS, trust)
        self.drop_unreadable = False
        """Set after a batch that couldn't be parsed."""
        self._count = count

    @override
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if not self.drop_unreadable or code != HTTPStatus.OK:
            return code, payload
        answer = self.parse_json_payload(payload)
        answer["result"] = [self._parsable_or_empty(update) for update in answer["result"]]
        return code, json.dumps(answer).encode()

    def _parsable_or_empty(self, update: dict[str, Any]) -> dict[str, Any]:
        try:
            Update.de_json(update, None)
        except Exception:  # noqa: BLE001 -- whatever the library raises when it can't parse an update
            self._count(UNREADABLE)
            return {"update_id": update["update_id"]}
        return update


_HINTS: Final = {
    "unauthorized": "Telegram 不认这个令牌了：请检查 YOUSHU_TELEGRAM_TOKEN",
    "conflict": "另一个进程在用同一个机器人，或者设了 webhook",
}
