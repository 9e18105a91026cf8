"""A reply as Telegram messages: HTML, cut to their largest size, with the buttons under the last."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, Final

from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.channels import render
from bot.channels.telegram import limits
from bot.channels.telegram.addressing import is_private
from bot.channels.telegram.errors import error_kind
from bot.messages import Choice, Reply

ROW_WIDTH: Final = 18
"""Hanzi that fit into a row of buttons on a narrow phone, PADDING of them for the edges of each button."""
PADDING: Final = 2

KEYBOARDS_REMEMBERED: Final = 256
"""There are about two for each topic; building one costs as much as finding what to answer."""

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

JSON = dict[str, Any]


def texts(reply: Reply) -> list[str]:
    """The texts of the reply's messages, in HTML."""
    return [render.html(message) for message in render.messages(reply, limits.LIMITS)]


def keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """The choices as buttons: those of one kind together, as many in a row as a phone shows in full."""
    rows: list[list[InlineKeyboardButton]] = []
    for _, kind in groupby(render.choices_within(choices, limits.LIMITS), _kind):
        rows.extend(_rows(kind))
    return InlineKeyboardMarkup(rows) if rows else None


async def reply_to_message(message: Message, reply: Reply) -> None:
    """Send the reply below a message, in a group as Telegram's reply to it; raises TelegramError."""
    for outgoing in _outgoing_messages(reply):
        await message.reply_html(
            outgoing.html,
            api_kwargs=outgoing.parameters,
            do_quote=not is_private(message.chat),
            allow_sending_without_reply=True,
        )


async def send_to_chat(bot: Bot, chat: int, reply: Reply) -> None:
    """Send the reply to a chat proactively; raises TelegramError."""
    for outgoing in _outgoing_messages(reply):
        await bot.send_message(chat, outgoing.html, parse_mode=ParseMode.HTML, api_kwargs=outgoing.parameters)


async def replace_message(query: CallbackQuery, message: Message, reply: Reply) -> None:
    """Put the reply in place of the message whose button was tapped, or below it if that can't be; raises TelegramError."""
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
        if error_kind(error) != "message_gone":
            raise
        await reply_to_message(message, reply)


@dataclass(frozen=True, slots=True)
class _OutgoingMessage:
    html: str
    parameters: JSON
    """Further parameters of the call that sends it."""


def _outgoing_messages(reply: Reply) -> Iterator[_OutgoingMessage]:
    """The messages of a reply in order, the buttons with the last."""
    pieces = texts(reply)
    for number, piece in enumerate(pieces, 1):
        markup = _markup(reply.choices) if number == len(pieces) else None
        with_markup = {"reply_markup": markup} if markup else {}
        yield _OutgoingMessage(piece, {"link_preview_options": _no_preview(), **with_markup})


@lru_cache(maxsize=KEYBOARDS_REMEMBERED)
def _markup(choices: tuple[Choice, ...]) -> str | None:
    """The keyboard as JSON, remembered: python-telegram-bot would serialise it anew for every message."""
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
