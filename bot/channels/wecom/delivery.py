"""Messages to people: tried again where that can't deliver them twice, counted against the quota, never into a held session."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import structlog

from bot.channels.wecom.api import WeComAPI
from bot.channels.wecom.errors import MENU_CODES, NO_MORE_MESSAGES, SESSION_HELD, APIError
from bot.channels.wecom.limits import MESSAGE_ID_CHARACTERS
from bot.channels.wecom.quota import Quotas
from bot.channels.wecom.sending import Content, Outgoing
from bot.channels.wecom.sessions import Sessions
from bot.channels.wx.api import BUSY, NETWORK, Count

log = structlog.get_logger(__name__)

TRIES: Final = 3
FIRST_PAUSE: Final = 0.5
"""Seconds before a message is tried again; doubles."""

Send = Callable[[str, Content], Awaitable[None]]
"""Posts a message under an id of ours; raises APIError."""


@dataclass(frozen=True)
class Delivery:
    """Delivers messages in order; raises APIError at the first that WeCom doesn't take."""

    api: WeComAPI
    quotas: Quotas
    sessions: Sessions
    count: Count
    first_pause: float = FIRST_PAUSE

    async def deliver(self, account: str, person: str, messages: deque[Outgoing], cause: str) -> None:
        """Send these to somebody.

        Args:
            account: open_kfid that they write to.
            person: external_userid.
            messages: in order; each is taken off when it is delivered.
            cause: an id of what they answer: the same messages for the same cause are delivered once.
        """

        async def send(message_id: str, content: Content) -> None:
            await self.api.send(account, person, message_id, content)

        number = 0
        while messages:
            try:
                await self._in_either_form(send, messages[0], f"{cause}:{number}")
            except APIError as error:
                await self._refused(error, account, person, left=len(messages))
                raise
            messages.popleft()
            number += 1
            self.quotas.spend(person)
            self.sessions.reached()

    async def welcome(self, code: str, message: Outgoing, cause: str) -> None:
        """Send the one message that somebody gets for coming in."""

        async def send(message_id: str, content: Content) -> None:
            await self.api.send_on_event(code, message_id, content)

        try:
            await self._in_either_form(send, message, cause)
        except APIError as error:
            self.count(str(error))
            log.warning("wecom_welcome_not_sent", kind=str(error), remedy=error.remedy)
            raise

    async def _in_either_form(self, send: Send, message: Outgoing, cause: str) -> None:
        """Send a message; a menu that isn't taken as a text with numbers."""
        try:
            await self._try(send, _message_id(cause), message.content)
        except APIError as error:
            as_text = message.as_text
            if not message.choices or error.code not in MENU_CODES or len(as_text) > 1:
                raise
            self.count(str(error))
            log.warning("wecom_menu_refused", kind=str(error))
            await self._try(send, _message_id(f"{cause}:text"), as_text[0].content)

    async def _try(self, send: Send, message_id: str, content: Content) -> None:
        pause = self.first_pause
        for number in range(1, TRIES + 1):
            try:
                await send(message_id, content)
            except APIError as error:
                if number > 1 and not error.explained:
                    # The one before arrived although its answer didn't: WeCom refuses an id that was used, with a code of its own.
                    log.info("wecom_sent_before", kind=str(error))
                    return
                if error.code not in {NETWORK, BUSY} or number == TRIES:
                    raise
            else:
                return
            await asyncio.sleep(pause)
            pause *= 2

    async def _refused(self, error: APIError, account: str, person: str, *, left: int) -> None:
        self.count(str(error))
        log.warning("wecom_not_sent", kind=str(error), messages=left, remedy=error.remedy)
        if error.code == NO_MORE_MESSAGES:
            self.quotas.exhaust(person)
        if error.code == SESSION_HELD:
            await self.sessions.refused(account, person)


def _message_id(cause: str) -> str:
    return sha256(cause.encode("utf-8", "surrogatepass")).hexdigest()[:MESSAGE_ID_CHARACTERS]
