"""How requests go out: paced, retried where that can't say anything twice, and failures by kind."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import httpx
from aiolimiter import AsyncLimiter
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import AIORateLimiter
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random
from typing_extensions import override

from bot.channels.telegram import limits

FLOOD_RETRIES: Final = 3
ATTEMPTS: Final = 4
REMEMBERED_CHATS: Final = 1024

_SPEAKING: Final = frozenset({"sendMessage", "sendDocument", "editMessageText"})
"""The methods that count as a message in a chat."""

Result = Any  # whatever JSON the vendor answers with


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How fast to speak; Telegram's published numbers unless a server of one's own allows more."""

    overall: float = limits.MESSAGES_PER_SECOND
    """Messages a second to everybody; 0: no limit."""
    in_chat: float = limits.MESSAGES_PER_SECOND_IN_A_CHAT
    """Messages a second to one person; 0: no limit."""
    first_wait: float = 0.5
    """Seconds before the first retry of a request that can't have arrived; doubles."""


class TelegramRateLimiter(AIORateLimiter):
    """python-telegram-bot's limiter, plus what it leaves out.

    - one message a second in a private chat (https://core.telegram.org/bots/faq), which AIORateLimiter doesn't know;
    - after a 429 everything waits as long as told: AIORateLimiter ends that wait for all as soon as any other request
      finishes (https://github.com/python-telegram-bot/python-telegram-bot/issues/5338);
    - connect errors and 5xx are tried again, up to ATTEMPTS times. An answer that didn't come in time is not: the
      message may have arrived (https://github.com/python-telegram-bot/python-telegram-bot/issues/1045).
    """

    def __init__(self, pace: RateLimits) -> None:
        super().__init__(
            overall_max_rate=pace.overall,
            group_max_rate=limits.MESSAGES_PER_MINUTE_IN_A_GROUP,
            max_retries=FLOOD_RETRIES,
        )
        self._pace = pace
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
        """Send one request when its turn has come; raises what is left after the retries."""

        async def sent(*args: object, **kwargs: object) -> Result:
            await self._halted()
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                self._halt(error)
                raise

        async def tried(*args: object, **kwargs: object) -> Result:
            return await self._retrying(endpoint)(sent, *args, **kwargs)

        chat = data.get("chat_id")
        if endpoint in _SPEAKING and isinstance(chat, int) and chat > 0 and self._pace.in_chat:
            await self._turn_in(chat).acquire()
        return await super().process_request(tried, args, kwargs, endpoint, data, rate_limit_args)

    def _turn_in(self, chat: int) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or AsyncLimiter(1, 1 / self._pace.in_chat)
        self._chats[chat] = limiter
        if len(self._chats) > REMEMBERED_CHATS:
            self._chats.popitem(last=False)
        return limiter

    def _retrying(self, endpoint: str) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: may_be_repeated(error, endpoint)),
            wait=wait_exponential(self._pace.first_wait, max=8) + wait_random(max=self._pace.first_wait / 2),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )

    async def _halted(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._resume_at - loop.time()) > 0:  # noqa: ASYNC110 -- waits for a time, which may move
            await asyncio.sleep(left)

    def _halt(self, error: RetryAfter) -> None:
        told = error.retry_after
        seconds = told if isinstance(told, int | float) else told.total_seconds()
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + seconds)


def may_be_repeated(error: BaseException, endpoint: str) -> bool:
    """Whether the same request may go out again without saying something twice.

    A connection that never came about sent nothing, and a 5xx says that nothing was done. Anything else that breaks on the
    way is uncertain: only requests that change nothing the second time go again.
    """
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
        return False
    cause = error.__cause__
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    if isinstance(cause, httpx.HTTPError) or isinstance(error, TimedOut):
        return not endpoint.startswith("send")
    return True


_TEXTS: Final = (
    ("message is not modified", "not_modified"),
    ("query is too old", "query_too_old"),
    ("query id is invalid", "query_too_old"),
    ("blocked by the user", "blocked"),
    ("user is deactivated", "blocked"),
    ("chat not found", "chat_not_found"),
    ("can't initiate conversation", "chat_not_found"),
    ("kicked", "not_a_member"),
    ("not enough rights", "not_a_member"),
    ("message to edit not found", "message_gone"),
    ("message can't be edited", "message_gone"),
)

_TYPES: Final = (
    (RetryAfter, "flood"),
    (InvalidToken, "unauthorized"),
    (Conflict, "conflict"),
    (ChatMigrated, "migrated"),
    (Forbidden, "forbidden"),
    (BadRequest, "bad_request"),
    (TimedOut, "timed_out"),
    (NetworkError, "network"),
)


def kind_of(error: BaseException) -> str:
    """One of a few words for what went wrong, for counters and logs; python-telegram-bot re-cases the vendor's texts."""
    text = str(error).lower() if isinstance(error, BadRequest | Forbidden) else ""
    by_text = (kind for part, kind in _TEXTS if part in text)
    by_type = (kind for type_, kind in _TYPES if isinstance(error, type_))
    return next(by_text, None) or next(by_type, type(error).__name__)
