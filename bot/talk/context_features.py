"""What is known of each reading of a message in the light of the talk: the numbers that bot.talk.context_model weighs.

A reading is one of the FAQ's intents, OUTSIDE or ACKNOWLEDGES. Pure functions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bot.talk.acknowledgement import acknowledges
from bot.talk.ellipsis import asks, corrects, returns
from bot.talk.message import Message
from intents import FAQ
from intents.matching.features import FloatArray

OUTSIDE = "none"
"""The reading that a message is none of the bot's business."""
ACKNOWLEDGES = "ack"
"""The reading that a message only says that the answer was read."""
STAYS = "stay"
"""Stands for the reading that a message goes on with the topic, among the readings that its wording speaks for."""

_LEAST_SHARE, _LEAST_SCOPE = 0.01, 0.02
"""Added before a logarithm."""
_SURE = 0.98
"""The share of the intent that has the message word for word."""

KINDS = ("greeting", "thanks", "about_bot", "human_help", "stress")
"""Intents that come up in a talk about anything, each with a leaning of its own."""

NUMBERS = (
    *("share", "share_elliptic", "score", "margin", "exact"),
    *("topic", "topic_elliptic", "topic_going_on", "topic_scope", "topic_known", "topic_rival", "topic_asking"),
    *("topic_outside", "topic_correcting", "related", "related_elliptic", "earlier", "earlier_returning"),
    *(f"is_{kind}" for kind in KINDS),
    *("outside", "outside_scope", "outside_margin", "outside_elliptic", "outside_going_on", "outside_known"),
    *("outside_length", "outside_again", "outside_asking", "outside_rival"),
    *("ack", "ack_words", "ack_length", "ack_asking", "ack_scope", "ack_going_on", "ack_rival"),
)
"""The names of the numbers, in their order."""
_COLUMN: Mapping[str, int] = MappingProxyType({name: number for number, name in enumerate(NUMBERS)})

_DIGITS, _LATIN = re.compile(r"\d+"), re.compile("[a-z]+")
_LONGEST_RUN = 3


@dataclass(frozen=True, slots=True)
class Talked:
    """What was spoken of before a message."""

    topic: str
    """The intent answered last, or the likeliest of those asked about."""
    earlier: tuple[str, ...] = ()
    """The topics before it."""
    outside: bool = False
    """The last message was none of the bot's business."""


def readings(message: Message) -> tuple[str, ...]:
    """All readings, in the order of the rows of numbers()."""
    return (*message.matcher.intent_ids, OUTSIDE, ACKNOWLEDGES)


def numbers(faq: FAQ, talked: Talked, message: Message) -> FloatArray:
    """What speaks for each reading, by reading and number of NUMBERS."""
    look, names = message.look, message.matcher.intent_ids
    place = {name: number for number, name in enumerate(names)}
    count = len(names)
    found = np.zeros((count + 2, len(NUMBERS)), dtype=np.float32)
    shares, in_scope = look.shares, look.in_scope
    owners = [place[each] for each in look.exact if each in place]
    if owners:
        shares = shares * np.float32(1 - _SURE)
        shares[owners] = _SURE / len(owners)
    elliptic, going_on, asking = message.ellipsis, message.goes_on, asks(message.folded)
    logarithm = np.log(shares + _LEAST_SHARE)
    found[:count, _COLUMN["share"]] = logarithm
    found[:count, _COLUMN["share_elliptic"]] = logarithm * elliptic
    found[:count, _COLUMN["score"]] = np.log(shares * in_scope + _LEAST_SHARE)
    found[:count, _COLUMN["margin"]] = np.clip(look.margins, -1, 1)
    found[owners, _COLUMN["exact"]] = 1
    for kind in KINDS:
        if kind in place:
            found[place[kind], _COLUMN[f"is_{kind}"]] = 1

    def put(row: int, **values: float) -> None:
        for name, value in values.items():
            found[row, _COLUMN[name]] = value

    for name in (each for each in near(faq, talked.topic) if each in place):
        put(place[name], related=1, related_elliptic=elliptic)
    for name in (each for each in talked.earlier if each in place and each != talked.topic):
        put(place[name], earlier=1, earlier_returning=returns(message.folded))
    if talked.topic in place:
        row = place[talked.topic]
        rivals = np.delete(shares, row)
        put(
            row,
            topic=1,
            topic_elliptic=elliptic,
            topic_going_on=going_on,
            topic_scope=float(np.log(in_scope + _LEAST_SCOPE)),
            topic_known=look.known_share,
            topic_rival=float(rivals.max(initial=0)) * in_scope,
            topic_asking=asking,
            topic_outside=talked.outside,
            topic_correcting=corrects(message.folded),
        )
    beyond, length = float(np.log(1 - in_scope + _LEAST_SCOPE)), float(np.log1p(len(look.normalized)))
    best = float(shares.max(initial=0)) * in_scope
    put(
        count,
        outside=1,
        outside_scope=beyond,
        outside_margin=look.none_margin,
        outside_elliptic=elliptic,
        outside_going_on=going_on,
        outside_known=look.known_share,
        outside_length=length,
        outside_again=talked.outside,
        outside_asking=asking,
        outside_rival=best,
    )
    put(
        count + 1,
        ack=1,
        ack_words=acknowledges(message.text),
        ack_length=length,
        ack_asking=asking,
        ack_scope=beyond,
        ack_going_on=going_on,
        ack_rival=best,
    )
    return found


def near(faq: FAQ, topic: str) -> frozenset[str]:
    """The neighbours of a topic: those that its answer or theirs names as related."""
    own = faq.by_id.get(topic)
    related = own.related if own is not None else ()
    return frozenset((*related, *(each.id for each in faq.intents if topic in each.related)))


def runs(folded: str) -> tuple[tuple[str, ...], float]:
    """The runs of one to three characters of a message, with its ends marked and figures masked, and how much each counts."""
    masked = _LATIN.sub(lambda word: word[0][:6], _DIGITS.sub("0", folded))
    marked = f"^{masked}$"
    found = {marked[at : at + size] for size in range(1, _LONGEST_RUN + 1) for at in range(len(marked) - size + 1)}
    found -= {"^", "$"}
    return tuple(sorted(found)), float(1 / np.sqrt(max(4, len(found))))
