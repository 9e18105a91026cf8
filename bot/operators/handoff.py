"""Handoff: an operator takes a talk, messages pass both ways and the bot is silent, until it is released or expires."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.choices import AdminAction, AdminButton, ChoiceError
from bot.messages import ChatIdentity, Choice, Incoming, Reply, Section, Send, SendError, SendFailure
from bot.store.errors import StoreError
from bot.store.handoffs import Handoff
from bot.store.store import Store
from bot.store.turns import TurnContext
from bot.talk import wording
from bot.talk.handoff import Relay
from intents import Decision

log = structlog.get_logger(__name__)

ENDED = "{name} 删除了自己的记录，这段对话已经结束；您接下来写的不会再转给对方。"
HOLD_SECONDS = 2 * 3600
"""How long a talk stays with an operator who doesn't release it."""


class StaffRoom(Protocol):
    """A place that operators share, with a topic for each person; a topic takes a talk as an operator does."""

    @property
    def channel(self) -> str:
        """The channel of the topics' identities."""
        ...

    async def topic_for(self, person: ChatIdentity) -> ChatIdentity:
        """The topic of a person, opened if there is none; raises SendError, StoreError."""
        ...

    async def new_topic_for(self, person: ChatIdentity) -> ChatIdentity:
        """A new topic in place of one that is gone; raises SendError, StoreError."""
        ...

    async def send(self, topic: ChatIdentity, reply: Reply) -> None:
        """Write into a topic; raises SendError."""
        ...


