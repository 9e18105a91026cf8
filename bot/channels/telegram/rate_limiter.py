"""When a request to Telegram goes out: within its rate limits, and again after an error where that says nothing twice."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random
from typing_extensions import override

from bot.channels.telegram.errors import may_be_repeated, retry_after_seconds
from bot.channels.telegram.pace import Pace, RateLimits

ATTEMPTS: Final = 4
PATIENCE_SECONDS: Final = 120.0
"""How long a message may be refused for coming too fast before it is given up; later it is of no use to anybody."""

_MESSAGE_METHODS: Final = frozenset({"sendMessage", "sendDocument", "editMessageText", "copyMessage"})
"""The methods that count as a message in a chat."""
_PASSING_METHODS: Final = frozenset({"answerCallbackQuery", "answerInlineQuery"})
"""The methods that are of no use later: they wait for nothing, not even for a 429."""

Result = Any  # whatever JSON the vendor answers with


class TelegramRateLimiter(BaseRateLimiter[bool]):
    """Sends each request when its chat and everybody's pace allow it; the argument says that it is urgent.

    - What is urgent (a life is in danger) waits for no pace; after a 429 it comes again when Telegram said.
    - A 429 is waited for and tried again until PATIENCE_SECONDS are over.
    - Connect errors and 5xx are retried, up to ATTEMPTS times. A read timeout is not: the message may have arrived
      (https://github.com/python-telegram-bot/python-telegram-bot/issues/1045).

    In place of python-telegram-bot's AIORateLimiter, which lets twice the limit through in the first second, has no limit for a
    private chat, and holds everybody back for one chat's 429 (docs/decisions/0002-telegram-requests.md).
    """

    def __init__(self, rate_limits: RateLimits) -> None:
        self.pace = Pace(rate_limits)
        self._first_wait = rate_limits.first_wait

    @override
    async def initialize(self) -> None:
        """Nothing to open."""

    @override
    async def shutdown(self) -> None:
        """Nothing to close."""

    @override
    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: bool | None,
    ) -> Result:
        """Send one request once the limits allow it, with retries; raises the last error."""
        chat = data.get("chat_id") if endpoint in _MESSAGE_METHODS else None
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE_SECONDS
        while True:
            if isinstance(chat, int):
                if rate_limit_args:
                    self.pace.spend(chat)
                else:
                    await self.pace.wait(chat)
            try:
                return await self._retries(endpoint)(callback, *args, **kwargs)
            except RetryAfter as error:
                seconds = retry_after_seconds(error)
                if isinstance(chat, int):
                    self.pace.refused(chat, seconds)
                if endpoint in _PASSING_METHODS or loop.time() + seconds > give_up_at:
                    raise
            if rate_limit_args or not isinstance(chat, int):
                await asyncio.sleep(seconds)

    def _retries(self, endpoint: str) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: may_be_repeated(error, endpoint)),
            wait=wait_exponential(self._first_wait, max=8) + wait_random(max=self._first_wait / 2),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
