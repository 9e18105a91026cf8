"""The Telegram channel: puts its parts together, connects, takes updates, stops."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar

import httpx
import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute
from telegram import Update
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import ApplicationBuilder

from bot.channels.telegram import limits, sending, webhook
from bot.channels.telegram.admin import AdminHandlers, menus
from bot.channels.telegram.commands import CommandHandlers, announce
from bot.channels.telegram.handlers import App, Count, Forget, MessageHandlers, Turn
from bot.channels.telegram.inline import InlineHandler, Search
from bot.channels.telegram.intake import Claims, UpdateIntake
from bot.channels.telegram.polling import ALLOWED_UPDATES, LONGEST_PAUSE, UNREADABLE, Poller, PollingRequest
from bot.channels.telegram.rate_limiter import RateLimits, TelegramRateLimiter, kind_of
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.update_processor import WORKING_AT_ONCE, PerChatUpdateProcessor
from bot.messages import ChatIdentity, Reply, SendError, SendFailure
from bot.operators.admin_commands import AdminCommands
from bot.startup_error import StartError

log = structlog.get_logger(__name__)

DEAF_SECONDS: Final = 3.0 * limits.POLL_SECONDS
"""An answer to a long poll is overdue after this."""
READ_SECONDS: Final = 10.0
FIRST_PAUSE: Final = 1.0
"""Seconds before Telegram is asked again when it can't be reached at the start; doubles up to LONGEST_PAUSE."""

_FAILURES: Final = {"blocked": SendFailure.BLOCKED, "chat_not_found": SendFailure.CHAT_NOT_FOUND}
"""What kind_of calls the failures that others tell apart."""

Result = TypeVar("Result")


class TelegramRefusedError(StartError):
    """Telegram won't work as it is set up; the text says in one line what to change, without the token."""


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
    pace: RateLimits = field(default_factory=RateLimits)


