"""A reply as Telegram messages: HTML, cut to their largest size, with the buttons under the last."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated
from telegram.ext import ExtBot

from bot.channels import render
from bot.channels.telegram import limits
from bot.channels.telegram.addressing import CHANNEL, is_private
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.keyboard import KeyboardContent, keyboard, keyboard_json
from bot.messages import Reply

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

JSON = dict[str, Any]


def texts(reply: Reply) -> list[str]:
    """The texts of the reply's messages, in HTML."""
    return [render.html(message) for message in render.messages(reply, limits.LIMITS)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply goes."""

    chat: int
    thread: int | None = None
    """The topic, in a group that has topics (https://core.telegram.org/bots/api#forumtopic)."""
    below: int | None = None
    """The message that it is shown as a reply to."""
    strict: bool = False
    """Nowhere else will do: a topic that is gone or closed is an error."""

    @classmethod
    def of(cls, message: Message) -> "Place":
        """Below a message, in a group as Telegram's reply to it."""
        thread = message.message_thread_id if message.is_topic_message else None
        return cls(message.chat_id, thread, None if is_private(message.chat) else message.message_id)


async def reply_to_message(message: Message, reply: Reply, *, urgent: bool = False) -> int | None:
    """Send the reply below a message; the id of the message with its buttons, raises TelegramError."""
    return await send(message.get_bot(), Place.of(message), reply, urgent=urgent)


async def send(bot: Bot, place: Place, reply: Reply, *, urgent: bool = False) -> int | None:
    """Send the reply; the id of its last message, raises TelegramError.

    A group that has become another, and a topic that is gone or closed, are followed: an answer in the group's main room is better
    than none.
    """
    sent: int | None = None
    for outgoing in _outgoing_messages(reply):
        place, sent = await _send_somewhere(bot, place, outgoing, urgent=urgent or reply.urgent)
    for original in reply.originals:
        if original.channel == CHANNEL:
            await bot.copy_message(
                place.chat, int(original.chat), int(original.message), message_thread_id=place.thread
            )
    return sent


async def replace_message(message: Message, reply: Reply, *, urgent: bool = False) -> int | None:
    """Put the reply in place of the message whose button was tapped; as `edit_message`."""
    return await edit_message(message.get_bot(), Place.of(message), message.message_id, reply, urgent=urgent)


async def edit_message(bot: Bot, place: Place, number: int, reply: Reply, *, urgent: bool = False) -> int | None:
    """Put the reply in place of a message of the bot's, or below it if that can't be; raises TelegramError."""
    pieces = texts(reply)
    if len(pieces) != 1:
        return await send(bot, place, reply, urgent=urgent)
    try:
        await extended(bot).edit_message_text(
            pieces[0],
            place.chat,
            number,
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(reply),
            link_preview_options=NO_PREVIEW,
            rate_limit_args=urgent or reply.urgent,
        )
    except BadRequest as error:
        if error_kind(error) != "message_gone":
            raise
        return await send(bot, place, reply, urgent=urgent)
    return number


def extended(bot: Bot) -> "ExtBot[bool]":
    """The bot as the application made it: with rate limits."""
    return cast("ExtBot[bool]", bot)


async def _send_somewhere(bot: Bot, place: Place, outgoing: "_OutgoingMessage", *, urgent: bool) -> tuple[Place, int]:
    """Send one message, and where it went."""
    try:
        return place, await _send_one(bot, place, outgoing, urgent=urgent)
    except ChatMigrated as error:
        place = Place(error.new_chat_id)
    except BadRequest as error:
        if place.strict or place.thread is None or error_kind(error) not in {"thread_gone", "topic_closed"}:
            raise
        place = Place(place.chat)
    return place, await _send_one(bot, place, outgoing, urgent=urgent)


async def _send_one(bot: Bot, place: Place, outgoing: "_OutgoingMessage", *, urgent: bool) -> int:
    below = ReplyParameters(place.below, allow_sending_without_reply=True) if place.below is not None else None
    sent = await extended(bot).send_message(
        place.chat,
        outgoing.html,
        parse_mode=ParseMode.HTML,
        message_thread_id=place.thread,
        reply_parameters=below,
        api_kwargs=outgoing.parameters,
        rate_limit_args=urgent,
    )
    return sent.message_id


@dataclass(frozen=True, slots=True)
class _OutgoingMessage:
    html: str
    parameters: JSON
    """Further parameters of the call that sends it."""


def _outgoing_messages(reply: Reply) -> Iterator[_OutgoingMessage]:
    """The messages of a reply in order, the buttons with the last."""
    pieces = texts(reply)
    for number, piece in enumerate(pieces, 1):
        markup = keyboard_json(KeyboardContent.of(reply)) if number == len(pieces) else None
        with_markup = {"reply_markup": markup} if markup else {}
        yield _OutgoingMessage(piece, {"link_preview_options": _no_preview(), **with_markup})


@cache
def _no_preview() -> str:
    return NO_PREVIEW.to_json()
