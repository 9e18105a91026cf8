"""One turn: safety, pending question, command, match, reply. Knows no channel."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import structlog

from bot.choices import Forget, decode
from bot.messages import ChatIdentity, Edit, Incoming, Reply, Section
from bot.observe import request_id, request_scope
from bot.store.analytics import Doubt, DoubtKind, TurnEvent
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.turns import TurnContext
from bot.talk import text_commands, wording
from bot.talk.handoff import HandoffDesk
from bot.talk.message import Message, shortened
from bot.talk.questions import masked_question
from bot.talk.rate_limit import RateDecision, RateLimiter
from bot.talk.recent_questions import RecentQuestion, RecentQuestions
from bot.talk.respond import respond
from bot.talk.second_opinion import SecondOpinions, is_wanted
from bot.talk.state import ConversationState
from bot.talk.text_commands import Command
from bot.talk.turn import Turn, TurnResult
from intents.danger.detector import CRISIS, DangerDetector, shipped_detector
from intents.knowledge import Knowledge

log = structlog.get_logger(__name__)


SWAP_TRIES = 5
"""So often a turn is taken again that another process has overtaken."""


@dataclass(frozen=True)
class Conversation:
    """Answers one message at a time, from what the FAQ says and what the talk was about."""

    knowledge: Callable[[], Knowledge]
    """The FAQ now in force; asked once a turn, so that a turn never sees two."""
    store: Store
    handoffs: HandoffDesk | None = None
    """Where operators take talks over; None where there are none."""
    rate_limiter: RateLimiter | None = None
    """The limit on one person's messages; None where a person can't be a crowd."""
    retention_days: int = 30
    """What people are told about how long something is kept."""
    several: bool = False
    """Whether other processes answer the same people: a reply then waits until its turn is kept, and a turn that another process
    has overtaken is taken again from where the talk stands now."""
    opinions: SecondOpinions | None = None
    """What is asked where the matcher is in doubt; None where nothing is."""
    recent: RecentQuestions = field(default_factory=RecentQuestions, repr=False)
    danger: DangerDetector = field(default_factory=shipped_detector, repr=False)
    _turns: WeakValueDictionary[ChatIdentity, asyncio.Lock] = field(default_factory=WeakValueDictionary, repr=False)

    async def turn(self, incoming: Incoming) -> Reply | None:
        """The reply to one message or tap; None where the bot is silent. One turn of a person at a time."""
        lock = self._turns.setdefault(incoming.person, asyncio.Lock())
        with request_scope(request_id()):
            async with lock:
                reply = await self._turn(incoming)
        return wording.worded(reply, incoming.choice_style) if reply is not None else None

    async def forget(self, person: ChatIdentity) -> Reply:
        """Delete all that is kept of a person, in private and in groups."""
        self.recent.forget(person)
        if self.rate_limiter is not None:
            for each in person.everywhere:
                await self.rate_limiter.forget(each)
        try:
            if self.handoffs is not None:
                await self.handoffs.end(person)
            await self.store.forget(person)
        except StoreError as error:
            log.error("forget_failed", reason=str(error))
            return wording.FORGET_FAILED
        return wording.FORGOTTEN

    async def _turn(self, whole: Incoming) -> Reply | None:
        knowledge = self.knowledge()
        incoming = replace(whole, text=shortened(whole.text))
        message = Message(incoming.text, knowledge.matcher, self.danger.assess(incoming.text))
        refusal = None if message.in_danger else await self._too_fast(incoming.person)
        context = await self._load(incoming.person)
        state = _state_of(context)
        # Somebody whose life is in danger is never told to slow down.
        if refusal is not None and not (state is not None and state.in_crisis):
            return wording.TOO_FAST if refusal is RateDecision.WARN else None
        if self.handoffs is not None and context is not None and not _asks_to_forget(incoming, message):
            relay = await self.handoffs.relay(whole, context)
            if relay.relayed:
                beside = message.in_danger
                return await self._beside_operator(knowledge, context, incoming, message) if beside else relay.notice
        if incoming.edit is Edit.EARLIER and not message.in_danger:
            return wording.text_reply(wording.EDITED)
        if incoming.choice is None and incoming.topic is None:
            message = await self._with_second_opinion(knowledge, state or ConversationState(), message)
        return await self._answer(knowledge, context, incoming, message)

    async def _with_second_opinion(self, knowledge: Knowledge, state: ConversationState, message: Message) -> Message:
        """The message, understood with a second opinion where one is wanted and comes in time."""
        if self.opinions is None or not is_wanted(knowledge.faq, state, message):
            return message
        scores = await self.opinions.scores(knowledge, message.text)
        return message if scores is None else message.with_second_opinion(scores)

    async def _too_fast(self, person: ChatIdentity) -> RateDecision | None:
        """What becomes of a message beyond the limit; None within it."""
        decision = await self.rate_limiter.check(person) if self.rate_limiter is not None else RateDecision.ALLOW
        return None if decision is RateDecision.ALLOW else decision

    async def _beside_operator(
        self, knowledge: Knowledge, context: TurnContext, incoming: Incoming, message: Message
    ) -> Reply | None:
        """The bot's word in an operator's talk: only about danger to life."""
        reply = await self._answer(knowledge, context, replace(incoming, topic=None), message)
        return reply if reply is not None and reply.intent == CRISIS else None

    async def _answer(
        self, knowledge: Knowledge, context: TurnContext | None, incoming: Incoming, message: Message
    ) -> Reply | None:
        """The bot's own reply; the context is None where it could not be read."""
        person = incoming.person
        result = self._respond(knowledge, context, incoming, message)
        tries = SWAP_TRIES if self.several and context is not None else 0
        while tries and context is not None and result.effect is not Command.FORGET:
            tries -= 1
            if await self._swap(person, context, result, last=not tries):
                break
            context = await self._load(person)
            result = self._respond(knowledge, context, incoming, message)
        if result.effect is Command.FORGET:
            return await self.forget(person)
        # A talk that could not be read stays as it was saved; only danger to life weighs more than what it may hold.
        if (context is not None and not self.several) or (context is None and result.talk.crisis is not None):
            self._save(person, result)
        if not result.call:
            return result.reply
        reached = self.handoffs is not None and await self.handoffs.call(person)
        if result.reply.intent == CRISIS:
            line = wording.CALLED_IN_DANGER if reached else wording.CALL_FAILED_IN_DANGER
            return replace(result.reply, sections=(*result.reply.sections, Section((line,))))
        if not reached:
            if result.talk.crisis is not None:
                return wording.text_reply(wording.CALL_FAILED_IN_DANGER)
            return wording.text_reply(wording.with_hotlines(knowledge.faq, wording.CALL_FAILED))
        return result.reply

    def _respond(
        self, knowledge: Knowledge, context: TurnContext | None, incoming: Incoming, message: Message
    ) -> TurnResult:
        """What one message leads to from where the talk stands; one that comes again, from where it stood the first time."""
        known = _state_of(context) or ConversationState()
        again = bool(incoming.message_id) and known.message_id == incoming.message_id
        before = (known.before or ConversationState()) if again else known.bare
        turn = Turn(
            knowledge=knowledge,
            state=_about_quoted(before, incoming.topic if context is not None else None, knowledge),
            message=message,
            now=datetime.fromtimestamp(self.store.clock(), UTC),
            tap=decode(incoming.choice) if incoming.choice is not None else None,
            tapped=incoming.choice is not None,
            retention_days=self.retention_days,
            has_staff=self.handoffs is not None and self.handoffs.has_staff(incoming.person),
        )
        result = self._with_question_voted_useless(incoming, respond(turn))
        if not incoming.message_id:
            return result
        talk = replace(result.talk, message_id=incoming.message_id, before=before)
        return replace(result, talk=talk, event=TurnEvent() if again else result.event)

    async def _swap(self, person: ChatIdentity, context: TurnContext, result: TurnResult, *, last: bool) -> bool:
        """Keep a turn before its reply goes out; false where another process has kept one of this person since."""
        state = result.talk.to_json()
        try:
            if await self.store.turns.swap(person, context.state, state, result.event):
                return True
            if last:
                # Somebody who writes without end at several places: what they said last counts.
                await self.store.turns.save(person, state, result.event)
        except StoreError as error:
            _not_kept(error)
            return True
        return last

    def _with_question_voted_useless(self, incoming: Incoming, result: TurnResult) -> TurnResult:
        """The same with the sentence that an answer was voted useless for; hold the sentence of a new answer for its vote."""
        vote, reply, now = result.event.vote, result.reply, self.store.now()
        if vote is not None and not vote.useful:
            asked = self.recent.take(incoming.person, vote.intent, now)
            doubt = Doubt(DoubtKind.USELESS, vote.intent, asked.text, asked.likeness) if asked is not None else None
            return replace(result, event=replace(result.event, doubt=doubt))
        if incoming.choice is None and result.talk.crisis is None and reply.intent is not None:
            text, likeness = masked_question(Message(incoming.text, self.knowledge().matcher))
            # Of several that are offered each may become the answer.
            topics = result.talk.asked if reply.intent in result.talk.asked else (reply.intent,)
            self.recent.put(incoming.person, topics, RecentQuestion(text, likeness, now))
        return result

    async def _load(self, person: ChatIdentity) -> TurnContext | None:
        try:
            return await self.store.turns.load(person, with_handoffs=self.handoffs is not None)
        except StoreError as error:
            log.error("talk_not_read", reason=str(error))
            return None

    def _save(self, person: ChatIdentity, result: TurnResult) -> None:
        """Have the talk kept; whoever waits for the reply doesn't wait for that."""
        self.store.turns.save_later(person, result.talk.to_json(), result.event, _not_kept)


def _state_of(context: TurnContext | None) -> ConversationState | None:
    return ConversationState.from_json(context.state) if context is not None else None


def _not_kept(error: StoreError) -> None:
    log.error("talk_not_kept", reason=str(error))


def _asks_to_forget(incoming: Incoming, message: Message) -> bool:
    """Whether somebody wants their records deleted, which is the bot's to do whoever has the talk."""
    tap = decode(incoming.choice) if incoming.choice is not None else None
    return isinstance(tap, Forget) or text_commands.command(message.folded) is Command.FORGET


def _about_quoted(state: ConversationState, topic: str | None, knowledge: Knowledge) -> ConversationState:
    """The talk, about the answer that the message replies to; somebody else's answer in a group is known by it alone."""
    if topic is None or state.crisis is not None or topic not in knowledge.faq.by_id:
        return state
    return state if state.intent == topic else state.about(topic, None)