class TelegramChannel:
    """One bot, by polling or webhook, in the event loop that it is run in.

    Raises TelegramRefusedError when a webhook has no secret: anybody could post updates to it.
    """

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
        self._options = options
        self._menus = menus(admin_commands) if admin_commands is not None else ()
        self._webhook = _webhook(options)
        self._count = count
        trust = _trust(options.base_url)
        self._sieve = PollingRequest(count, trust)
        self._application = _application(options, self._sieve, trust)
        talking = MessageHandlers(turn, count)
        if admin_commands is not None:
            AdminHandlers(admin_commands, talking).register(self._application)
        CommandHandlers(talking, forget).register(self._application)
        talking.register(self._application)
        InlineHandler(search).register(self._application)
        self._intake = UpdateIntake(self._application, claims, count)
        self._poller: Poller | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._began = monotonic()
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()
        """Set once updates can come in."""

    def routes(self) -> Sequence[BaseRoute]:
        """What Telegram posts to, with a webhook."""
        if self._webhook is None:
            return ()
        return (webhook.route(self._webhook[1].get_secret_value(), self._take_posted),)

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
        """Take nothing more and finish what is in flight, within so many seconds."""
        self._stopping.set()
        if self._connecting is not None:
            # Otherwise it would open connections behind the back of what closes them.
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        if self._announcing is not None:
            self._announcing.cancel()
        try:
            async with asyncio.timeout(seconds):
                if self._poller is not None:
                    await self._poller.stop()
                if self._application.running:
                    await self._application.stop()
        except TimeoutError:
            log.warning("telegram_stopped_in_flight")
        await self._application.shutdown()
        # Where the start was refused the application knows nothing of its bot's open connections.
        await self._application.bot.shutdown()

    async def tell(self, person: ChatIdentity, reply: Reply) -> None:
        """Say something to a person of one's own accord; raises SendError."""
        if not person.user.isdecimal():
            raise SendError(SendFailure.CHAT_NOT_FOUND)
        try:
            await sending.send_to_chat(self._application.bot, int(person.user), reply)
        except TelegramError as error:
            kind = kind_of(error)
            self._count(kind)
            raise SendError(_FAILURES.get(kind, SendFailure.OTHER), kind) from None

    async def health(self) -> str | None:
        """None when updates come in, or may soon; otherwise one line that says since when they don't."""
        if self._webhook is not None and self.connected.is_set():
            return None
        silence = self._poller.silence if self._poller is not None else monotonic() - self._began
        return f"last poll {silence:.0f} s ago" if silence > DEAF_SECONDS else None

    async def _connect(self) -> None:
        bot = self._application.bot
        await self._reached(self._application.initialize)
        if self._webhook is None:
            await self._make_way()
        await self._application.start()
        announcing = self._application.create_task(announce(bot, self._count, self._menus))
        announcing.set_name("telegram_announce")
        if self._webhook is None:
            self._poller = Poller(bot, self._intake, self._sieve)
        else:
            await self._register(*self._webhook)
        self.connected.set()

    async def _make_way(self) -> None:
        """Polling and a webhook exclude each other: a webhook that is set belongs to somebody."""
        bot = self._application.bot
        current = await self._reached(bot.get_webhook_info)
        if current.url and not self._options.take_over:
            raise TelegramRefusedError(
                "这个机器人已经设了 webhook，轮询会抢走它的消息：请先停掉那一边，"
                "确定要改用轮询就设 YOUSHU_TELEGRAM_TAKE_OVER=true"
            )
        if current.url:
            await self._reached(bot.delete_webhook)

    async def _register(self, url: str, secret: SecretStr) -> None:
        bot = self._application.bot
        await self._reached(
            lambda: bot.set_webhook(
                url,
                secret_token=secret.get_secret_value(),
                allowed_updates=ALLOWED_UPDATES,
                max_connections=limits.WEBHOOK_CONNECTIONS,
            )
        )
        current = await self._reached(bot.get_webhook_info)
        if current.url != url:
            raise TelegramRefusedError("Telegram 没有记下这个 webhook：请检查有没有别的程序也在用同一个机器人")
        log.info("telegram_webhook")

    async def _reached(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """What a call at the start gives, tried until Telegram answers it; raises TelegramRefusedError."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await call()
            except InvalidToken:
                raise TelegramRefusedError("Telegram 不认这个令牌：请检查 YOUSHU_TELEGRAM_TOKEN") from None
            except BadRequest as error:
                raise TelegramRefusedError(f"Telegram 不接受 webhook 的设置：{error.message}") from None
            except TelegramError as error:
                log.warning("telegram_not_reached", kind=kind_of(error), again_in=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _take_posted(self, data: dict[str, object]) -> None:
        if not self._application.running:
            raise webhook.NotReadyError("not running")
        try:
            update = Update.de_json(data, self._application.bot)
        except (TypeError, ValueError, KeyError, AttributeError):
            # A new kind of update that this library can't read: repeating it wouldn't help.
            self._count(UNREADABLE)
            return
        await self._intake.take([update])


def _webhook(options: Options) -> tuple[str, SecretStr] | None:
    if not options.webhook_url:
        return None
    if options.webhook_secret is None or not options.webhook_secret.get_secret_value():
        raise TelegramRefusedError("用 webhook 必须同时设 YOUSHU_TELEGRAM_WEBHOOK_SECRET，否则谁都能冒充 Telegram")
    return options.webhook_url, options.webhook_secret


def _trust(base_url: str) -> ssl.SSLContext:
    """The certificates to believe, read once for all connections; none for a server of one's own over plain HTTP."""
    return httpx.create_ssl_context() if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _application(options: Options, sieve: PollingRequest, trust: ssl.SSLContext) -> App:
    """python-telegram-bot without its own updater: order, pace and retries are ours."""
    return (
        ApplicationBuilder()
        .token(options.token.get_secret_value())
        .base_url(options.base_url)
        .updater(None)
        .job_queue(None)
        .concurrent_updates(PerChatUpdateProcessor())
        .rate_limiter(TelegramRateLimiter(options.pace))
        .request(AiohttpRequest(WORKING_AT_ONCE, READ_SECONDS, trust))
        .get_updates_request(sieve)
        .build()
    )
