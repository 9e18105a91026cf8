"""When a request to Telegram goes out: within its rate limits, and again after an error where that says nothing twice."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiolimiter import AsyncLimiter
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random
from typing_extensions import override

from bot.channels.telegram import limits
from bot.channels.telegram.errors import may_be_repeated, retry_after_seconds

FLOOD_RETRIES: Final = 3
ATTEMPTS: Final = 4
REMEMBERED_CHATS: Final = 1024

_MESSAGE_METHODS: Final = frozenset({"sendMessage", "sendDocument", "editMessageText"})
"""The methods that count as a message in a chat."""

Result = Any  # whatever JSON the vendor answers with


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many messages may go out; Telegram's published numbers unless a Bot API server of one's own allows more."""

    overall: float = limits.MESSAGES_PER_SECOND
    """Messages a second to everybody; 0: no limit."""
    in_chat: float = limits.MESSAGES_PER_SECOND_IN_A_CHAT
    """Messages a second to one person; 0: no limit."""
    first_wait: float = 0.5
    """Seconds before the first retry; doubles from retry to retry."""


class TelegramRateLimiter(AIORateLimiter):
    """python-telegram-bot's limiter, with three things added.

    - One message a second in a private chat (https://core.telegram.org/bots/faq); AIORateLimiter limits groups only.
    - After a 429 every request waits for retry_after seconds. AIORateLimiter ends that wait as soon as any other request
      finishes (https://github.com/python-telegram-bot/python-telegram-bot/issues/5338); to be deleted once the lowest
      allowed version is above 22.8 (docs/decisions/0002-telegram-requests.md).
    - Connect errors and 5xx are retried, up to ATTEMPTS times. A read timeout is not: the message may have arrived
      (https://github.com/python-telegram-bot/python-telegram-bot/issues/1045).
    """

    def __init__(self, rate_limits: RateLimits) -> None:
        super().__init__(
            overall_max_rate=rate_limits.overall,
            group_max_rate=limits.MESSAGES_PER_MINUTE_IN_A_GROUP,
            max_retries=FLOOD_RETRIES,
        )
        self._rate_limits = rate_limits
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()
        self._resume_at = 0.0

    @override
    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Send one request once the limits allow it, with retries; raises the last error."""

        async def send(*args: object, **kwargs: object) -> Result:
            await self._wait_until_resumed()
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                self._halt_after(error)
                raise

        async def send_with_retries(*args: object, **kwargs: object) -> Result:
            return await self._retries(endpoint)(send, *args, **kwargs)

        chat = data.get("chat_id")
        if endpoint in _MESSAGE_METHODS and isinstance(chat, int) and chat > 0 and self._rate_limits.in_chat:
            await self._chat_limiter(chat).acquire()
        return await super().process_request(send_with_retries, args, kwargs, endpoint, data, rate_limit_args)

    def _chat_limiter(self, chat: int) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or AsyncLimiter(1, 1 / self._rate_limits.in_chat)
        self._chats[chat] = limiter
        if len(self._chats) > REMEMBERED_CHATS:
            self._chats.popitem(last=False)
        return limiter

    def _retries(self, endpoint: str) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: may_be_repeated(error, endpoint)),
            wait=wait_exponential(self._rate_limits.first_wait, max=8)
            + wait_random(max=self._rate_limits.first_wait / 2),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )

    async def _wait_until_resumed(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._resume_at - loop.time()) > 0:  # noqa: ASYNC110 -- waits for a time, which may move
            await asyncio.sleep(left)

    def _halt_after(self, error: RetryAfter) -> None:
        seconds = retry_after_seconds(error)
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + seconds)
