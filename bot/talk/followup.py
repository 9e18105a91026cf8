"""What a message means in the light of what the talk was about; pure functions.

「那借呗呢」 says little by itself. How likely each reading is, the topic of before among them, bot.talk.context_model tells; here it is decided
what is done about it. The first message of a talk is read by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.messages import Part
from bot.talk import text_commands
from bot.talk.context_features import ACKNOWLEDGES, OUTSIDE, Talked
from bot.talk.context_model import ContextModel, shipped_context
from bot.talk.ellipsis import asks, goes_on
from bot.talk.message import Message
from bot.talk.state import ConversationState
from bot.talk.text_commands import PartRequest
from intents import FAQ, Decision, Match
from intents.matching.decide import OFFERED, DecisionReason
from intents.matching.match import SMALL_TALK


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a message was taken to mean."""

    decision: Decision
    intents: tuple[str, ...] = ()
    """Best first: the one that is answered, or those that are offered; none if it isn't said what the message is about."""
    part: Part | None = None
    """The part of the answer that was asked for."""
    also_asked: tuple[str, ...] = ()
    """The further questions of the message."""
    beside: str | None = None
    """What may have been meant instead."""
    acknowledges: bool = False
    """It only takes note of the answer, which a word replies to."""


ELLIPTIC = 0.5
"""A message that leaves out so much (bot.talk.ellipsis) needs the talk."""
ANSWER = 0.3
"""In a talk the likeliest reading is answered from this probability on, with the second named beneath: a question back costs a turn."""
BESIDE = 0.15
"""A second reading is named under the answer from this probability on."""
OFFER = 0.05
"""Below this probability a reading isn't even offered."""
ASIDE = 0.5
"""Small talk and mere agreement are taken for it from this probability on, or where no topic is likely."""
AGREED = 0.35
"""What would be answered without a talk, and is as likely as this in it, is answered."""
NAMED_ELSEWHERE = 0.7
"""A part called by its name is another topic's where the message has this score for that."""
SAYS_MORE, PLAIN_TOPIC = 0.3, 0.85
DOUBTED, DOUBTED_FACT = 0.05, 0.3
"""A message that is out of scope by itself, goes on less plainly than SAYS_MORE and is as likely as DOUBTED to be so in the talk too, is taken
for the talk's only from PLAIN_TOPIC on; one that asks nothing only where it is as likely as DOUBTED_FACT: people tell facts after an answer."""
OWN_TOPIC = 0.8
"""A message with this score by itself needs no talk to be understood."""
WHOLE_STORY = 30
"""A message of so many characters with OWN_TOPIC tells its matter whole, whatever was spoken of before."""
GOES_ON = 0.6
"""It needs one all the same if it goes on with what was said as plainly as this: 「那……呢」."""

_SHORT = 2
"""Characters beside a request for a part that name no topic, whatever they are."""
_SAYS_NOTHING = 0.4
"""From this bot.talk.ellipsis.goes_on on, what stands beside a request for a part names no topic."""


def plain(match: Match) -> Interpretation:
    """A message read by itself."""
    offered = match.offered
    if match.decision is Decision.FALLBACK or not offered:
        return Interpretation(Decision.FALLBACK)
    if match.decision is Decision.ANSWER and match.intent is not None:
        return Interpretation(Decision.ANSWER, (match.intent,), also_asked=match.also_asked, beside=match.beside)
    return Interpretation(Decision.CLARIFY, offered)


def interpret(
    faq: FAQ, talk: ConversationState, message: Message, *, context: ContextModel | None = None
) -> Interpretation:
    """What a message means in the light of the talk.

    Args:
        faq: what can be answered.
        talk: what was spoken of before.
        message: the message, with what it means by itself.
        context: how the talk counts; the shipped weights where it is None.
    """
    match = message.match
    talked = spoken_of(faq, talk)
    asked = text_commands.part(message.folded)
    if talked is None:
        return _after_outside(message) if talk.outside else _without_topic(match, asked)
    exact = match.reason is DecisionReason.EXACT
    if (message.ellipsis < ELLIPTIC and (match.also_asked or exact)) or (exact and match.intent in SMALL_TALK):
        return plain(match)
    told_whole = len(message.folded) >= WHOLE_STORY and message.goes_on < GOES_ON
    if asked is None and told_whole and match.decision is Decision.ANSWER and match.score >= OWN_TOPIC:
        return plain(match)
    if exact and match.decision is Decision.FALLBACK and message.goes_on < GOES_ON:
        # The operator has said of this very sentence that it is about nothing of ours.
        return plain(match)
    if asked is not None and _of_the_topic(message, talked.topic, asked):
        return Interpretation(Decision.ANSWER, (talked.topic,), asked.part)
    reading = _decided((context or shipped_context()).probabilities(faq, talked, message), message)
    if _names_topics(faq, message) and not {*reading.intents[:1]} & {*match.offered}:
        reading = plain(match)
    same = reading.decision is Decision.ANSWER and reading.intents == (talked.topic,)
    return replace(reading, part=asked.part) if asked is not None and same else reading


