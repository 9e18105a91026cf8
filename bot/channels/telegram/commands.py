"""Handlers for the commands that everybody has, and the bot's profile: its command lists and descriptions."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    MenuButtonCommands,
    Update,
)
from telegram.error import TelegramError
from telegram.ext import CommandHandler, filters

from bot.channels.telegram import wording
from bot.channels.telegram.addressing import identity_of, is_private
from bot.channels.telegram.errors import error_kind
from bot.channels.telegram.handlers import App, Context, MessageHandlers, private_button
from bot.channels.telegram.inline import TOPICS_PAYLOAD
from bot.channels.telegram.queued_update import Count
from bot.choices import Forget
from bot.messages import Incoming

log = structlog.get_logger(__name__)

MENU: Final = "menu"
GREETING: Final = "i:greeting"
CHINESE: Final = "zh"
"""Telegram's language codes are ISO 639-1 (https://core.telegram.org/bots/api#setmycommands); Traditional is zh too."""

Menu = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CommandHandlers:
    """/start /help /topics /privacy /forget, for everybody."""

    messages: MessageHandlers

    def register(self, application: App) -> None:
        """Add the handlers; a command in an edited message isn't run again."""
        new = filters.UpdateType.MESSAGE
        for name, callback in (
            ("start", self.handle_start),
            ("help", self.handle_text_command),
            ("topics", self.handle_topics),
            ("privacy", self.handle_text_command),
            ("forget", self.handle_forget),
        ):
            application.add_handler(CommandHandler(name, callback, filters=new))

    async def handle_start(self, update: Update, context: Context) -> None:
        """/start: greet, or answer the topic of a deep link (https://core.telegram.org/bots/features#deep-linking)."""
        payload = context.args[0] if context.args else ""
        choice = f"i:{payload}" if payload else GREETING
        await self._choose(update, MENU if payload == TOPICS_PAYLOAD else choice)

    async def handle_topics(self, update: Update, context: Context) -> None:
        """/topics: the menu of topics; in a group chat only a button that opens the private chat."""
        message = update.message
        if message is not None and not is_private(message.chat):
            button = private_button(context.bot.bot, TOPICS_PAYLOAD)
            await message.reply_text(
                wording.TOPICS_IN_PRIVATE, reply_markup=button, do_quote=True, allow_sending_without_reply=True
            )
            return
        await self._choose(update, MENU)

    async def handle_text_command(self, update: Update, _: Context) -> None:
        """/help and /privacy: hand the word to the conversation, which knows it in every channel."""
        person, message = identity_of(update), update.message
        if person is not None and message is not None and message.text is not None:
            name = message.text.split()[0].partition("@")[0]
            await self.messages.answer(message, Incoming(person, name))

    async def handle_forget(self, update: Update, _: Context) -> None:
        """/forget: ask whether all that is kept of the person, in private and in groups, is to be deleted."""
        await self._choose(update, Forget(Forget.ASK).encode())

    async def _choose(self, update: Update, choice: str) -> None:
        person, message = identity_of(update), update.message
        if person is not None and message is not None:
            await self.messages.answer(message, Incoming(person, choice=choice))


async def set_profile(bot: Bot, count: Count, extra: Sequence[tuple[BotCommandScope, Menu]] = ()) -> None:
    """Set the command lists, the descriptions and the menu button: Chinese for Chinese users, English for the rest.

    A call that fails is counted and logged by its kind, and the rest goes on: the bot works without a profile.

    Args:
        bot: an initialised bot.
        count: counts an event by its kind.
        extra: further scopes with their own commands, such as each administrator's chat.
    """
    private, groups = BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()
    # Not coroutines: those that are left when the bot is stopped meanwhile would never be awaited.
    calls: list[Callable[[], Awaitable[bool]]] = [
        partial(bot.set_my_commands, wording.COMMANDS_PRIVATE_EN, private),
        partial(bot.set_my_commands, wording.COMMANDS_PRIVATE, private, CHINESE),
        partial(bot.set_my_commands, wording.COMMANDS_GROUP_EN, groups),
        partial(bot.set_my_commands, wording.COMMANDS_GROUP, groups, CHINESE),
        *(partial(bot.set_my_commands, [*wording.COMMANDS_PRIVATE, *menu], scope) for scope, menu in extra),
        partial(bot.set_my_description, wording.DESCRIPTION_EN),
        partial(bot.set_my_description, wording.DESCRIPTION, CHINESE),
        partial(bot.set_my_short_description, wording.SHORT_DESCRIPTION_EN),
        partial(bot.set_my_short_description, wording.SHORT_DESCRIPTION, CHINESE),
        partial(bot.set_chat_menu_button, menu_button=MenuButtonCommands()),
    ]
    for call in calls:
        try:
            await call()
        except TelegramError as error:
            count(error_kind(error))
            log.warning("telegram_profile_not_set", kind=error_kind(error))
