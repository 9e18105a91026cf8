"""What a message means in the light of what the talk was about; pure functions.

「那借呗呢」 says little by itself: how much the talk weighs in depends on how much the message leaves out. The scores of the message,
of the message under the topic's title, and the leaning towards the topic and its neighbours are added up as logarithms; the
weights were fitted on tests/corpus/followups.tsv against questions that need no context.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.messages import Part
from bot.talk import text_commands
from bot.talk.ellipsis import goes_on
from bot.talk.message import Message
from bot.talk.state import ConversationState
from bot.talk.text_commands import PartRequest
from intents import FAQ, Decision, Match
from intents.danger.detector import CRISIS
from intents.matching.decide import OFFERED, DecisionReason

_OUTSIDE = ""
"""Stands for being none of the intents."""


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


@dataclass(frozen=True, slots=True)
class Weights:
    """How the talk counts against the message itself."""

    floor: float = 0.02
    """Added to every score before its logarithm, so that the talk can still win where the message says nothing."""
    topic: float = 3.5
    """Leaning towards the topic of before, in logarithms, for a message that leaves everything out."""
    related: float = 2.5
    """The same towards its neighbours: those that its answer or theirs names as related."""
    titled: float = 0.5
    """How much the message under the topic's title counts."""
    least: float = 0.1
    """How much the talk counts for a message that leaves nothing out."""
    outside: float = 6.0
    """Leaning away from out of scope for a message that goes on with what was said (「那……呢」)."""
    going_on: float = 1.0
    """Leaning away from out of scope for any message of a talk: who was answered goes on with it more often than not."""
    answer: float = 0.3
    """A message that leaves everything out is answered from this share of all readings on, and below it asked about."""
    answer_whole: float = 0.6
    """The same for a message that leaves nothing out."""
    beside: float = 0.15
    """A second reading is offered under the answer from this share on."""
    offer: float = 0.05
    """Not even offered below this share."""
    named_rest: float = 0.7
    """What is said beside a part called by its name turns to another topic at this score."""
    elliptic: float = 0.5
    """A message that leaves out so much needs the talk."""
    whole: float = 0.3
    """A message that leaves out less and is out of scope by itself stays so."""
    own_topic: float = 0.8
    """A message with this score by itself needs no talk to be understood."""
    goes_on: float = 0.6
    """It needs one all the same if it goes on with what was said as plainly as this: 「那……呢」."""


FITTED = Weights()
"""The weights in force, which are the defaults; found with `python -m benchmarks.followups --fit`."""

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


def interpret(faq: FAQ, talk: ConversationState, message: Message, *, weights: Weights = FITTED) -> Interpretation:
    """What a message means in the light of the talk.

    Args:
        faq: what can be answered.
        talk: what was spoken of before.
        message: the message, with what it means by itself.
        weights: how the talk counts.
    """
    match = message.match
    if talk.outside:
        return _after_outside(message, weights)
    # Whoever types on while being asked which of several is meant goes on with the likeliest.
    topic = next((each for each in (*talk.asked[:1], talk.intent) if each in faq.by_id), None)
    asked = text_commands.part(message.folded)
    if topic is None:
        return _without_topic(match, asked)
    if match.also_asked or match.reason is DecisionReason.EXACT:
        return plain(match)
    if asked is not None and _of_the_topic(message, topic, asked, weights):
        return Interpretation(Decision.ANSWER, (topic,), asked.part)
    sure = match.decision is Decision.ANSWER and match.score >= weights.own_topic
    alone = sure and message.goes_on < weights.goes_on
    if alone or (match.decision is Decision.FALLBACK and message.ellipsis < weights.whole):
        return plain(match)
    reading = _decided(_shares(message, faq, topic, weights), message.ellipsis, weights)
    same = reading.decision is Decision.ANSWER and reading.intents == (topic,)
    return replace(reading, part=asked.part) if asked is not None and same else reading


def _after_outside(message: Message, weights: Weights) -> Interpretation:
    """「那微粒贷呢」 after 「借呗怎么开通」 is as little our business."""
    lost = message.ellipsis >= weights.elliptic and message.match.score < weights.own_topic
    # Who says something of our business, only without saying who, has come back to it.
    if message.match.decision is not Decision.FALLBACK and message.goes_on < weights.goes_on:
        lost = False
    return Interpretation(Decision.FALLBACK) if lost else plain(message.match)


def _without_topic(match: Match, asked: PartRequest | None) -> Interpretation:
    """「我有什么权利」 as a first message: of what isn't said."""
    if asked is not None and asked.named and _names_nothing(asked):
        return Interpretation(Decision.CLARIFY)
    return plain(match)


def _names_nothing(asked: PartRequest) -> bool:
    """Whether all that is said besides goes with any topic; 「他们不答应怎么办」 asks by its rest, so the question alone isn't enough."""
    return len(asked.rest) <= _SHORT or (asked.named and goes_on(asked.rest) >= _SAYS_NOTHING)


def _of_the_topic(message: Message, topic: str, asked: PartRequest, weights: Weights) -> bool:
    """Whether a request for a part says nothing that is about another topic."""
    stands_alone = message.ellipsis < weights.elliptic
    if stands_alone and message.match.intent != topic and message.match.score >= weights.own_topic:
        return False
    if _names_nothing(asked):
        return True
    if not asked.named:
        return False
    best = message.matcher.rank(asked.rest, 1).candidates
    return not best or best[0].intent in {topic, CRISIS} or best[0].score < weights.named_rest


def _shares(message: Message, faq: FAQ, topic: str, weights: Weights) -> Sequence[tuple[str, float]]:
    """Every reading with its share of all, best first."""
    alone = message.ranking.candidates
    title = faq.by_id[topic].title
    titled = {each.intent: each.score for each in message.matcher.rank(f"{title}，{message.text}").candidates}
    weight = weights.least + (1 - weights.least) * message.ellipsis
    near = {*faq.by_id[topic].related, *(each.id for each in faq.intents if topic in each.related)}
    sums = {_OUTSIDE: math.log(max(0.0, 1 - sum(each.score for each in alone)) + weights.floor)}
    sums[_OUTSIDE] -= weights.going_on + weights.outside * message.goes_on * message.ellipsis
    for candidate in alone:
        name = candidate.intent
        if name == CRISIS:
            continue  # danger to life has been looked for before; a stray likeness to it must not be offered
        leaning = weights.topic if name == topic else weights.related if name in near else 0.0
        under_title = weights.titled * math.log(titled.get(name, 0.0) + weights.floor)
        sums[name] = math.log(candidate.score + weights.floor) + weight * (leaning + under_title)
    total = sum(math.exp(each) for each in sums.values())
    return sorted(((name, math.exp(each) / total) for name, each in sums.items()), key=lambda pair: (-pair[1], pair[0]))


def _decided(shares: Sequence[tuple[str, float]], left_out: float, weights: Weights) -> Interpretation:
    if not shares or shares[0][0] == _OUTSIDE:
        return Interpretation(Decision.FALLBACK)
    inside = [(name, share) for name, share in shares if name != _OUTSIDE]
    offered = tuple(name for name, share in inside[:OFFERED] if share >= weights.offer)
    enough = weights.answer_whole + (weights.answer - weights.answer_whole) * left_out
    if inside[0][1] >= enough or len(offered) == 1:
        beside = next((name for name, share in inside[1:2] if share >= weights.beside), None)
        return Interpretation(Decision.ANSWER, (inside[0][0],), beside=beside)
    return Interpretation(Decision.CLARIFY, offered) if offered else Interpretation(Decision.FALLBACK)
