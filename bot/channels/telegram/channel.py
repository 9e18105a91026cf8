"""The Telegram channel: connects, takes updates by polling or webhook, sends, stops."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx
import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute
from telegram import Message, MessageEntity, Update
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder

from bot.channels.fragments import JOIN_SECONDS, MessageReader
from bot.channels.telegram import sending, startup
from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.admin import AdminHandlers, chats, menus
from bot.channels.telegram.commands import CommandHandlers, set_profile
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.handlers import App, MessageHandlers
from bot.channels.telegram.inline import InlineHandler, Search
from bot.channels.telegram.intake import UpdateIntake
from bot.channels.telegram.limits import LIMITS, POLL_SECONDS
from bot.channels.telegram.membership import MembershipHandler
from bot.channels.telegram.pace import RateLimits
from bot.channels.telegram.polling import UNREADABLE, Poller, PollingRequest
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.sending import Place
from bot.channels.telegram.staff import ChannelStates, StaffHandlers, StaffRoom
from bot.channels.telegram.startup import TelegramRefusedError
from bot.channels.telegram.update_queue import REPEAT, WORKING_AT_ONCE, Claims, Count, UpdateQueue
from bot.channels.telegram.webhook import NotReadyError, Webhook, webhook_route
from bot.messages import UNREACHABLE, ChatIdentity, Reply, SendError, SendFailure, Turn
from bot.operators.admin_commands import AdminCommands
from bot.talk.fragments import expects_more, in_danger, stands_alone

log = structlog.get_logger(__name__)

OVERDUE_SECONDS: Final = 3.0 * POLL_SECONDS
"""Polling counts as broken when Telegram last answered so long ago."""
READ_SECONDS: Final = 10.0
WEBHOOK_SECONDS: Final = 20.0
"""How long a post of Telegram's may stay unanswered; then it is to come again, which keeps its place in the queue."""

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
    staff_chat: int | None = None
    """The operators' group, with a topic for each person."""
    join_seconds: float = JOIN_SECONDS
    """How long what looks unfinished waits for the next message."""


