"""Handlers for messages, button taps, edits, channel posts and errors."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.error import TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters
from telegram.helpers import create_deep_linked_url

from bot import choices
from bot.channels.telegram import sending, wording
from bot.channels.telegram.addressing import identity_of, is_private, message_text, text_addressed_to
from bot.channels.telegram.errors import error_kind
from bot.messages import ChatIdentity, Incoming, Reply, Turn
from bot.observe import traceback_locations

log = structlog.get_logger(__name__)

Forget = Callable[[ChatIdentity], Awaitable[Reply]]
Count = Callable[[str], None]
Context = ContextTypes.DEFAULT_TYPE
App = Application[Any, Any, Any, Any, Any, Any]  # its parameters are the types of data that this bot doesn't keep

TURNS_AT_ONCE: Final = 16
"""How many turns run at the same time. Further ones wait here rather than for the database, whose calls time out. Sending,
which waits for the network, isn't counted."""

_ALBUMS_REMEMBERED: Final = 64


@dataclass(frozen=True)
class MessageHandlers:
    """Hands what people write and tap to the conversation, and sends its replies."""

    turn: Turn
    count: Count
    """Counts an event by its kind."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TURNS_AT_ONCE))
    _albums: deque[str] = field(default_factory=lambda: deque(maxlen=_ALBUMS_REMEMBERED))

    def register(self, application: App) -> None:
        """Add the handlers; after those for commands, because only the first that fits an update is run."""
        updates = filters.UpdateType
        application.add_handler(CallbackQueryHandler(self.handle_callback_query))
        application.add_handler(MessageHandler(updates.MESSAGE & ~filters.StatusUpdate.ALL, self.handle_message))
        application.add_handler(
            MessageHandler(updates.EDITED_MESSAGE & filters.ChatType.PRIVATE, self.handle_edited_message)
        )
        application.add_handler(MessageHandler(updates.CHANNEL_POST, self.handle_channel_post))
        application.add_error_handler(self.handle_error)

    async def handle_message(self, update: Update, context: Context) -> None:
        """Answer a message; in a group only one that is meant for the bot."""
        message, person = update.message, identity_of(update)
        if message is None or person is None:
            return
        me: User = context.bot.bot
        text = message_text(message) if is_private(message.chat) else text_addressed_to(me, message)
        if text is None:
            return
        if not text and self._seen_album(message):
            return
        # An empty text (a picture, a voice message, a sticker) is answered too: that the bot reads text only.
        await self.answer(message, Incoming(person, text))

    async def answer(self, message: Message, incoming: Incoming) -> None:
        """Run one turn and send its reply below the message."""
        async with self._turns:
            reply = await self.turn(incoming)
        if reply is not None:
            await sending.reply_to_message(message, reply)

    async def handle_callback_query(self, update: Update, _: Context) -> None:
        """Acknowledge a tap at once, so that the button stops spinning, then answer it."""
        query, person = update.callback_query, identity_of(update)
        if query is None or person is None:
            return
        try:
            await query.answer()
        except TelegramError as error:
            self.count(error_kind(error))
        message = query.message
        if not isinstance(message, Message) or query.data is None:
            return
        async with self._turns:
            reply = await self.turn(Incoming(person, choice=query.data))
        if reply is None:
            return
        if replaces_message(query.data, message):
            await sending.replace_message(query, message, reply)
        else:
            await sending.reply_to_message(message, reply)

    async def handle_edited_message(self, update: Update, _: Context) -> None:
        """Tell that edited messages aren't answered."""
        if update.edited_message is not None and message_text(update.edited_message):
            await update.edited_message.reply_text(wording.EDITED)

    async def handle_channel_post(self, update: Update, context: Context) -> None:
        """Where a post in a channel names the bot, point to its private chat."""
        post = update.channel_post
        if post is not None and text_addressed_to(context.bot.bot, post) is not None:
            await post.reply_text(wording.TEXT_ONLY, reply_markup=private_button(context.bot.bot))

    async def handle_error(self, update: object, context: Context) -> None:
        """Count and log an error by its kind, never its text, which may quote somebody; apologise if it was our own."""
        error = context.error
        if error is None:
            return
        kind = error_kind(error)
        self.count(kind)
        if isinstance(error, TelegramError):
            log.debug("telegram_refused", kind=kind)
            return
        log.error("turn_failed", error=type(error).__name__, at=traceback_locations(error))
        message = update.effective_message if isinstance(update, Update) else None
        if message is None:
            return
        try:
            await message.reply_text(wording.FAILED)
        except TelegramError as again:
            self.count(error_kind(again))

    def _seen_album(self, message: Message) -> bool:
        """Whether a picture's album has been answered; Telegram sends each picture of an album as its own message."""
        album = message.media_group_id
        if album is None:
            return False
        seen = album in self._albums
        self._albums.append(album)
        return seen


def replaces_message(data: str, message: Message) -> bool:
    """Whether the reply to a tap replaces the message: on to another part of the same answer, or through the topics."""
    choice = choices.decode(data)
    if not isinstance(choice, choices.OpenTopic):
        return choices.replaces_message(data)
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    shown = (choices.decode(str(button.callback_data)) for row in rows for button in row)
    return any(isinstance(each, choices.OpenSection) and each.intent == choice.intent for each in shown)


def private_button(me: User, payload: str | None = None) -> InlineKeyboardMarkup:
    """A button that opens the private chat with the bot, with a /start payload if given."""
    url = create_deep_linked_url(me.username or "", payload)
    return InlineKeyboardMarkup([[InlineKeyboardButton(wording.OPEN_PRIVATE, url=url)]])
