"""From a message or an event to the conversation, and from its reply to messages."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from bot import choices
from bot.channels.wecom import limits, wording
from bot.channels.wecom.delivery import Delivery
from bot.channels.wecom.errors import FAIL_TYPES, LATER_CODES, NO_MORE_FAIL, APIError
from bot.channels.wecom.keeping import CHANNEL
from bot.channels.wecom.messages import TEXT, KFMessage, Origin, SessionChange
from bot.channels.wecom.quota import Quotas
from bot.channels.wecom.sending import CRISIS, Outgoing, outgoing, within
from bot.channels.wecom.sessions import Sessions
from bot.channels.wecom.waiting import WaitingRoom
from bot.channels.wx.api import Count
from bot.messages import ChatIdentity, Incoming, Original, Reply, Section, Turn
from bot.observe import request_scope, traceback_locations
from bot.talk.text_commands import fold, number

log = structlog.get_logger(__name__)

TURNS_AT_ONCE: Final = 16
"""How many turns run at the same time; further ones wait here rather than for the database, whose calls time out."""
CLOCK_SECONDS: Final = 60.0
"""How far our clock and WeCom's may be apart."""

NEXT: Final = 0
"""The number that asks for the rest."""
NEXT_WORDS: Final = frozenset({"继续", "下一页", "接着", "还有呢"})

_EMOJI_CODE: Final = re.compile(r"\[[\w一-鿿]{1,12}\]|/:[:\w\-|~()<>@&*$!,.;?]{1,6}")
"""WeChat's own emoji, as a message spells them: [微笑], [Smile], /::)"""


