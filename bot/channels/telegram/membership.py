"""Handler for what becomes of the bot's own place in chats: added to a group, blocked by a person."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from telegram import ChatMember, ChatMemberUpdated, Update
from telegram.ext import ChatMemberHandler

from bot.channels.telegram import wording
from bot.channels.telegram.addressing import CHANNEL, is_private
from bot.channels.telegram.handlers import App, Context, private_button
from bot.channels.telegram.queued_update import Count
from bot.messages import ChatIdentity

PRESENT: Final = frozenset({ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED})
BLOCKED: Final = "blocked_us"

Reachable = Callable[[ChatIdentity, bool], Awaitable[None]]
"""Remembers whether somebody can be written to."""


@dataclass(frozen=True)
class MembershipHandler:
    """Introduces the bot in a group that it was added to, and learns who doesn't want to hear from it."""

    reachable: Reachable
    count: Count
    own_groups: frozenset[int] = frozenset()
    """Groups of the operators', where it doesn't introduce itself."""

    def register(self, application: App) -> None:
        """Add the handler (https://core.telegram.org/bots/api#chatmemberupdated)."""
        application.add_handler(ChatMemberHandler(self.handle, ChatMemberHandler.MY_CHAT_MEMBER))

    async def handle(self, update: Update, context: Context) -> None:
        """In private somebody blocked or unblocked the bot; in a group it was added or removed."""
        change = update.my_chat_member
        if change is None:
            return
        if is_private(change.chat):
            present = change.new_chat_member.status in PRESENT
            await self.reachable(ChatIdentity(CHANNEL, str(change.chat.id)), present)
            if not present:
                self.count(BLOCKED)
        elif _was_added(change) and change.chat.type != "channel" and change.chat.id not in self.own_groups:
            markup = private_button(context.bot.bot)
            await context.bot.send_message(change.chat.id, wording.INTRODUCTION, reply_markup=markup)


def _was_added(change: ChatMemberUpdated) -> bool:
    return change.old_chat_member.status not in PRESENT and change.new_chat_member.status in PRESENT
