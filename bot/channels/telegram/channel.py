"""The Telegram channel: connects, takes updates by polling or webhook, sends, stops."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

import structlog
from starlette.routing import BaseRoute
from telegram import Message, MessageEntity, Update
from telegram.error import TelegramError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

from bot.channels.fragments import MessageReader
from bot.channels.telegram import sending, startup
from bot.channels.telegram.addressing import CHANNEL
from bot.channels.telegram.admin import AdminHandlers, chats, menus
from bot.channels.telegram.commands import CommandHandlers, set_profile
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.handlers import MessageHandlers
from bot.channels.telegram.inline import InlineHandler, Search
from bot.channels.telegram.intake import UpdateIntake
from bot.channels.telegram.limits import LIMITS, POLL_SECONDS
from bot.channels.telegram.membership import MembershipHandler
from bot.channels.telegram.options import Options, build_application, ssl_context
from bot.channels.telegram.polling import UNREADABLE, Poller, PollingRequest
from bot.channels.telegram.queued_update import Count
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.sending import Place
from bot.channels.telegram.spool import JSON, ChannelStates, UpdateSpool
from bot.channels.telegram.staff import StaffHandlers, StaffRoom
from bot.channels.telegram.taps import TapFilter
from bot.channels.telegram.update_claims import REPEAT, Claims, UpdateClaims
from bot.channels.telegram.update_queue import UpdateQueue
from bot.channels.telegram.webhook import NotReadyError, webhook_route
from bot.messages import UNREACHABLE, ChatIdentity, Reply, SendError, SendFailure, Turn
from bot.operators.admin_commands import AdminCommands
from bot.store.errors import StoreError
from bot.talk.fragments import expects_more, in_danger, stands_alone

log = structlog.get_logger(__name__)

OVERDUE_SECONDS: Final = 3.0 * POLL_SECONDS
"""Polling counts as broken when Telegram last answered so long ago."""
WEBHOOK_SECONDS: Final = 20.0
"""How long a post of Telegram's may stay unanswered; then it is to come again, which keeps its place in the queue."""

TAKE_UP_SECONDS: Final = 5.0
"""Between tries to read what waits in a database that is away."""

_FAILURES: Final = {"blocked": SendFailure.BLOCKED, "chat_not_found": SendFailure.CHAT_NOT_FOUND}
"""The failure for each kind of error that others tell apart."""


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
        self._webhook = options.webhook
        self._count = count
        self._states = states
        trust = ssl_context(options.base_url)
        self._polling_request = PollingRequest(count, trust)
        rate_limiter = TelegramRateLimiter(options.rate_limits)
        self._application = build_application(options, self._polling_request, rate_limiter, trust)
        reader = MessageReader(in_danger, expects_more, stands_alone)
        self._messages = MessageHandlers(turn, count, reader.in_danger)
        self._menus = menus(admin_commands) if admin_commands is not None else ()
        self._operators = frozenset(chats(admin_commands)) if admin_commands is not None else frozenset()
        self._staff = self._open_staff_room(admin_commands)
        self._register_handlers(search, admin_commands)
        self._queue = UpdateQueue(
            self._handle,
            UpdateClaims(claims, count),
            TapFilter(count),
            rate_limiter.pace,
            reader,
            alone=self._is_alone,
            join_seconds=options.join_seconds,
        )
        spool = UpdateSpool(options.token, states) if states is not None else None
        self._intake = UpdateIntake(options.bot_id, self._queue, count, spool, self._read_update)
        self._poller: Poller | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._background: list[asyncio.Task[None]] = []
        self._created_at = monotonic()
        self._stopping = asyncio.Event()
        self.connected = asyncio.Event()

    def _open_staff_room(self, admin_commands: AdminCommands | None) -> StaffHandlers | None:
        """The operators' group with its topics, where there is one and something to keep them in."""
        options = self._options
        if admin_commands is None or self._states is None or options.staff_chat is None:
            return None
        room = StaffRoom(self._application.bot, options.staff_chat, self._states, self._count)
        admin_commands.handoffs.rooms.append(room)
        return StaffHandlers(admin_commands.handoffs, options.staff_chat)

    def _register_handlers(self, search: Search, admin_commands: AdminCommands | None) -> None:
        """Only the first handler that fits an update is run: operators' commands, everybody's, then messages."""
        staff_chat = self._options.staff_chat
        own_groups = frozenset({staff_chat} if staff_chat is not None else ())
        MembershipHandler(self._remember_reachable, self._count, own_groups).register(self._application)
        if admin_commands is not None:
            AdminHandlers(admin_commands, self._messages).register(self._application)
        CommandHandlers(self._messages).register(self._application)
        self._messages.register(self._application)
        InlineHandler(search).register(self._application)

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
        for task in self._background:
            task.cancel()
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
        self._background.append(self._application.create_task(set_profile(bot, self._count, self._menus)))
        await self._take_up_waiting()
        if self._webhook is None:
            self._poller = Poller(bot, self._intake, self._polling_request)
        else:
            await startup.set_webhook(bot, self._webhook)
        self.connected.set()

    async def _take_up_waiting(self) -> None:
        """Queue what a kill has left; while the database is away that is tried again later, and new updates are taken meanwhile."""
        try:
            await self._intake.take_up()
        except StoreError as error:
            log.error("waiting_updates_not_read", reason=str(error))
            again = AsyncRetrying(retry=retry_if_exception_type(StoreError), wait=wait_fixed(TAKE_UP_SECONDS))
            self._background.append(asyncio.create_task(again(self._intake.take_up)))

    def _read_update(self, data: JSON) -> Update | None:
        """An update of the vendor's JSON; None, counted, for what can't be read: sent again, it couldn't either."""
        try:
            return Update.de_json(data, self._application.bot)
        except Exception:  # noqa: BLE001 -- a form that this version of the library can't parse, or a date of next millennium
            self._count(UNREADABLE)
            return None

    async def _take_from_webhook(self, data: JSON) -> None:
        if not self._application.running:
            raise NotReadyError("not running")
        update = self._read_update(data)
        if update is None:
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
        if place is not None and place.id == self._options.staff_chat:
            return True
        return sender is not None and sender.id in self._operators


def _is_plain(message: Message) -> bool:
    """Whether a message is text or a picture, and no command."""
    if message.text is None and not message.photo:
        return False
    return not any(each.type == MessageEntity.BOT_COMMAND and each.offset == 0 for each in message.entities)