@dataclass(frozen=True)
class MessageHandlers:
    """Hands what people write, tap and do to the conversation, and sends its replies."""

    turn: Turn
    has_topic: Callable[[str], bool]
    """Whether the FAQ has an intent with this id."""
    count: Count
    delivery: Delivery
    quotas: Quotas
    sessions: Sessions
    waiting: WaitingRoom
    clock: Callable[[], float] = time.time
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TURNS_AT_ONCE), repr=False)

    def arrived(self, message: KFMessage) -> None:
        """Count what may be sent to somebody from their latest message on, however many are still to be answered."""
        if message.is_written:
            self.quotas.after_message(message.person, message.account, message.sent_at)

    async def handle(self, message: KFMessage, behind: int) -> None:
        """Answer a message or an event; a message for each of those that wait behind it is left of the quota. Raises nothing."""
        with request_scope():
            await self._handle(message, behind)

    async def _handle(self, message: KFMessage, behind: int) -> None:
        try:
            if message.is_event:
                await self._event(message)
            elif message.origin == Origin.ATTENDANT:
                self.sessions.hold(message.account, message.person)
            elif message.is_written:
                await self._message(message, behind)
        except APIError:
            return  # counted and logged where it was raised
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next message must be answered
            self.count(type(error).__name__)
            log.error("handling_failed", error=type(error).__name__, at=traceback_locations(error))

    # --- messages -----------------------------------------------------------------------------------------------

    async def _message(self, message: KFMessage, behind: int) -> None:
        if message.sent_at < self.clock() - limits.ANSWER_SECONDS:
            self.count("too_late")
            log.warning("wecom_too_late", kind=message.kind)
            return
        await asyncio.gather(self.waiting.refresh(message.person), self.quotas.refresh(message.person))
        if await self.sessions.is_held(message.account, message.person):
            return
        if rest := self._rest(message):
            await self._deliver(message, rest, behind)
            return
        try:
            messages = _outgoing(await self._reply(message))
        except Exception as error:  # noqa: BLE001 -- whatever it is, somebody waits for a word
            self.count(type(error).__name__)
            log.error("turn_failed", error=type(error).__name__, at=traceback_locations(error))
            messages = (Outgoing(wording.FAILED),)
        await self._deliver(message, messages, behind, self.waiting.withheld(message.person))

    def _rest(self, message: KFMessage) -> tuple[Outgoing, ...]:
        """What waits and is asked for; nothing where something else is meant."""
        folded = fold(message.text.strip())
        asks = message.kind == TEXT and not message.menu_id and (number(folded) == NEXT or folded in NEXT_WORDS)
        return self.waiting.take(message.person) if asks else ()

    async def _reply(self, message: KFMessage) -> Reply | None:
        """What the conversation says."""
        text = message.text.strip()
        if message.menu_id and choices.decode(message.menu_id) is not None:
            reply = await self._turn(message, choice=message.menu_id)
        else:
            reply = await self._turn(message, "" if _is_emoji(text) else text)
        if message.kind == TEXT or reply is None or reply.intent is not None:
            return reply
        # The conversation has heard of it, because an operator may be in the talk.
        return replace(reply, sections=(Section((_UNREADABLE.get(message.kind, wording.TEXT_ONLY),)),))

    async def _turn(self, message: KFMessage, text: str = "", choice: str | None = None) -> Reply | None:
        async with self._turns:
            return await self.turn(
                Incoming(_person(message), text, choice, limits.LIMITS.choice_style, _originals(message))
            )

    async def _deliver(
        self, message: KFMessage, messages: tuple[Outgoing, ...], behind: int, earlier: tuple[Outgoing, ...] = ()
    ) -> None:
        """Send what may be sent; the rest waits, and above all what a later message may need isn't used up."""
        left = self.quotas.left(message.person)
        most = max(0, (left if left is not None else limits.MESSAGES_AFTER_A_MESSAGE) - behind)
        now, rest = within(messages, most, earlier)
        untold = behind > 0 or not now or now[-1].alone
        if untold:
            now = tuple(each.with_footer("") for each in now)
        self.waiting.keep(message.person, rest, withheld=untold)
        if messages and not now:
            self.count("withheld")
        await self.waiting.settle()
        sending = deque(now)
        try:
            await self.delivery.deliver(message.account, message.person, sending, message.key)
        except APIError as error:
            if error.code in LATER_CODES:
                undelivered = (each.with_footer("") for each in sending)
                self.waiting.keep(message.person, (*undelivered, *rest), withheld=True)
            raise

    # --- events -------------------------------------------------------------------------------------------------

    async def _event(self, message: KFMessage) -> None:
        if message.kind == "enter_session":
            await self._entered(message)
        elif message.kind == "msg_send_fail":
            self._not_delivered(message)
        elif message.kind == "session_status_change":
            if message.change == SessionChange.ENDED:
                self.sessions.release(message.account, message.person)
            else:
                self.sessions.hold(message.account, message.person)

    async def _entered(self, message: KFMessage) -> None:
        """A welcome in the one message that is allowed, with the topic of the link or else the groups of topics below it."""
        if not message.welcome_code:
            return  # they were welcomed or have written within 48 hours, or the console has a welcome of its own
        if message.sent_at < self.clock() - limits.WELCOME_SECONDS - CLOCK_SECONDS:
            self.count("welcome_late")
            return
        topic = message.scene if message.scene and self.has_topic(message.scene) else None
        choice = choices.OpenTopic(topic) if topic is not None else choices.OpenMenu()
        reply = await self._turn(message, choice=choice.encode())
        if reply is None:
            return
        if topic is None and reply.intent != CRISIS:
            reply = replace(reply, sections=(Section((wording.WELCOME,)),))
        now, rest = within(outgoing(reply), limits.WELCOME_MESSAGES)
        self.waiting.keep(message.person, rest, withheld=False)
        for welcome in now:
            await self.delivery.welcome(message.welcome_code, welcome, message.key)

    def _not_delivered(self, message: KFMessage) -> None:
        """WeCom took a message and then couldn't deliver it."""
        self.count(f"fail_{message.fail_type}")
        reason = FAIL_TYPES.get(message.fail_type, FAIL_TYPES[0])
        log.warning("wecom_not_delivered", fail_type=message.fail_type, remedy=reason)
        if message.fail_type == NO_MORE_FAIL:
            self.quotas.exhaust(message.person)


def _outgoing(reply: Reply | None) -> tuple[Outgoing, ...]:
    return outgoing(reply) if reply is not None else ()


def _person(message: KFMessage) -> ChatIdentity:
    return ChatIdentity(CHANNEL, message.person)


def _originals(message: KFMessage) -> tuple[Original, ...]:
    """What somebody sent that isn't text, for an operator in the talk to know of."""
    if message.is_event or message.kind == TEXT:
        return ()
    kind = _KINDS.get(message.kind, wording.OTHER_KIND)
    return (Original(CHANNEL, message.account, message.key, kind),)


def _is_emoji(text: str) -> bool:
    """Whether a text is nothing but WeChat's own emoji, whose names are words."""
    return bool(text) and not _EMOJI_CODE.sub("", text).strip()


_KINDS: Final = {
    "voice": "语音",
    "image": "图片",
    "video": "视频",
    "file": "文件",
    "location": "位置",
    "link": "链接",
    "business_card": "名片",
    "miniprogram": "小程序",
}
_UNREADABLE: Final = {
    "voice": wording.VOICE,
    "image": wording.IMAGE,
    "video": wording.VIDEO,
    "file": wording.FILE,
    "location": wording.LOCATION,
    "link": wording.LINK,
    "business_card": wording.CARD,
    "miniprogram": wording.CARD,
}