def spoken_of(faq: FAQ, talk: ConversationState) -> Talked | None:
    """What was spoken of before; None where nothing was that the FAQ still has."""
    # Whoever types on while being asked which of several is meant goes on with the likeliest.
    topic = next((each for each in (*talk.asked[:1], talk.intent) if each in faq.by_id), None)
    return Talked(topic, (*talk.trail, *talk.asked[1:]), talk.outside) if topic is not None else None


def _names_topics(faq: FAQ, message: Message) -> bool:
    """Whether it is a bare word by which topics are called, such as 「催收」: nobody goes on with something else by one."""
    named = message.folded
    several = message.match.decision is Decision.CLARIFY and len(named) >= _SHORT
    return several and any(named in text_commands.fold(intent.title) for intent in faq.intents)


def _after_outside(message: Message) -> Interpretation:
    """「那微粒贷呢」 after 「借呗怎么开通」 is as little our business."""
    lost = message.ellipsis >= ELLIPTIC and message.match.score < OWN_TOPIC
    # Who says something of our business, only without saying who, has come back to it.
    if message.match.decision is not Decision.FALLBACK and message.goes_on < GOES_ON:
        lost = False
    return Interpretation(Decision.FALLBACK) if lost else plain(message.match)


def _without_topic(match: Match, asked: PartRequest | None) -> Interpretation:
    """「我有什么权利」 as a first message: of what isn't said."""
    sure = match.decision is Decision.ANSWER and match.score >= OWN_TOPIC
    if asked is not None and asked.named and _names_nothing(asked) and not sure:
        return Interpretation(Decision.CLARIFY)
    return plain(match)


def _names_nothing(asked: PartRequest) -> bool:
    """Whether all that is said besides goes with any topic; 「他们不答应怎么办」 asks by its rest, so the question alone isn't enough."""
    return len(asked.rest) <= _SHORT or (asked.named and goes_on(asked.rest) >= _SAYS_NOTHING)


def _of_the_topic(message: Message, topic: str, asked: PartRequest) -> bool:
    """Whether a request for a part says nothing that is about another topic."""
    match = message.match
    stands_alone = message.ellipsis < ELLIPTIC
    if stands_alone and match.intent not in {None, topic} and match.score >= OWN_TOPIC:
        return False
    elsewhere = match.intent not in {None, topic} and match.score >= NAMED_ELSEWHERE
    return _names_nothing(asked) or (asked.named and not elsewhere)


def _decided(probabilities: Mapping[str, float], message: Message) -> Interpretation:
    """What is done about readings, best first."""
    match = message.match
    if match.decision is Decision.ANSWER and probabilities.get(match.intent or "", 0.0) >= AGREED:
        likely = [name for name in probabilities if name not in {OUTSIDE, ACKNOWLEDGES, match.intent}]
        beside = next((name for name in likely[:1] if probabilities[name] >= BESIDE), None)
        return Interpretation(Decision.ANSWER, (match.intent or "",), beside=beside)
    foreign = match.decision is Decision.FALLBACK and message.goes_on < SAYS_MORE
    doubted = DOUBTED if asks(message.folded) else DOUBTED_FACT
    if foreign and probabilities[OUTSIDE] >= doubted and max(probabilities.values()) < PLAIN_TOPIC:
        return Interpretation(Decision.FALLBACK)
    inside = [(name, share) for name, share in probabilities.items() if name not in {OUTSIDE, ACKNOWLEDGES}]
    best, share = next(iter(probabilities.items()))
    if best in {OUTSIDE, ACKNOWLEDGES} and (share >= ASIDE or not inside or inside[0][1] < ANSWER):
        if best == ACKNOWLEDGES:
            return Interpretation(Decision.ANSWER, acknowledges=True)
        return Interpretation(Decision.FALLBACK)
    offered = tuple(name for name, share in inside[:OFFERED] if share >= OFFER)
    if inside[0][1] >= ANSWER or len(offered) == 1:
        beside = next((name for name, share in inside[1:2] if share >= BESIDE), None)
        return Interpretation(Decision.ANSWER, (inside[0][0],), beside=beside)
    return Interpretation(Decision.CLARIFY, offered) if offered else Interpretation(Decision.FALLBACK)