@dataclass(frozen=True)
class Handoffs:
    """Gives people's talks to operators and back to the bot; the conversation's HandoffDesk."""

    store: Store
    admins: frozenset[ChatIdentity] = frozenset()
    senders: Mapping[str, Send] = field(default_factory=dict)
    """How to reach people, by channel; a channel that can only answer isn't in it."""
    clock: Callable[[], float] = time.time
    hold_seconds: int = HOLD_SECONDS
    rooms: list[StaffRoom] = field(default_factory=list)
    """Where operators share the talks, if there is such a place; filled once the channel is there."""

    def has_staff(self, person: ChatIdentity) -> bool:
        """Whether an operator could talk with this person."""
        others = (admin for admin in self.admins if admin != person)
        return person.channel in self.senders and (
            bool(self.rooms) or any(admin.channel in self.senders for admin in others)
        )

    async def call(self, person: ChatIdentity) -> bool:
        """Tell every operator that somebody wants a human; whether at least one was reached."""
        if not self.has_staff(person):
            return False
        name = _name(person)
        lines = (f"有人想和工作人员说话：{name}", f"接手请发 /take {name}")
        reply = wording.text_reply(*lines, choices=_take_button(person))
        if await self._call_in_rooms(person, wording.text_reply(lines[0], choices=_take_button(person))):
            return True
        reached = [await self._send(admin, reply) for admin in sorted(self.admins, key=str) if admin != person]
        return any(reached)

    async def _call_in_rooms(self, person: ChatIdentity, reply: Reply) -> bool:
        """Tell the operators in the person's topic; whether that reached one."""
        for room in self.rooms:
            try:
                topic = await room.topic_for(person)
                failure = await self._failure(topic, reply)
                if failure is not None and failure.failure is SendFailure.CHAT_NOT_FOUND:
                    failure = await self._failure(await room.new_topic_for(person), reply)
            except (SendError, StoreError) as error:
                log.warning("staff_room_not_reached", reason=str(error))
                continue
            if failure is None:
                return True
        return False

    async def say(self, incoming: Incoming) -> Reply | None:
        """What an operator writes in a topic: passed on while the talk is theirs; what they are told, if anything."""
        try:
            context = await self.store.turns.load(incoming.person)
        except StoreError as error:
            log.error("talk_not_read", reason=str(error))
            return wording.text_reply("数据库没有应答，这句没有转给对方，请过一会儿再发。")
        return (await self.relay(incoming, context)).notice

    def is_room(self, admin: ChatIdentity) -> bool:
        """Whether this is a topic of the operators'."""
        return any(room.channel == admin.channel for room in self.rooms)

    async def announce(self, reply: Reply) -> None:
        """Tell every operator who can be reached."""
        for admin in sorted(self.admins, key=str):
            await self._send(admin, reply)

    async def take(self, admin: ChatIdentity, whom: str) -> Reply:
        """Put the talk of CHANNEL:USER into this operator's hands; says what came of it."""
        channel, _, user = whom.strip().partition(":")
        person = ChatIdentity(channel, user)
        if not user or not (admin in self.admins or self.is_room(admin)):
            return wording.text_reply("请写成 /take 渠道:用户编号，例如 /take telegram:123456")
        if person == admin or channel not in self.senders:
            return wording.text_reply("这个对话没法接手：对方所在的渠道只能由机器人回答。")
        until = int(self.clock()) + self.hold_seconds
        try:
            held = (await self.store.turns.load(admin)).held_handoff
            taken = await self.store.handoffs.take(Handoff(person, admin, until))
        except StoreError as error:
            log.error("take_failed", reason=str(error))
            return wording.text_reply("现在接不了手，数据库没有应答，请过一会儿再试。")
        if held is not None and held.person != person:
            await self._send(held.person, wording.text_reply(wording.RELEASED))
        if not taken:
            return wording.text_reply("这个对话已经在别的工作人员手里。")
        if not await self._send(person, wording.text_reply(wording.TAKEN)):
            await self.release(admin)
            return wording.text_reply("消息送不到对方那里，没有接手。")
        return wording.text_reply("已接手。您在这里写的话会转给对方，机器人不再插话；结束请发 /release。")

    async def release(self, admin: ChatIdentity) -> Reply:
        """Give the talk that this operator holds back to the bot."""
        try:
            held = (await self.store.turns.load(admin)).held_handoff
            await self.store.handoffs.release(admin)
        except StoreError as error:
            log.error("release_failed", reason=str(error))
            return wording.text_reply("现在放不了手，数据库没有应答，请过一会儿再试。")
        if held is None:
            return wording.text_reply("您手里没有对话。")
        await self._send(held.person, wording.text_reply(wording.RELEASED))
        return wording.text_reply("已放手，机器人继续回答。")

    async def end(self, person: ChatIdentity) -> None:
        """End the handoffs that this person is in, on either side and also in groups, and tell the other; raises StoreError."""
        for each in person.everywhere:
            context = await self.store.turns.load(each)
            if context.handoff is not None:
                await self._send(context.handoff.admin, wording.text_reply(ENDED.format(name=_name(each))))
            if context.held_handoff is not None:
                await self._send(context.held_handoff.person, wording.text_reply(wording.RELEASED))
            if context.handoff is not None or context.held_handoff is not None:
                await self.store.handoffs.release(each)

    async def relay(self, incoming: Incoming, context: TurnContext) -> Relay:
        """Pass a message on if an operator is in the talk."""
        if context.handoff is not None:
            # Somebody who is kept waiting by a dead line is worse off than with the bot.
            if await self._send(context.handoff.admin, _passed_on(incoming)):
                return Relay(relayed=True)
            await self._give_back(context.handoff)
            return Relay()
        words = incoming.text.strip()
        if context.held_handoff is not None and (words or incoming.originals) and not words.startswith("/"):
            lines = [f"（改成）{words}" if incoming.edit is not None else words] if words else []
            reply = replace(wording.text_reply(*lines), originals=incoming.originals)
            failure = await self._failure(context.held_handoff.person, reply)
            if failure is None:
                return Relay(relayed=True)
            line = f"这句没有送到对方那里。{failure.remedy}要结束请发 /release。"
            return Relay(relayed=True, notice=wording.text_reply(line))
        return Relay()

    async def _give_back(self, handoff: Handoff) -> None:
        try:
            await self.store.handoffs.release(handoff.person)
        except StoreError as error:
            log.error("release_failed", reason=str(error))

    async def _send(self, person: ChatIdentity, reply: Reply) -> bool:
        return await self._failure(person, reply) is None

    async def _failure(self, person: ChatIdentity, reply: Reply) -> SendError | None:
        """Send; why it didn't arrive, None where it did."""
        own = (room.send for room in self.rooms if room.channel == person.channel)
        send = self.senders.get(person.channel) or next(own, None)
        if send is None:
            return SendError(SendFailure.OTHER, "reply_only")
        try:
            await send(person, reply)
        except SendError as error:
            log.warning("handoff_message_lost", channel=person.channel, reason=str(error))
            return error
        return None


def _name(person: ChatIdentity) -> str:
    return f"{person.channel}:{person.user}"


def _passed_on(incoming: Incoming) -> Reply:
    """What an operator reads of a message: who, what it is, and the words; pictures and files go along."""
    words = incoming.text.strip()
    kinds = "、".join(dict.fromkeys(original.kind for original in incoming.originals))
    lines = [*([f"（{kinds}）"] if kinds else []), *([f"（改成）{words}" if incoming.edit else words] if words else [])]
    if not lines:
        lines = ["（选了一项）" if incoming.choice else "（发来的不是文字）"]
    section = Section(tuple(lines), heading=_name(incoming.person))
    return Reply(Decision.ANSWER, (section,), originals=incoming.originals)


def _take_button(person: ChatIdentity) -> tuple[Choice, ...]:
    """The button that takes a person's talk; none where the name is too long for one, so that it is typed."""
    try:
        return (Choice("接手", AdminButton(AdminAction.TAKE, person.channel, person.user).encode()),)
    except ChoiceError:
        return ()
