"""From a message or an event to the conversation, and from its reply to texts."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot import choices
from bot.channels.wechat import sending, wording
from bot.channels.wechat.admin import AdminHandlers
from bot.channels.wechat.intake import Count
from bot.channels.wechat.keeping import CHANNEL
from bot.channels.wechat.messages import EVENT, WeChatMessage
from bot.channels.wechat.quota import Quotas
from bot.channels.wechat.waiting import Answer, Waiting, WaitingRoom
from bot.messages import ChatIdentity, ChoiceStyle, Incoming, Reply, Section, Turn
from bot.observe import traceback_locations
from bot.talk.text_commands import Command, command, fold, number

log = structlog.get_logger(__name__)

Forget = Callable[[ChatIdentity], Awaitable[Reply]]

NEXT: Final = 0
LATE: Final = 1
"""The numbers that ask for what waits."""
NEXT_WORDS: Final = frozenset({"继续", "下一页", "接着", "还有呢"})

SCENE_PREFIX: Final = "qrscene_"
"""Before the scene of a QR code by which somebody has subscribed."""

_EMOJI_CODE: Final = re.compile(r"\[[\w一-鿿]{1,12}\]|/:[:\w\-|~()<>@&*$!,.;?]{1,6}")
"""WeChat's own emoji, as a push spells them: [微笑], [Smile], /::)"""


