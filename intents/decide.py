"""Floor and margin: from scores to answer, clarify or fallback."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """The three outcomes of a match."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent and how well it fits, 0 to 1."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where answering begins and ends; all in the matcher's 0..1 score."""

    answer: float = 0.62
    """At or above: sure enough to answer, if the margin holds."""
    clarify: float = 0.42
    """At or above: worth offering."""
    margin: float = 0.06
    """The best must lead the second by at least this much."""


def decide(candidates: Sequence[Candidate], outside: float, thresholds: Thresholds) -> Decision:
    """What to do with ranked candidates, given how well the message fits what is out of scope."""
    if not candidates or candidates[0].score < thresholds.clarify or outside > candidates[0].score:
        return Decision.FALLBACK
    second = candidates[1].score if len(candidates) > 1 else 0.0
    if candidates[0].score >= thresholds.answer and candidates[0].score - second >= thresholds.margin:
        return Decision.ANSWER
    return Decision.CLARIFY
