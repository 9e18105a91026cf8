"""What is asked of Telegram before updates come in: patient with the network, strict about the set-up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram import limits
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.polling import ALLOWED_UPDATES, LONGEST_PAUSE
from bot.channels.telegram.webhook import Webhook
from bot.startup_error import StartError

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before the first retry; doubles from retry to retry up to LONGEST_PAUSE."""

Result = TypeVar("Result")


class TelegramRefusedError(StartError):
    """The settings or Telegram don't let the bot run; the text says in one line what to change, without the token."""


async def retry_until_answered(call: Callable[[], Awaitable[Result]]) -> Result:
    """The result of a call, retried while Telegram can't be reached; raises TelegramRefusedError."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await call()
        except InvalidToken:
            raise TelegramRefusedError("Telegram 不认这个令牌：请检查 YOUSHU_TELEGRAM_TOKEN") from None
        except BadRequest as error:
            raise TelegramRefusedError(f"Telegram 不接受 webhook 的设置：{error.message}") from None
        except TelegramError as error:
            log.warning("telegram_not_reached", kind=error_kind(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


async def require_no_webhook(bot: Bot, *, take_over: bool) -> None:
    """Before polling: refuse where somebody has set a webhook, which polling would cut off, or remove it to take over."""
    current = await retry_until_answered(bot.get_webhook_info)
    if current.url and not take_over:
        raise TelegramRefusedError(
            "这个机器人已经设了 webhook，轮询会抢走它的消息：请先停掉那一边，"
            "确定要改用轮询就设 YOUSHU_TELEGRAM_TAKE_OVER=true"
        )
    if current.url:
        await retry_until_answered(bot.delete_webhook)


async def set_webhook(bot: Bot, webhook: Webhook) -> None:
    """Have updates posted to us, and make sure that nobody else has set another webhook meanwhile."""
    await retry_until_answered(
        lambda: bot.set_webhook(
            webhook.url,
            secret_token=webhook.secret.get_secret_value(),
            allowed_updates=ALLOWED_UPDATES,
            max_connections=limits.WEBHOOK_CONNECTIONS,
        )
    )
    current = await retry_until_answered(bot.get_webhook_info)
    if current.url != webhook.url:
        raise TelegramRefusedError("Telegram 没有记下这个 webhook：请检查有没有别的程序也在用同一个机器人")
    log.info("telegram_webhook")
