"""Operators' commands and choices, for those named in YOUSHU_ADMINS as wechat:OPENID; whoever asks learns their own."""

from dataclasses import dataclass
from typing import Final

from bot.channels.wechat import wording
from bot.choices import AdminButton, decode
from bot.messages import ChatIdentity, ChoiceStyle, Reply
from bot.operators.admin_commands import COMMANDS, AdminCommands
from bot.talk import text_commands
from bot.talk.wording import text_reply

OWN_ID: Final = "/id"
"""WeChat shows nobody their OpenID, which an operator needs for YOUSHU_ADMINS."""


@dataclass(frozen=True)
class AdminHandlers:
    """Hands operators' commands to AdminCommands. To anybody else only OWN_ID exists."""

    admin_commands: AdminCommands
    choice_style: ChoiceStyle

    async def command(self, person: ChatIdentity, text: str) -> Reply | None:
        """What an operator's command leads to; None for a message that is none."""
        name, _, words = text.partition(" ")
        if name.lower() == OWN_ID:
            return text_reply(wording.OWN_ID.format(channel=person.channel, user=person.user))
        if not text.startswith("/") or not self.admin_commands.is_admin(person):
            return None
        name = name.removeprefix("/").lower()
        if name in COMMANDS:
            style = self.choice_style
            return await self.admin_commands.command(person, name, words.strip(), choice_style=style) or _done()
        if text_commands.command(text_commands.fold(text)) is not None:
            return None  # one that everybody has
        return text_reply(wording.ADMIN_COMMANDS, "\n".join(f"/{each} {does}" for each, does in COMMANDS.items()))

    async def tap(self, person: ChatIdentity, value: str) -> Reply | None:
        """What an operator's choice leads to; None for anybody else's."""
        if not isinstance(decode(value), AdminButton) or not self.admin_commands.is_admin(person):
            return None
        return await self.admin_commands.tap(person, value, choice_style=self.choice_style) or _done()


def _done() -> Reply:
    """Where the answer reaches every operator anyway: not all channels can write to them."""
    return text_reply(wording.ADMIN_DONE)
