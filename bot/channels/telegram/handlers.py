"""Handlers for messages, button taps, edits, channel posts and errors."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update, User
from telegram.error import TelegramError
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters
from telegram.helpers import create_deep_linked_url

from bot import choices
from bot.channels.telegram import sending, wording
from bot.channels.telegram.addressing import (
    identity_of,
    is_private,
    message_text,
    originals,
    text_addressed_to,
    topic_of,
)
from bot.channels.telegram.errors import WITHOUT_LOSS, error_kind
from bot.channels.telegram.queued_update import Count
from bot.channels.telegram.sending import Place
from bot.messages import Edit, Incoming, Reply, Turn
from bot.observe import traceback_locations

log = structlog.get_logger(__name__)

Context = ContextTypes.DEFAULT_TYPE
App = Application[Any, Any, Any, Any, Any, Any]  # its parameters are the types of data that this bot doesn't keep

TURNS_AT_ONCE: Final = 16
"""How many turns run at the same time. Further ones wait here rather than for the database, whose calls time out. Sending,
which waits for the network, isn't counted, and neither is danger to life."""
REMEMBERED: Final = 1024
"""Of how many chats the last message is remembered, so that an edit of it is answered anew."""

LOST: Final = "answer_lost"
"""Counted beside the kind of error that kept an answer from arriving."""

_ALBUMS_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class _LastAnswer:
    """The last message of a chat that was answered."""

    message: int
    said: int
    """The hash of its text."""
    answer: int | None
    """The bot's message below it."""