@dataclass(frozen=True)
class MessageHandlers:
    """Hands what people write, tap and do to the conversation."""

    turn: Turn
    forget: Forget
    count: Count
    waiting: WaitingRoom
    quotas: Quotas
    choice_style: ChoiceStyle
    """As the channel's limits have it."""
    admin: AdminHandlers | None = None
    """What operators can do; None where there are none."""
    several: bool = False
    """Whether other processes talk with the same people, so that what is known of them is read anew each time."""

    async def handle(self, message: WeChatMessage) -> Answer | None:
        """The answer to a message or an event; None where the bot is silent. Raises nothing."""
        try:
            if self.several:
                await asyncio.gather(self.waiting.refresh(message.person), self.quotas.refresh(message.person))
            if message.kind == EVENT:
                return await self._event(message)
            self.quotas.after_message(message.person)
            return await self._message(message)
        except Exception as error:  # noqa: BLE001 -- whatever it is, WeChat must get a valid answer
            self.count(type(error).__name__)
            log.error("turn_failed", error=type(error).__name__, at=traceback_locations(error))
            return Answer((wording.FAILED,))

    # --- messages -----------------------------------------------------------------------------------------------

    async def _message(self, message: WeChatMessage) -> Answer | None:
        if message.kind == "text":
            return await self._text(message)
        if message.kind == "voice" and message.recognition.strip():
            return await self._voice(message)
        return await self._unreadable(message, _UNREADABLE.get(message.kind, wording.TEXT_ONLY))

    async def _text(self, message: WeChatMessage) -> Answer | None:
        text = message.content.strip()
        if text == wording.UNSUPPORTED:
            return await self._unreadable(message, wording.TEXT_ONLY)
        tapped = choices.decode(message.menu_id) if message.menu_id else None
        if tapped is not None:
            return await self._tap(message, message.menu_id)
        await self.waiting.restored.wait()
        waiting = self.waiting.of(message.person)
        folded = fold(text)
        asked = number(folded)
        from_waiting = await self._from_waiting(waiting, asked, folded)
        if from_waiting is not None:
            return from_waiting
        if asked is not None and 1 <= asked <= len(waiting.values):
            return await self._tap(message, waiting.values[asked - 1])
        if command(folded) is Command.FORGET:
            self._forget(message.person)
        if self.admin is not None and (reply := await self.admin.command(_person(message), text)) is not None:
            return replace(_answer(reply), own_choices=True)
        return await self._ask(message, text="" if _is_emoji(text) else text)

    async def _from_waiting(self, waiting: Waiting, asked: int | None, folded: str) -> Answer | None:
        """What waits and is asked for; None where something else is meant."""
        if asked == LATE and waiting.told_to_wait and waiting.late:
            return await waiting.next_late()
        if asked != NEXT and folded not in NEXT_WORDS:
            return None
        if waiting.pages:
            return waiting.next_page()
        return await waiting.next_late() if waiting.late else None

    async def _voice(self, message: WeChatMessage) -> Answer | None:
        """An answer to what was heard, which stands above it, because speech is easily misheard."""
        heard = message.recognition.strip()
        reply = await self.turn(self._incoming(message, heard))
        if reply is None or reply.intent == sending.CRISIS:
            return _answered(reply)
        line = wording.HEARD.format(text=heard[: wording.HEARD_CHARACTERS])
        return replace(_answer(reply, above=line), kept_pages=_answer(reply).pages)

    async def _unreadable(self, message: WeChatMessage, line: str) -> Answer | None:
        """An answer to what isn't text; the conversation hears of it, because an operator may be in the talk."""
        reply = await self.turn(self._incoming(message))
        if reply is not None and reply.intent is None:
            reply = replace(reply, sections=(Section((line,)),))
        return _answered(reply)

    async def _tap(self, message: WeChatMessage, value: str) -> Answer | None:
        """What a choice leads to, one of an operator's among them."""
        if self.admin is not None and (reply := await self.admin.tap(_person(message), value)) is not None:
            return replace(_answer(reply), own_choices=True)
        return await self._ask(message, choice=value)

    async def _ask(self, message: WeChatMessage, *, text: str = "", choice: str | None = None) -> Answer | None:
        return _answered(await self.turn(self._incoming(message, text, choice)))

    def _incoming(self, message: WeChatMessage, text: str = "", choice: str | None = None) -> Incoming:
        return Incoming(_person(message), text, choice, self.choice_style, message_id=message.key)

    def _forget(self, person: str) -> None:
        """What this channel itself has of a person."""
        self.waiting.forget(person)
        self.quotas.forget(person)

    # --- events -------------------------------------------------------------------------------------------------

    async def _event(self, message: WeChatMessage) -> Answer | None:
        if message.event == "unsubscribe":
            self._forget(message.person)
            await self.forget(_person(message))
            return None
        if message.event not in {"subscribe", "scan", "click"}:
            return None  # a menu's link was opened, a location, what became of a message: nobody waits for an answer
        self.quotas.after_tap(message.person)
        if message.event == "subscribe":
            return await self._subscribed(message)
        if message.event == "scan":
            return await self._ask(message, choice=_choice_of_scene(message.event_key) or choices.OpenMenu().encode())
        if choices.decode(message.event_key) is not None:
            return await self._ask(message, choice=message.event_key)
        return await self._ask(message, text=message.event_key)

    async def _subscribed(self, message: WeChatMessage) -> Answer | None:
        """A welcome, above what the QR code stands for or else the groups of topics."""
        scene = _choice_of_scene(message.event_key.removeprefix(SCENE_PREFIX))
        reply = await self.turn(self._incoming(message, choice=scene or choices.OpenMenu().encode()))
        if reply is None or scene is not None:
            return _answered(reply)
        return _answer(replace(reply, sections=(Section((wording.WELCOME,)),)))


def _person(message: WeChatMessage) -> ChatIdentity:
    return ChatIdentity(CHANNEL, message.person)


def _answered(reply: Reply | None) -> Answer | None:
    return _answer(reply) if reply is not None else None


def _answer(reply: Reply, above: str = "") -> Answer:
    return Answer(
        tuple(sending.pages(reply, above)),
        values=tuple(choice.value for choice in reply.choices),
        alone=reply.intent == sending.CRISIS,
    )


def _choice_of_scene(scene: str) -> str | None:
    """The choice that a QR code with this scene stands for; None for a code without one, or not of ours."""
    try:
        value = choices.OpenTopic(scene).encode()
    except choices.ChoiceError:
        return None
    return value if scene and choices.decode(value) is not None else None


def _is_emoji(text: str) -> bool:
    """Whether a text is nothing but WeChat's own emoji, whose names are words."""
    return bool(text) and not _EMOJI_CODE.sub("", text).strip()


_UNREADABLE: Final = {
    "voice": wording.VOICE,
    "image": wording.IMAGE,
    "video": wording.VIDEO,
    "shortvideo": wording.VIDEO,
    "file": wording.FILE,
    "location": wording.LOCATION,
    "link": wording.LINK,
}
