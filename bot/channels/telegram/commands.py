"""The commands of the bot, and what Telegram shows of it before the first message."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from bot.channels.telegram.handlers import App, Context, Count, Forget, MessageHandlers, private_button
from bot.channels.telegram.rate_limiter import kind_of
from bot.channels.telegram.sending import reply_to_message
from bot.messages import Incoming

log = structlog.get_logger(__name__)

MENU: Final = "menu"
GREETING: Final = "i:greeting"
TOPICS_PAYLOAD: Final = "topics"
CHINESE: Final = "zh"
"""Telegram's language codes are ISO 639-1 (https://core.telegram.org/bots/api#setmycommands); Traditional is zh too."""

Menu = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CommandHandlers:
    """/start /help /topics /privacy /forget, for everybody."""

    messages: MessageHandlers
    forget_person: Forget

    def register(self, application: App) -> None:
        """Add the handlers; a command in an edited message isn't run again."""
        new = filters.UpdateType.MESSAGE
        for name, callback in (
            ("start", self.start),
            ("help", self.in_words),
            ("topics", self.topics),
            ("privacy", self.in_words),
            ("forget", self.forget),
        ):
            application.add_handler(CommandHandler(name, callback, filters=new))

    async def start(self, update: Update, context: Context) -> None:
        """Greet, or go straight to the topic of a deep link."""
        payload = context.args[0] if context.args else ""
        choice = f"i:{payload}" if payload else GREETING
        await self._choose(update, MENU if payload == TOPICS_PAYLOAD else choice)

    async def topics(self, update: Update, context: Context) -> None:
        """The topics by group; in a group chat only the way to the private chat."""
        message = update.message
        if message is not None and not is_private(message.chat):
            button = private_button(context.bot.bot, TOPICS_PAYLOAD)
            await message.reply_text(wording.TOPICS_IN_PRIVATE, reply_markup=button, do_quote=True)
            return
        await self._choose(update, MENU)

    async def in_words(self, update: Update, _: Context) -> None:
        """/help and /privacy: the conversation knows them as words, the same in every channel."""
        person, message = identity_of(update), update.message
        if person is not None and message is not None and message.text is not None:
            name = message.text.split()[0].partition("@")[0]
            await self.messages.answer(message, Incoming(person, name))

    async def forget(self, update: Update, _: Context) -> None:
        """Delete all that is kept of the person, in private and in groups."""
        person, message = identity_of(update), update.message
        if person is None or message is None:
            return
        await reply_to_message(message, await self.forget_person(person))

    async def _choose(self, update: Update, choice: str) -> None:
        person, message = identity_of(update), update.message
        if person is not None and message is not None:
            await self.messages.answer(message, Incoming(person, choice=choice))


async def announce(bot: Bot, count: Count, extra: Sequence[tuple[BotCommandScope, Menu]] = ()) -> None:
    """Set commands, descriptions and the menu button: Chinese for Chinese users, English for the rest.

    What Telegram refuses here is counted and named in the log; the bot works without it.

    Args:
        bot: an initialised bot.
        count: counts an event by its kind.
        extra: further scopes with their own commands, such as each administrator's chat.
    """
    private, groups = BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()
    calls = [
        bot.set_my_commands(wording.COMMANDS_PRIVATE_EN, private),
        bot.set_my_commands(wording.COMMANDS_PRIVATE, private, CHINESE),
        bot.set_my_commands(wording.COMMANDS_GROUP_EN, groups),
        bot.set_my_commands(wording.COMMANDS_GROUP, groups, CHINESE),
        *(bot.set_my_commands([*wording.COMMANDS_PRIVATE, *menu], scope) for scope, menu in extra),
        bot.set_my_description(wording.DESCRIPTION_EN),
        bot.set_my_description(wording.DESCRIPTION, CHINESE),
        bot.set_my_short_description(wording.SHORT_DESCRIPTION_EN),
        bot.set_my_short_description(wording.SHORT_DESCRIPTION, CHINESE),
        bot.set_chat_menu_button(menu_button=MenuButtonCommands()),
    ]
    for call in calls:
        try:
            await call
        except TelegramError as error:
            count(kind_of(error))
            log.warning("telegram_profile_not_set", kind=kind_of(error))
