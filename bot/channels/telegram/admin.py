"""Operators' commands and buttons, in their private chats; to anybody else they don't exist."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from telegram import BotCommandScopeChat, InlineKeyboardButton, Message, MessageEntity, Update
from telegram.error import TelegramError
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.channels.telegram import sending, wording
from bot.channels.telegram.addressing import CHANNEL, identity_of, is_private, message_text
from bot.channels.telegram.handlers import App, Context, MessageHandlers
from bot.channels.telegram.rate_limiter import kind_of
from bot.operators.admin_commands import COMMANDS, AdminCommands, QuotedMessage
from bot.operators.buttons import VALUE_PREFIX

log = structlog.get_logger(__name__)

IN_PLACE: Final = ("a:misses", "a:miss", "a:send", "a:drop")
"""The buttons whose reply takes the place of the message: leafing, and a draft that is settled."""

MENU: Final = (*wording.COMMANDS_PRIVATE, *COMMANDS.items())

_BEFORE_ALL: Final = -1
"""A group of handlers of its own: python-telegram-bot runs one of each group, lower numbers first."""


@dataclass(frozen=True)
class AdminHandlers:
    """Carries operators' commands and taps to AdminCommands, and its replies back."""

    admin_commands: AdminCommands
    messages: MessageHandlers
    _listed: set[int] = field(default_factory=set)
    """Chats whose command list has been set by this process."""

    def register(self, application: App) -> None:
        """Add the handlers; before those for everybody, because the first that fits is the only one."""
        mine = filters.User(chats(self.admin_commands)) & filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
        application.add_handler(CommandHandler([*COMMANDS], self.commanded, filters=mine))
        application.add_handler(CallbackQueryHandler(self.tapped, pattern=f"^{VALUE_PREFIX}"))
        application.add_handler(MessageHandler(mine, self.met), group=_BEFORE_ALL)

    async def commanded(self, update: Update, _: Context) -> None:
        """Run one command."""
        person, message = identity_of(update), update.message
        if person is None or message is None:
            return
        command, words = _parted(message)
        reply = await self.admin_commands.command(person, command, words, _quoted(message.reply_to_message))
        if reply is not None:
            await sending.reply_to_message(message, reply)

    async def tapped(self, update: Update, context: Context) -> None:
        """Do what an operator's button says; for anybody else it is a button like any unknown one."""
        person, query = identity_of(update), update.callback_query
        if query is None or person is None or query.data is None:
            return
        message = query.message
        if not self.admin_commands.is_admin(person) or not isinstance(message, Message) or not is_private(message.chat):
            await self.messages.tapped(update, context)
            return
        try:
            await query.answer()
        except TelegramError as error:
            self.messages.count(kind_of(error))
        reply = await self.admin_commands.tap(person, query.data)
        if reply is None:
            return
        if ":".join(query.data.split(":")[:2]) in IN_PLACE:
            await sending.replace_message(query, message, reply)
        else:
            await sending.reply_to_message(message, reply)

    async def met(self, update: Update, context: Context) -> None:
        """Set the command list of an operator who hadn't yet written to the bot when it started."""
        chat = update.effective_chat
        if chat is None or chat.id in self._listed:
            return
        self._listed.add(chat.id)
        try:
            await context.bot.set_my_commands(MENU, BotCommandScopeChat(chat.id))
        except TelegramError as error:
            self.messages.count(kind_of(error))


def chats(admin_commands: AdminCommands) -> list[int]:
    """The private chats of the operators in Telegram; a private chat has its person's number."""
    users = (admin.user for admin in admin_commands.handoffs.admins if admin.channel == CHANNEL)
    return sorted(int(user) for user in users if user.isdecimal())


def menus(admin_commands: AdminCommands) -> Sequence[tuple[BotCommandScopeChat, Sequence[tuple[str, str]]]]:
    """The operators' commands for each of their chats; no other chat shows them."""
    return [(BotCommandScopeChat(chat), tuple(COMMANDS.items())) for chat in chats(admin_commands)]


def _parted(message: Message) -> tuple[str, str]:
    """The command without its slash and the bot's name, and what follows with its line breaks."""
    text = message_text(message)
    entity = next((each for each in message.entities if each.type == MessageEntity.BOT_COMMAND), None)
    command = message.parse_entity(entity) if entity else text
    return command[1:].partition("@")[0].lower(), text[len(command) :].strip()


def _quoted(message: Message | None) -> QuotedMessage | None:
    if message is None:
        return None
    rows: Sequence[Sequence[InlineKeyboardButton]] = (
        message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    )
    values = tuple(button.callback_data for row in rows for button in row if isinstance(button.callback_data, str))
    return QuotedMessage(message_text(message), values)
