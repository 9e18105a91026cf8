"""One turn under way, and what it leads to."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.choices import ChoiceValue
from bot.messages import Choice, Part, Reply, Section
from bot.store.analytics import TurnEvent
from bot.talk import answers, wording
from bot.talk.message import Message
from bot.talk.state import ConversationState
from bot.talk.text_commands import Command
from intents import FAQ, Decision, Intent
from intents.knowledge import Knowledge


@dataclass(frozen=True)
class Turn:
    """What a handler sees of one message or tap."""

    knowledge: Knowledge
    state: ConversationState
    message: Message
    now: datetime
    """Aware."""
    tap: ChoiceValue | None = None
    """The button that was tapped, or named in words; None where there is none, or it is none of ours."""
    tapped: bool = False
    """Whether a button was tapped or named at all."""
    retention_days: int = 30
    """What people are told about how long something is kept."""
    has_staff: bool = False
    """An operator could come when called."""
    line_below: str | None = None
    """To stand under whatever is answered."""
    choices_below: tuple[Choice, ...] = ()
    """To stand under whatever is answered, after its own choices."""

    @property
    def faq(self) -> FAQ:
        """The FAQ of this turn."""
        return self.knowledge.faq


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What one message leads to."""

    reply: Reply
    talk: ConversationState
    event: TurnEvent = field(default_factory=TurnEvent)
    effect: Command | None = None
    """FORGET: everything kept of the person is to go, instead of keeping the talk."""
    call: bool = False
    """Operators are to be told that the person wants one of them."""

    def with_line(self, line: str, choices: tuple[Choice, ...]) -> "TurnResult":
        """The same with a line and choices under the reply."""
        reply = self.reply
        new = tuple(choice for choice in choices if choice not in reply.choices)
        reply = replace(reply, sections=(*reply.sections, Section((line,))), choices=(*reply.choices, *new))
        offered = tuple(choice.value for choice in reply.choices)
        return replace(self, reply=reply, talk=replace(self.talk, offered=offered))


def answered(turn: Turn, reply: Reply, event: TurnEvent | None = None) -> TurnResult:
    """After an answer: the talk is about it."""
    intent = reply.intent or ""
    about = turn.state.about(intent, reply.part)
    if intent in answers.COURTESIES:
        about = replace(about, intent=turn.state.intent, part=turn.state.part, trail=turn.state.trail)
    offered = tuple(choice.value for choice in reply.choices)
    counted = replace(event or TurnEvent(), decision=reply.decision.value, intent=intent)
    return TurnResult(reply, replace(about, offered=offered), counted)


def in_own_words(state: ConversationState, reply: Reply) -> TurnResult:
    """After the bot's own words: the topic stays, a pending question is over."""
    offered = tuple(choice.value for choice in reply.choices)
    return TurnResult(reply, replace(state, offered=offered, asked=(), outside=False))


def missed(turn: Turn, line: str, event: TurnEvent) -> TurnResult:
    """After a message that got no answer: one more miss, and the ways out."""
    misses = turn.state.misses + 1
    reply = wording.text_reply(line, choices=ways_out(turn, misses), decision=Decision.FALLBACK)
    result = in_own_words(turn.state, reply)
    return replace(result, talk=replace(result.talk, misses=misses), event=event)


def ways_out(turn: Turn, misses: int) -> tuple[Choice, ...]:
    """The groups of topics, and from the second miss on a human where there is one."""
    human = (answers.CALL_CHOICE,) if turn.has_staff and misses > 1 else ()
    return (*answers.group_choices(), *human)


def summary(turn: Turn, intent: Intent) -> Reply:
    """The short form of an answer, with a human's button where one is asked for."""
    reply = answers.render_summary(turn.faq, intent, ask_vote=intent.id not in turn.state.voted)
    if intent.id == "human_help" and turn.has_staff:
        return replace(reply, choices=(answers.CALL_CHOICE, *reply.choices))
    return reply


def section(turn: Turn, intent: Intent, part: Part) -> Reply:
    """One part of an answer in full."""
    return answers.render_section(turn.faq, intent, part, ask_vote=intent.id not in turn.state.voted)