@dataclass(frozen=True)
class MessageHandlers:
    """Hands what people write and tap to the conversation, and sends its replies."""

    turn: Turn
    count: Count
    """Counts an event by its kind."""
    in_danger: Callable[[str], bool] = lambda _: False
    """Whether a text says that a life is in danger."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TURNS_AT_ONCE))
    _albums: deque[str] = field(default_factory=lambda: deque(maxlen=_ALBUMS_REMEMBERED))
    _last: OrderedDict[int, _LastAnswer] = field(default_factory=OrderedDict)

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
        await self.answer_together([update], context.bot.bot)

    async def answer_together(self, updates: Sequence[Update], me: User, *, urgent: bool = False) -> None:
        """Answer messages of one person that belong together: fragments of a thought, the pictures of an album."""
        messages = [update.message for update in updates if update.message is not None]
        person = identity_of(updates[-1])
        if not messages or person is None or self._own_result(messages[-1], me):
            return
        texts = [_text_for(me, message) for message in messages]
        if all(text is None for text in texts):
            return
        text = "\n".join(text for text in texts if text)
        if not text and self._seen_album(messages[-1]):
            return
        # An empty text (a picture, a voice message, a sticker) is answered too: that the bot reads text only.
        answered = messages[-1].reply_to_message
        incoming = Incoming(
            person,
            text,
            originals=tuple(original for message in messages for original in originals(message)),
            topic=topic_of(answered) if answered is not None else None,
        )
        self._seen_album(messages[-1])
        await self.answer(messages[-1], incoming, urgent=urgent)

    async def answer(self, message: Message, incoming: Incoming, *, urgent: bool = False) -> None:
        """Run one turn and send its reply below the message."""
        reply = await self.run_turn(incoming, urgent=urgent)
        sent = await sending.reply_to_message(message, reply, urgent=urgent) if reply is not None else None
        if is_private(message.chat):
            self._remember(message.chat_id, _LastAnswer(message.message_id, hash(message_text(message)), sent))

    async def run_turn(self, incoming: Incoming, *, urgent: bool = False) -> Reply | None:
        """The conversation's reply; not more than TURNS_AT_ONCE at a time."""
        if urgent:
            return await self.turn(incoming)
        async with self._turns:
            return await self.turn(incoming)

    async def handle_callback_query(self, update: Update, _: Context) -> None:
        """Answer a tap, which the intake has acknowledged."""
        query, person = update.callback_query, identity_of(update)
        if query is None or person is None or query.data is None:
            return
        message = query.message
        if not isinstance(message, Message):
            return
        reply = await self.run_turn(Incoming(person, choice=query.data))
        if reply is None:
            return
        if replaces_message(query.data, message) and _is_for(message, query.from_user):
            await sending.replace_message(message, reply)
        else:
            await sending.reply_to_message(message, reply)

    async def handle_edited_message(self, update: Update, _: Context) -> None:
        """Answer the last message anew when it is edited, in the same place."""
        message, person = update.edited_message, identity_of(update)
        text = message_text(message) if message is not None else ""
        if message is None or person is None or not text:
            return
        last = self._last.get(message.chat_id)
        if last is not None and last.message == message.message_id and last.said == hash(text):
            return  # only its link preview came, or a reaction
        urgent = self.in_danger(text)
        edit = Edit.EARLIER if last is not None and message.message_id < last.message else Edit.LAST
        incoming = Incoming(person, text, originals=originals(message), edit=edit)
        reply = await self.run_turn(incoming, urgent=urgent)
        if edit is Edit.EARLIER or last is None or last.answer is None or urgent:
            sent = await sending.reply_to_message(message, reply, urgent=urgent) if reply is not None else None
        else:
            place, sent = Place.of(message), last.answer
            sent = await sending.edit_message(message.get_bot(), place, sent, reply) if reply is not None else sent
        if edit is Edit.LAST:
            self._remember(message.chat_id, _LastAnswer(message.message_id, hash(text), sent))

    async def handle_channel_post(self, update: Update, context: Context) -> None:
        """Where a post in a channel names the bot, point to its private chat."""
        post = update.channel_post
        if post is not None and text_addressed_to(context.bot.bot, post) is not None:
            await post.reply_text(wording.TEXT_ONLY, reply_markup=private_button(context.bot.bot))

    async def handle_error(self, update: object, context: Context) -> None:
        """As `failed`, for an error that a handler raised."""
        if context.error is not None:
            await self.failed(update, context.error)

    async def failed(self, update: object, error: Exception) -> None:
        """Count and log an error by its kind, never its text, which may quote somebody; apologise if it was our own."""
        kind = error_kind(error)
        self.count(kind)
        if isinstance(error, TelegramError):
            if kind not in WITHOUT_LOSS:
                self.count(LOST)
                log.warning("telegram_answer_lost", kind=kind)
            return
        log.error("turn_failed", error=type(error).__name__, at=traceback_locations(error))
        message = update.effective_message if isinstance(update, Update) else None
        if message is None:
            return
        try:
            await message.reply_text(wording.FAILED)
        except TelegramError as again:
            self.count(error_kind(again))

    def _own_result(self, message: Message, me: User) -> bool:
        """Whether it is the bot's own answer, shared with `@bot …`."""
        return message.via_bot is not None and message.via_bot.id == me.id

    def _seen_album(self, message: Message) -> bool:
        """Whether a picture's album has been answered; its parts may come too far apart to be answered together."""
        album = message.media_group_id
        if album is None:
            return False
        seen = album in self._albums
        self._albums.append(album)
        return seen

    def _remember(self, chat: int, last: _LastAnswer) -> None:
        self._last.pop(chat, None)
        self._last[chat] = last
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)


def replaces_message(data: str, message: Message) -> bool:
    """Whether the reply to a tap replaces the message: on to another part of the same answer, or through the topics."""
    choice = choices.decode(data)
    if not isinstance(choice, choices.OpenTopic):
        return choices.replaces_message(data)
    return topic_of(message) == choice.intent


def private_button(me: User, payload: str | None = None) -> InlineKeyboardMarkup:
    """A button that opens the private chat with the bot, with a /start payload if given."""
    url = create_deep_linked_url(me.username or "", payload)
    return InlineKeyboardMarkup([[InlineKeyboardButton(wording.OPEN_PRIVATE, url=url)]])


def _text_for(me: User, message: Message) -> str | None:
    """What a message says to the bot; None if it isn't meant for it."""
    return message_text(message) if is_private(message.chat) else text_addressed_to(me, message)


def _is_for(message: Message, user: User) -> bool:
    """Whether an answer was given to this person: in a group somebody else's is left as it is."""
    asked = message.reply_to_message
    if is_private(message.chat) or asked is None or asked.from_user is None:
        return True
    return asked.from_user.id == user.id
