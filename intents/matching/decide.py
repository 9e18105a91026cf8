"""Floor and margin: from calibrated scores to answer, clarify or fallback."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib.resources import files

import yaml


class Decision(StrEnum):
    """The three outcomes of a match."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    FALLBACK = "fallback"


class DecisionReason(StrEnum):
    """Which rule made the decision."""

    DANGER = "danger"
    EXACT = "exact"
    EMPTY = "empty"
    FLOOR = "floor"
    OUTSIDE = "outside"
    BARE = "topic_only_length"
    UNSURE = "unsure"
    MARGIN = "margin"
    SURE = "sure"
    TWO_QUESTIONS = "two_questions"


OFFERED = 3
"""At most so many candidates are offered when it isn't clear which was meant."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent and how likely it is what was meant, 0 to 1; the same number means the same for every intent."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where answering begins and ends; named numbers in thresholds.yaml, fitted by `youshu eval --fit`."""

    inverse_temperature: float
    """How fast a better margin becomes a higher score (the inverse temperature of the softmax)."""
    oos_margin: float
    """The margin that a message of which nothing is known is given for being none of the intents."""
    answer: float
    """A score at or above it is sure enough to answer, if the lead holds."""
    clarify: float
    """A score at or above it is worth offering."""
    offer: float
    """What is likelier none of the intents is still offered its best at or above this score: a refusal of someone in need costs most."""
    lead: float
    """The best must lead the second by at least this much."""
    second_question: float
    """A second question of the message is offered if its own score is at or above this."""
    topic_only_length: int
    """A message of at most so many characters names a topic and asks nothing."""


def load_thresholds() -> Thresholds:
    """The shipped thresholds."""
    text = files(__package__).joinpath("thresholds.yaml").read_text(encoding="utf-8")
    return parse_thresholds(text)


def parse_thresholds(text: str) -> Thresholds:
    """Thresholds from YAML; ValueError names what is missing, unknown or not a number."""
    loaded = yaml.safe_load(text)
    values = loaded if isinstance(loaded, dict) else {}
    names = {field.name for field in fields(Thresholds)}
    if wrong := names ^ values.keys():
        raise ValueError(f"thresholds: {', '.join(sorted(map(str, wrong)))}")
    numbers = {name: float(values[name]) for name in names - {"topic_only_length"}}
    return Thresholds(**numbers, topic_only_length=int(values["topic_only_length"]))


def decide(
    candidates: Sequence[Candidate], outside: float, thresholds: Thresholds, *, bare: bool
) -> tuple[Decision, DecisionReason]:
    """What to do with ranked candidates, given the score of being none of them."""
    if not candidates or candidates[0].score < thresholds.clarify:
        return Decision.FALLBACK, DecisionReason.FLOOR
    best = candidates[0].score
    second = candidates[1].score if len(candidates) > 1 else 0.0
    if outside > best:
        return (Decision.FALLBACK if best < thresholds.offer else Decision.CLARIFY), DecisionReason.OUTSIDE
    if bare:
        return Decision.CLARIFY, DecisionReason.BARE
    if best < thresholds.answer:
        return Decision.CLARIFY, DecisionReason.UNSURE
    if best - second < thresholds.lead:
        return Decision.CLARIFY, DecisionReason.MARGIN
    return Decision.ANSWER, DecisionReason.SURE
