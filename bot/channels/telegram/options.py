"""How to reach Telegram, and python-telegram-bot's application made of it."""

import ssl
from dataclasses import dataclass, field
from typing import Final

import httpx
from pydantic import SecretStr
from telegram.ext import ApplicationBuilder

from bot.channels.fragments import JOIN_SECONDS
from bot.channels.telegram.handlers import App
from bot.channels.telegram.pace import RateLimits
from bot.channels.telegram.polling import PollingRequest
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.startup import TelegramRefusedError
from bot.channels.telegram.update_queue import WORKING_AT_ONCE
from bot.channels.telegram.webhook import Webhook

READ_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to reach Telegram."""

    token: SecretStr
    base_url: str
    """Up to and with /bot."""
    webhook_url: str = ""
    """Empty: polling."""
    webhook_secret: SecretStr | None = None
    """Needed with a webhook."""
    take_over: bool = False
    """Whether polling may remove a webhook that is set."""
    rate_limits: RateLimits = field(default_factory=RateLimits)
    staff_chat: int | None = None
    """The operators' group, with a topic for each person."""
    join_seconds: float = JOIN_SECONDS
    """How long what looks unfinished waits for the next message."""

    @property
    def bot_id(self) -> int:
        """The number with which the token begins."""
        return int(self.token.get_secret_value().partition(":")[0])

    @property
    def webhook(self) -> Webhook | None:
        """Where updates are posted, if they are; raises TelegramRefusedError without a secret, as anybody could post them."""
        if not self.webhook_url:
            return None
        if self.webhook_secret is None or not self.webhook_secret.get_secret_value():
            raise TelegramRefusedError("用 webhook 必须同时设 YOUSHU_TELEGRAM_WEBHOOK_SECRET，否则谁都能冒充 Telegram")
        return Webhook(self.webhook_url, self.webhook_secret)


def ssl_context(base_url: str) -> ssl.SSLContext:
    """The certificates to trust, read once for all connections; none for a Bot API server of one's own over plain HTTP."""
    return httpx.create_ssl_context() if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def build_application(
    options: Options, polling_request: PollingRequest, rate_limiter: TelegramRateLimiter, trust: ssl.SSLContext
) -> App:
    """python-telegram-bot's application with our own polling, order of updates, rate limits and connections."""
    return (
        ApplicationBuilder()
        .token(options.token.get_secret_value())
        .base_url(options.base_url)
        .updater(None)
        .job_queue(None)
        .rate_limiter(rate_limiter)
        .request(AiohttpRequest(WORKING_AT_ONCE, READ_SECONDS, trust))
        .get_updates_request(polling_request)
        .build()
    )
