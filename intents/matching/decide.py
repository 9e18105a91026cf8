"""From scores to a decision: answer, ask back, or say that this isn't known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple

import yaml

from intents.matching.scope_weights import ScopeWeights


class Decision(StrEnum):
    """What is done with a message."""

    ANSWER = "answer"
    """The best intent is answered."""
    CLARIFY = "clarify"
    """The best intents are offered to choose from."""
    FALLBACK = "fallback"
    """The bot says that it doesn't know, and what it can do."""


class DecisionReason(StrEnum):
    """Which rule made the decision."""

    DANGER = "danger"
    """A life is in danger."""
    EXACT = "exact"
    """The message is a question of the FAQ, word for word."""
    EMPTY = "empty"
    """No word is left after normalising."""
    OUT_OF_SCOPE = "outside"
    """The message is hardly about any of the intents."""
    TOPIC_ONLY = "bare"
    """The message names a topic and asks nothing."""
    UNSURE = "unsure"
    """The best score isn't enough to answer."""
    SMALL_LEAD = "margin"
    """The second intent is too close to the best."""
    SURE = "sure"
    """The best intent has score and lead enough."""
    SEVERAL_QUESTIONS = "two_questions"
    """The message asks several questions; the most urgent that is clear is answered. Programs have it by its old name."""
    SECOND_OPINION = "second_opinion"
    """The core wasn't sure, and a second opinion decided with it (intents.matching.second_opinion)."""


OFFERED = 3
"""So many candidates are offered to choose from, and up to OFFERED_FLAT where none leads."""
OFFERED_FLAT = 5
"""At most so many candidates are offered."""
FLAT = 0.04
"""Beyond the first OFFERED, a candidate is offered from this share of the best one's score on."""


class Candidate(NamedTuple):
    """An intent and how likely it is what was meant, 0 to 1; scores of different intents can be compared.

    A tuple, because each message makes one for every intent.
    """

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of thresholds.yaml that turn margins into scores and scores into a decision; set by `youshu eval --fit`."""

    inverse_temperature: float
    """What the intents' margins are multiplied by before the softmax: the greater, the further apart are the scores."""
    answer: float
    """From this score on the best intent is answered, if its lead is enough."""
    offer: float
    """From this probability of being in scope on, the best intents are offered, if one of them reaches floor."""
    floor: float
    """Below this score of the best intent nothing is offered: the choice would be noise."""
    lead: float
    """By how much the best score must exceed the second to be answered."""
    beside: float
    """From this score on the second intent is named beneath the answer."""
    second_question: float
    """From this score on a further question in a message is clear: it may be answered first."""
    topic_only_length: int
    """A message of at most so many characters names a topic and asks nothing."""
    scope: ScopeWeights
    """What tells whether a message is about any of the intents."""


def load_thresholds() -> Thresholds:
    """The shipped thresholds."""
    text = files(__package__).joinpath("thresholds.yaml").read_text(encoding="utf-8")
    return parse_thresholds(text)


def parse_thresholds(text: str) -> Thresholds:
    """Thresholds from YAML; raises ValueError that names what is missing, unknown or not a number."""
    loaded = yaml.safe_load(text)
    values = loaded if isinstance(loaded, dict) else {}
    numbers = _numbers(Thresholds, {name: value for name, value in values.items() if name != "scope"}, {"scope"})
    written = values.get("scope")
    scope = ScopeWeights(**_numbers(ScopeWeights, written if isinstance(written, dict) else {}, set()))
    length = int(numbers.pop("topic_only_length"))
    return Thresholds(**numbers, topic_only_length=length, scope=scope)


def _numbers(kind: type, values: Mapping[object, object], without: set[str]) -> dict[str, float]:
    names = {field.name for field in fields(kind)} - without
    if wrong := names ^ values.keys():
        raise ValueError(f"thresholds: {', '.join(sorted(map(str, wrong)))}")
    return {name: float(str(values[name])) for name in names}


def offered(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those of the candidates, best first, that are offered to choose from: more where their scores are flat."""
    flat = (each for each in candidates[OFFERED:OFFERED_FLAT] if each.score >= FLAT * candidates[0].score)
    return (*candidates[:OFFERED], *flat)


def decide(
    candidates: Sequence[Candidate], out_of_scope: float, thresholds: Thresholds, *, topic_only: bool
) -> tuple[Decision, DecisionReason]:
    """What to do with candidates, best first, and why.

    Args:
        candidates: the intents with their scores.
        out_of_scope: the score of being none of them.
        thresholds: the numbers to decide by.
        topic_only: whether the message only names a topic.
    """
    if not candidates or 1 - out_of_scope < thresholds.offer or candidates[0].score < thresholds.floor:
        return Decision.FALLBACK, DecisionReason.OUT_OF_SCOPE
    best = candidates[0].score
    second = candidates[1].score if len(candidates) > 1 else 0.0
    if topic_only:
        return Decision.CLARIFY, DecisionReason.TOPIC_ONLY
    if best < thresholds.answer:
        return Decision.CLARIFY, DecisionReason.UNSURE
    if best - second < thresholds.lead:
        return Decision.CLARIFY, DecisionReason.SMALL_LEAD
    return Decision.ANSWER, DecisionReason.SURE
