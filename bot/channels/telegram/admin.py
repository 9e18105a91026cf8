"""Handlers for operators' commands and buttons, in their private chats only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from telegram import BotCommandScopeChat, InlineKeyboardButton, Message, MessageEntity, Update
from telegram.error import TelegramError
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot import choices
from bot.channels.telegram import sending, wording
from bot.channels.telegram.addressing import CHANNEL, identity_of, is_private, message_text
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.handlers import App, Context, MessageHandlers
from bot.operators.admin_commands import COMMANDS, AdminCommands, QuotedMessage

log = structlog.get_logger(__name__)

MENU: Final = (*wording.COMMANDS_PRIVATE, *COMMANDS.items())

_BEFORE_ALL: Final = -1
"""A group of handlers of its own: python-telegram-bot runs one of each group, lower numbers first."""


@dataclass(frozen=True)
class AdminHandlers:
    """Hands operators' commands and taps to AdminCommands, and sends its replies."""

    admin_commands: AdminCommands
    messages: MessageHandlers
    _chats_with_menu: set[int] = field(default_factory=set)
    """Chats whose command list has been set by this process."""

    def register(self, application: App) -> None:
        """Add the handlers; before those for everybody, because only the first that fits an update is run."""
        from_operators = (
            filters.User(chats(self.admin_commands)) & filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
        )
        application.add_handler(CommandHandler([*COMMANDS], self.handle_command, filters=from_operators))
        application.add_handler(
            CallbackQueryHandler(self.handle_callback_query, pattern=f"^{choices.AdminButton.PREFIX}:")
        )
        application.add_handler(MessageHandler(from_operators, self.handle_operator_message), group=_BEFORE_ALL)

    async def handle_command(self, update: Update, _: Context) -> None:
        """Run an operator's command and send what came of it."""
        person, message = identity_of(update), update.message
        if person is None or message is None:
            return
        command = _parse_command(message)
        quoted = _quoted_message(message.reply_to_message)
        reply = await self.admin_commands.command(person, command.name, command.arguments, quoted)
        if reply is not None:
            await sending.reply_to_message(message, reply)

    async def handle_callback_query(self, update: Update, context: Context) -> None:
        """Run what an operator's button says; from anybody else the tap is handled like that of an unknown button."""
        person, query = identity_of(update), update.callback_query
        if query is None or person is None or query.data is None:
            return
        message = query.message
        if not self.admin_commands.is_admin(person) or not isinstance(message, Message) or not is_private(message.chat):
            await self.messages.handle_callback_query(update, context)
            return
        reply = await self.admin_commands.tap(person, query.data)
        if reply is None:
            return
        if choices.replaces_message(query.data):
            await sending.replace_message(message, reply)
        else:
            await sending.reply_to_message(message, reply)

    async def handle_operator_message(self, update: Update, context: Context) -> None:
        """Set the command list of an operator's chat, once; at the start it fails for who hasn't written to the bot yet."""
        chat = update.effective_chat
        if chat is None or chat.id in self._chats_with_menu:
            return
        self._chats_with_menu.add(chat.id)
        try:
            await context.bot.set_my_commands(MENU, BotCommandScopeChat(chat.id))
        except TelegramError as error:
            self.messages.count(error_kind(error))


def chats(admin_commands: AdminCommands) -> list[int]:
    """The private chats of the operators in Telegram; a private chat has its person's number."""
    users = (admin.user for admin in admin_commands.handoffs.admins if admin.channel == CHANNEL)
    return sorted(int(user) for user in users if user.isdecimal())


def menus(admin_commands: AdminCommands) -> Sequence[tuple[BotCommandScopeChat, Sequence[tuple[str, str]]]]:
    """The operators' commands for each of their chats; no other chat shows them."""
    return [(BotCommandScopeChat(chat), tuple(COMMANDS.items())) for chat in chats(admin_commands)]


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    """Without the slash and the bot's name."""
    arguments: str
    """What follows, with its line breaks."""


def _parse_command(message: Message) -> _Command:
    text = message_text(message)
    entity = next((each for each in message.entities if each.type == MessageEntity.BOT_COMMAND), None)
    command = message.parse_entity(entity) if entity else text
    return _Command(command[1:].partition("@")[0].lower(), text[len(command) :].strip())


def _quoted_message(message: Message | None) -> QuotedMessage | None:
    if message is None:
        return None
    rows: Sequence[Sequence[InlineKeyboardButton]] = (
        message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    )
    values = tuple(button.callback_data for row in rows for button in row if isinstance(button.callback_data, str))
    return QuotedMessage(message_text(message), values)