class TelegramChannel:
    """One bot in Telegram; fills `Channel`."""

    name: Final = CHANNEL
    limits: Final = LIMITS

    def __init__(
        self,
        options: Options,
        *,
        turn: Turn,
        search: Search,
        claims: Claims,
        count: Count,
        admin_commands: AdminCommands | None = None,
        states: ChannelStates | None = None,
    ) -> None:
        """Put the channel together; nothing is sent before run().

        Args:
            options: how to reach Telegram.
            turn: answers a message.
            search: finds short answers, for inline mode.
            claims: remembers which updates were taken.
            count: counts an event by its kind.
            admin_commands: what operators can do.
            states: keeps who blocked the bot, and the topics of the operators' group; without it neither is known.

        Raises:
            TelegramRefusedError: a webhook without a secret, to which anybody could post updates.
        """
        self._options = options
        self._webhook = _webhook_of(options)
        self._menus = menus(admin_commands) if admin_commands is not None else ()
        self._count = count
        ssl_context = _ssl_context(options.base_url)
        self._polling_request = PollingRequest(count, ssl_context)
        self._rate_limiter = TelegramRateLimiter(options.rate_limits)
        self._application = _build_application(options, self._polling_request, self._rate_limiter, ssl_context)
        reader = MessageReader(in_danger, expects_more, stands_alone)
        messages = self._messages = MessageHandlers(turn, count, reader.in_danger)
        self._staff: StaffHandlers | None = None
        if admin_commands is not None and states is not None and options.staff_chat is not None:
            room = StaffRoom(self._application.bot, options.staff_chat, states, count)
            admin_commands.handoffs.rooms.append(room)
            self._staff = StaffHandlers(admin_commands.handoffs, options.staff_chat)
        own_groups = frozenset({options.staff_chat} if options.staff_chat is not None else ())
        MembershipHandler(self._remember_reachable, count, own_groups).register(self._application)
        self._states = states
        self._staff_chat = options.staff_chat
        if admin_commands is not None:
            AdminHandlers(admin_commands, messages).register(self._application)
        CommandHandlers(messages).register(self._application)
        messages.register(self._application)
        InlineHandler(search).register(self._application)
        self._operators = frozenset(chats(admin_commands)) if admin_commands is not None else frozenset()
        pace = self._rate_limiter.pace
        self._queue = UpdateQueue(
            self._handle, claims, count, pace, reader, alone=self._is_alone, join_seconds=options.join_seconds
        )
        self._intake = UpdateIntake(int(options.token.get_secret_value().partition(":")[0]), self._queue, count)
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
                await self._intake.stop()
        except TimeoutError:
            log.warning("telegram_stopped_in_flight", number=self._queue.cancel())
        if self._poller is not None:
            await self._poller.confirm()
        if self._application.running:
            await self._application.stop()
        await self._application.shutdown()
        # The application closes its bot's connections only where its own start succeeded.
        await self._application.bot.shutdown()

    async def send(self, person: ChatIdentity, reply: Reply) -> None:
        """Write to a person proactively, in their private chat; raises SendError."""
        if not person.user.isdecimal():
            raise SendError(SendFailure.CHAT_NOT_FOUND)
        try:
            await sending.send(self._application.bot, Place(int(person.user)), reply)
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
        except Exception:  # noqa: BLE001 -- a form that this version of the library can't parse, or a date of next millennium
            # Telegram sending it again wouldn't help.
            self._count(UNREADABLE)
            return
        if self._intake.repeated(update):
            self._count(REPEAT)
            return
        queued = self._intake.put(update)
        stopping = asyncio.create_task(self._stopping.wait())
        either: set[asyncio.Future[Any]] = {queued.begun, stopping}
        await asyncio.wait(either, timeout=WEBHOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not queued.begun.done():
            raise NotReadyError("waits for its chat")
        self._intake.forget_oldest()

    async def _handle(self, updates: Sequence[Update], urgent: bool) -> None:  # noqa: FBT001 -- as the queue calls it
        """Answer updates that belong together: plain messages at once, anything else by its handler."""
        last = updates[-1]
        if self._staff is not None and self._staff.is_here(last):
            try:
                await self._staff.handle(last)
            except Exception as error:  # noqa: BLE001 -- as below
                await self._messages.failed(last, error)
            return
        if last.message is None or not _is_plain(last.message) or self._is_alone(last):
            await self._application.process_update(last)
            return
        try:
            await self._messages.answer_together(updates, self._application.bot.bot, urgent=urgent)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told and the next one works
            await self._messages.failed(last, error)

    async def _remember_reachable(self, person: ChatIdentity, reachable: bool) -> None:  # noqa: FBT001 -- as the handler calls it
        if self._states is not None:
            await self._states.save(person, UNREACHABLE, None if reachable else "1")

    def _is_alone(self, update: Update) -> bool:
        """Whether it is an operator's, which may mean a command or somebody else's talk."""
        sender, place = update.effective_user, update.effective_chat
        if place is not None and place.id == self._staff_chat:
            return True
        return sender is not None and sender.id in self._operators


def _is_plain(message: Message) -> bool:
    """Whether a message is text or a picture, and no command."""
    if message.text is None and not message.photo:
        return False
    return not any(each.type == MessageEntity.BOT_COMMAND and each.offset == 0 for each in message.entities)


def _webhook_of(options: Options) -> Webhook | None:
    if not options.webhook_url:
        return None
    if options.webhook_secret is None or not options.webhook_secret.get_secret_value():
        raise TelegramRefusedError("用 webhook 必须同时设 YOUSHU_TELEGRAM_WEBHOOK_SECRET，否则谁都能冒充 Telegram")
    return Webhook(options.webhook_url, options.webhook_secret)


def _ssl_context(base_url: str) -> ssl.SSLContext:
    """The certificates to trust, read once for all connections; none for a Bot API server of one's own over plain HTTP."""
    return httpx.create_ssl_context() if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _build_application(
    options: Options, polling_request: PollingRequest, rate_limiter: TelegramRateLimiter, ssl_context: ssl.SSLContext
) -> App:
    """python-telegram-bot's application with our own polling, order of updates, rate limits and connections."""
    return (
        ApplicationBuilder()
        .token(options.token.get_secret_value())
        .base_url(options.base_url)
        .updater(None)
        .job_queue(None)
        .rate_limiter(rate_limiter)
        .request(AiohttpRequest(WORKING_AT_ONCE, READ_SECONDS, ssl_context))
        .get_updates_request(polling_request)
        .build()
    )
