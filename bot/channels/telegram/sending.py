"""A reply as Telegram messages: HTML, pieces within the limit, buttons under the last."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Final

from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channels import render
from bot.channels.telegram import limits
from bot.channels.telegram.addressing import is_private
from bot.channels.telegram.rate_limiter import kind_of
from bot.messages import Choice, Reply

ROW_WIDTH: Final = 18
"""Hanzi that fit beside each other on a narrow phone, a button's own edges counted as PADDING."""
PADDING: Final = 2

KEYBOARDS_REMEMBERED: Final = 256
"""There are about two for each topic; to build one costs as much as to find what to answer."""

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

JSON = dict[str, Any]


def texts(reply: Reply) -> list[str]:
    """The reply in HTML, each piece within one message."""
    return [render.html(piece) for piece in render.pieces(render.paragraphs(reply), limits.MESSAGE_UNITS)]


def keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """The choices as buttons: those of one kind together, as many in a row as a phone shows in full.

    A choice that Telegram wouldn't take is left out: it would cost the whole message.
    """
    rows: list[list[InlineKeyboardButton]] = []
    fitting = [choice for choice in choices if len(choice.value.encode()) <= limits.CALLBACK_DATA_BYTES]
    for _, kind in groupby(fitting[: limits.KEYBOARD_BUTTONS], _kind):
        rows.extend(_rows(kind))
    return InlineKeyboardMarkup(rows) if rows else None


async def reply_to_message(message: Message, reply: Reply) -> None:
    """Answer below a message, in a group as a reply to it; raises TelegramError."""
    for text, rest in _in_turn(reply):
        await message.reply_html(
            text,
            api_kwargs=rest,
            do_quote=not is_private(message.chat),
            allow_sending_without_reply=True,
        )


async def send_to_chat(bot: Bot, chat: int, reply: Reply) -> None:
    """Say something of one's own accord; raises TelegramError."""
    for text, rest in _in_turn(reply):
        await bot.send_message(chat, text, parse_mode=ParseMode.HTML, api_kwargs=rest)


async def replace_message(query: CallbackQuery, message: Message, reply: Reply) -> None:
    """Put the reply in place of the message whose button was tapped, or below if it doesn't fit; raises TelegramError."""
    pieces = texts(reply)
    if len(pieces) != 1:
        await reply_to_message(message, reply)
        return
    try:
        await query.edit_message_text(
            pieces[0],
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(reply.choices),
            link_preview_options=NO_PREVIEW,
        )
    except BadRequest as error:
        if kind_of(error) != "message_gone":
            raise
        await reply_to_message(message, reply)


def _in_turn(reply: Reply) -> Iterator[tuple[str, JSON]]:
    """The messages of a reply, with what goes along with each: the buttons with the last."""
    pieces = texts(reply)
    for number, piece in enumerate(pieces, 1):
        markup = _markup(reply.choices) if number == len(pieces) else None
        yield piece, {"link_preview_options": _no_preview(), **({"reply_markup": markup} if markup else {})}


@lru_cache(maxsize=KEYBOARDS_REMEMBERED)
def _markup(choices: tuple[Choice, ...]) -> str | None:
    """The keyboard as it goes out; python-telegram-bot would spell it out anew for every message."""
    buttons = keyboard(choices)
    return buttons.to_json() if buttons else None


@cache
def _no_preview() -> str:
    return NO_PREVIEW.to_json()


def _kind(choice: Choice) -> str:
    return choice.value.partition(":")[0]


def _rows(choices: Iterable[Choice]) -> list[list[InlineKeyboardButton]]:
    """Even rows: as many columns as the widest label allows."""
    buttons = [InlineKeyboardButton(choice.label, callback_data=choice.value) for choice in choices]
    widest = max(len(button.text) for button in buttons) + PADDING
    columns = max(1, min(ROW_WIDTH // widest, limits.KEYBOARD_ROW_BUTTONS))
    return [buttons[start : start + columns] for start in range(0, len(buttons), columns)]
