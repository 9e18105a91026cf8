"""The Telegram channel: connects, takes updates by polling or webhook, sends, stops."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import httpx
import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder

from bot.channels.telegram import sending, startup
from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.admin import AdminHandlers, menus
from bot.channels.telegram.commands import CommandHandlers, set_profile
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.handlers import App, Count, Forget, MessageHandlers
from bot.channels.telegram.inline import InlineHandler, Search
from bot.channels.telegram.intake import Claims, UpdateIntake
from bot.channels.telegram.limits import LIMITS, POLL_SECONDS
from bot.channels.telegram.polling import UNREADABLE, Poller, PollingRequest
from bot.channels.telegram.rate_limiter import RateLimits, TelegramRateLimiter
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.startup import TelegramRefusedError
from bot.channels.telegram.update_processor import WORKING_AT_ONCE, PerChatUpdateProcessor
from bot.channels.telegram.webhook import NotReadyError, Webhook, webhook_route
from bot.messages import ChatIdentity, Reply, SendError, SendFailure, Turn
from bot.operators.admin_commands import AdminCommands

log = structlog.get_logger(__name__)

OVERDUE_SECONDS: Final = 3.0 * POLL_SECONDS
"""Polling counts as broken when Telegram last answered so long ago."""
READ_SECONDS: Final = 10.0

_FAILURES: Final = {"blocked": SendFailure.BLOCKED, "chat_not_found": SendFailure.CHAT_NOT_FOUND}
"""The failure for each kind of error that others tell apart."""


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


class TelegramChannel:
    """One bot in Telegram; fills `Channel`."""

    name: Final = CHANNEL
    limits: Final = LIMITS

    def __init__(
        self,
        options: Options,
        *,
        turn: Turn,
        forget: Forget,
        search: Search,
        claims: Claims,
        count: Count,
        admin_commands: AdminCommands | None = None,
    ) -> None:
        """Put the channel together; nothing is sent before run().

        Args:
            options: how to reach Telegram.
            turn: answers a message.
            forget: deletes all that is kept of a person.
            search: finds short answers, for inline mode.
            claims: remembers which updates were taken.
            count: counts an event by its kind.
            admin_commands: what operators can do.

        Raises:
            TelegramRefusedError: a webhook without a secret, to which anybody could post updates.
        """
        self._options = options
        self._webhook = _webhook_of(options)
        self._menus = menus(admin_commands) if admin_commands is not None else ()
        self._count = count
        ssl_context = _ssl_context(options.base_url)
        self._polling_request = PollingRequest(count, ssl_context)
        self._application = _build_application(options, self._polling_request, ssl_context)
        messages = MessageHandlers(turn, count)
        if admin_commands is not None:
            AdminHandlers(admin_commands, messages).register(self._application)
        CommandHandlers(messages, forget).register(self._application)
        messages.register(self._application)
        InlineHandler(search).register(self._application)
        self._intake = UpdateIntake(self._application, claims, count)
        self._poller: Poller | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._setting_profile: asyncio.Task[None] | None = None
        self._created_at = monotonic()
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()

    def routes(self) -> Sequence[BaseRoute]:
        """Where Telegram posts updates, with a webhook."""
        if self._webhook is None:
            return ()
        return (webhook_route(self._webhook.secret, self._take_from_webhook),)

    async def run(self) -> None:
        """Connect, then take updates until stop(); raises TelegramRefusedError."""
        if self._stopping.is_set():
            return
        connecting = self._connecting = asyncio.create_task(self._connect())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done() or connecting.cancelled():
            return
        await connecting
        if self._poller is not None:
            log.info("telegram_polling")
            await self._poller.run()
        await stopping

    async def stop(self, seconds: float) -> None:
        """Take no more updates and finish those in work, within so many seconds."""
        self._stopping.set()
        if self._connecting is not None:
            # Otherwise it could open connections after the shutdown below has closed them.
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        if self._setting_profile is not None:
            self._setting_profile.cancel()
        try:
            async with asyncio.timeout(seconds):
                if self._poller is not None:
                    await self._poller.stop()
                if self._application.running:
                    await self._application.stop()
        except TimeoutError:
            log.warning("telegram_stopped_in_flight")
        await self._application.shutdown()
        # The application closes its bot's connections only where its own start succeeded.
        await self._application.bot.shutdown()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively, in their private chat; raises SendError."""
        if not person.user.isdecimal():
            raise SendError(SendFailure.CHAT_NOT_FOUND)
        try:
            await sending.send_to_chat(self._application.bot, int(person.user), reply)
        except TelegramError as error:
            kind = error_kind(error)
            self._count(kind)
            raise SendError(_FAILURES.get(kind, SendFailure.OTHER), kind) from None

    async def health(self) -> str | None:
        """None while updates come in, or may soon; otherwise one line that says since when they don't."""
        if self._webhook is not None and self.connected.is_set():
            return None
        silence = self._poller.seconds_since_answer if self._poller is not None else monotonic() - self._created_at
        return f"last poll {silence:.0f} s ago" if silence > OVERDUE_SECONDS else None

    async def _connect(self) -> None:
        bot = self._application.bot
        await startup.retry_until_answered(self._application.initialize)
        if self._webhook is None:
            await startup.require_no_webhook(bot, take_over=self._options.take_over)
        await self._application.start()
        self._setting_profile = self._application.create_task(set_profile(bot, self._count, self._menus))
        if self._webhook is None:
            self._poller = Poller(bot, self._intake, self._polling_request)
        else:
            await startup.set_webhook(bot, self._webhook)
        self.connected.set()

    async def _take_from_webhook(self, data: dict[str, object]) -> None:
        if not self._application.running:
            raise NotReadyError("not running")
        try:
            update = Update.de_json(data, self._application.bot)
        except (TypeError, ValueError, KeyError, AttributeError):
            # A form that this version of the library can't parse: Telegram sending it again wouldn't help.
            self._count(UNREADABLE)
            return
        await self._intake.take([update])


def _webhook_of(options: Options) -> Webhook | None:
    if not options.webhook_url:
        return None
    if options.webhook_secret is None or not options.webhook_secret.get_secret_value():
        raise TelegramRefusedError("用 webhook 必须同时设 YOUSHU_TELEGRAM_WEBHOOK_SECRET，否则谁都能冒充 Telegram")
    return Webhook(options.webhook_url, options.webhook_secret)


def _ssl_context(base_url: str) -> ssl.SSLContext:
    """The certificates to trust, read once for all connections; none for a Bot API server of one's own over plain HTTP."""
    return httpx.create_ssl_context() if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _build_application(options: Options, polling_request: PollingRequest, ssl_context: ssl.SSLContext) -> App:
    """python-telegram-bot's application with our own polling, order of updates, rate limits and connections."""
    return (
        ApplicationBuilder()
        .token(options.token.get_secret_value())
        .base_url(options.base_url)
        .updater(None)
        .job_queue(None)
        .concurrent_updates(PerChatUpdateProcessor())
        .rate_limiter(TelegramRateLimiter(options.rate_limits))
        .request(AiohttpRequest(WORKING_AT_ONCE, READ_SECONDS, ssl_context))
        .get_updates_request(polling_request)
        .build()
    )
