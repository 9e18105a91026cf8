"""One turn: safety, pending question, command, match, reply. Knows no channel."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import structlog

from bot.messages import ChatIdentity, Incoming, Reply
from bot.operators.handoff import Handoffs
from bot.store.store import Store, StoreError, TurnContext
from bot.talk import wording
from bot.talk.answers import group, menu
from bot.talk.rate_limit import RateDecision, RateLimiter
from bot.talk.respond import Responder, TurnResult
from bot.talk.state import ConversationState
from bot.talk.text_commands import Command
from intents.danger.detector import CRISIS, DangerAssessment, DangerDetector, DangerLevel, shipped_detector
from intents.knowledge import Knowledge

__all__ = ["Conversation", "group", "menu"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Conversation:
    """Answers one message at a time, from what the FAQ says and what the talk was about."""

    knowledge: Callable[[], Knowledge]
    """The FAQ now in force; asked once a turn, so that a turn never sees two."""
    store: Store
    handoffs: Handoffs | None = None
    """Where operators take talks over; None where there are none."""
    rate_limiter: RateLimiter | None = None
    """The limit on one person's messages; None where a person can't be a crowd."""
    retention_days: int = 30
    """What people are told about how long something is kept."""
    danger: DangerDetector = field(default_factory=shipped_detector, repr=False)
    _turns: WeakValueDictionary[ChatIdentity, asyncio.Lock] = field(default_factory=WeakValueDictionary, repr=False)

    async def turn(self, incoming: Incoming) -> Reply | None:
        """The reply to one message or tap; None where the bot is silent. One turn of a person at a time."""
        lock = self._turns.setdefault(incoming.person, asyncio.Lock())
        async with lock:
            return await self._turn(incoming)

    async def forget(self, person: ChatIdentity) -> Reply:
        """Delete all that is kept of a person, in private and in groups."""
        if self.rate_limiter is not None:
            for each in person.everywhere:
                await self.rate_limiter.forget(each)
        try:
            await self.store.forget(person)
        except StoreError as error:
            log.error("forget_failed", reason=str(error))
            return wording.FORGET_FAILED
        return wording.FORGOTTEN

    async def _turn(self, incoming: Incoming) -> Reply | None:
        knowledge = self.knowledge()
        danger = self.danger.assess(incoming.text)
        plain = danger.level is DangerLevel.PLAIN
        if not plain and self.rate_limiter is not None:
            verdict = await self.rate_limiter.check(incoming.person)
            if verdict is not RateDecision.PASS:
                return wording.TOO_FAST if verdict is RateDecision.TELL else None
        recalled, read = await self._recall(incoming.person)
        if self.handoffs is not None:
            passed, told = await self.handoffs.relay(incoming, recalled)
            if passed:
                return await self._in_danger(knowledge, recalled.talk, incoming, danger, read=read) if plain else told
        return await self._answer(knowledge, recalled.talk, incoming, danger, read=read)

    async def _in_danger(
        self, knowledge: Knowledge, talk: ConversationState, incoming: Incoming, danger: DangerAssessment, *, read: bool
    ) -> Reply | None:
        """The bot's word in an operator's talk: only about danger to life."""
        reply = await self._answer(knowledge, talk, incoming, danger, read=read)
        return reply if reply is not None and reply.intent == CRISIS else None

    async def _answer(
        self, knowledge: Knowledge, talk: ConversationState, incoming: Incoming, danger: DangerAssessment, *, read: bool
    ) -> Reply | None:
        person = incoming.person
        staffed = self.handoffs is not None and self.handoffs.has_staff(person)
        responder = Responder(knowledge, self.retention_days, has_staff=staffed)
        step = responder.respond(talk, incoming, danger, datetime.fromtimestamp(self.store.clock(), UTC))
        if step.effect is Command.FORGET:
            return await self.forget(person)
        # Over a talk that couldn't be read no empty one is saved: there may be a life in danger in it.
        if read or step.talk.crisis is not None:
            await self._keep(person, step)
        if step.call and not (self.handoffs is not None and await self.handoffs.call(person)):
            if step.talk.crisis is not None:
                return wording.text_reply(wording.CALL_FAILED_IN_DANGER)
            return wording.text_reply(wording.with_hotlines(knowledge.faq, wording.CALL_FAILED))
        return step.reply

    async def _recall(self, person: ChatIdentity) -> tuple[TurnContext, bool]:
        """Where the talk stands, and whether that could be read."""
        try:
            operated = self.handoffs is not None and bool(self.handoffs.admins)
            return await self.store.load_turn(person, handovers_too=operated), True
        except StoreError as error:
            log.error("talk_not_read", reason=str(error))
            return TurnContext(), False

    async def _keep(self, person: ChatIdentity, step: TurnResult) -> None:
        try:
            await self.store.save_turn(person, step.talk, step.event)
        except StoreError as error:
            log.error("talk_not_kept", reason=str(error))
