"""The operators' own group: a topic for each person who wants a human; what is written in it goes to that person, and back."""

from dataclasses import dataclass
from typing import Final

import structlog
from telegram import Bot, CallbackQuery, Message, Update
from telegram.error import BadRequest, TelegramError

from bot import choices
from bot.channels.telegram import sending
from bot.channels.telegram.addressing import message_text, originals
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.queued_update import Count
from bot.channels.telegram.sending import Place
from bot.channels.telegram.spool import ChannelStates
from bot.messages import ChatIdentity, Edit, Incoming, Reply, SendError, SendFailure
from bot.operators.handoff import Handoffs

log = structlog.get_logger(__name__)

TOPICS: Final = "telegram_topic"
"""The channel of a ChatIdentity that is a topic; its user is the number of the thread."""
KIND: Final = "staff_topic"
"""Under what a person's topic is kept."""


@dataclass(frozen=True)
class StaffRoom:
    """A forum group (https://core.telegram.org/bots/api#forumtopic) in which the bot may manage topics."""

    bot: Bot
    chat: int
    states: ChannelStates
    count: Count
    channel: str = TOPICS

    async def topic_for(self, person: ChatIdentity) -> ChatIdentity:
        """The topic of a person, opened if there is none; raises SendError, StoreError."""
        kept = dict(await self.states.load(person.channel, KIND, 0)).get(person.user)
        return ChatIdentity(TOPICS, kept) if kept is not None else await self.new_topic_for(person)

    async def new_topic_for(self, person: ChatIdentity) -> ChatIdentity:
        """A new topic for a person; raises SendError, StoreError."""
        try:
            topic = await self.bot.create_forum_topic(self.chat, f"{person.channel}:{person.user}")
        except TelegramError as error:
            raise self._failure(error) from None
        thread = str(topic.message_thread_id)
        await self.states.save(person, KIND, thread)
        return ChatIdentity(TOPICS, thread)

    async def send(self, topic: ChatIdentity, reply: Reply) -> None:
        """Write into a topic, reopened if somebody closed it; raises SendError, CHAT_NOT_FOUND when it is gone."""
        place = Place(self.chat, int(topic.user), strict=True)
        try:
            try:
                await sending.send(self.bot, place, reply)
            except BadRequest as error:
                if error_kind(error) != "topic_closed":
                    raise
                await self.bot.reopen_forum_topic(self.chat, int(topic.user))
                await sending.send(self.bot, place, reply)
        except TelegramError as error:
            raise self._failure(error) from None

    def _failure(self, error: TelegramError) -> SendError:
        kind = error_kind(error)
        self.count(kind)
        gone = kind in {"thread_gone", "chat_not_found"}
        return SendError(SendFailure.CHAT_NOT_FOUND if gone else SendFailure.OTHER, kind)


@dataclass(frozen=True)
class StaffHandlers:
    """Hands what is written and tapped in the operators' group to Handoffs; whoever is in the group is an operator."""

    handoffs: Handoffs
    chat: int

    def is_here(self, update: Update) -> bool:
        """Whether an update is from the operators' group, where nothing is a question to the bot."""
        return update.effective_chat is not None and update.effective_chat.id == self.chat

    async def handle(self, update: Update) -> None:
        """Do what an operator wrote or tapped; raises TelegramError."""
        if update.callback_query is not None:
            await self._handle_tap(update.callback_query)
        elif update.message is not None or update.edited_message is not None:
            await self._handle_message(update)

    async def _handle_message(self, update: Update) -> None:
        """Pass on what an operator writes in the topic of a talk that is taken; /release gives it back."""
        message = update.effective_message
        topic = _topic(message)
        if message is None or topic is None or message.from_user is None or message.from_user.is_bot:
            return
        text = message_text(message)
        if text.startswith("/"):
            reply = await self.handoffs.release(topic) if _command(text) == "release" else None
        elif not text and not _has_content(message):
            reply = None  # a topic was renamed, somebody joined
        else:
            edit = Edit.LAST if update.edited_message is not None else None
            reply = await self.handoffs.say(Incoming(topic, text, originals=originals(message), edit=edit))
        if reply is not None:
            await sending.reply_to_message(message, reply)

    async def _handle_tap(self, query: CallbackQuery) -> None:
        """接手 in the topic."""
        message, button = query.message, choices.decode(query.data or "")
        topic = _topic(message) if isinstance(message, Message) else None
        if topic is None or not isinstance(message, Message) or not isinstance(button, choices.AdminButton):
            return
        await sending.reply_to_message(message, await self.handoffs.take(topic, f"{button.key}:{button.detail}"))


def _topic(message: Message | None) -> ChatIdentity | None:
    if message is None or not message.is_topic_message or message.message_thread_id is None:
        return None
    return ChatIdentity(TOPICS, str(message.message_thread_id))


def _command(text: str) -> str:
    return text[1:].split(maxsplit=1)[0].partition("@")[0].lower() if text[1:].strip() else ""


def _has_content(message: Message) -> bool:
    return any(
        getattr(message, name)
        for name in ("photo", "voice", "video", "video_note", "document", "audio", "sticker", "location", "contact")
    )
