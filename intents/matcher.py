"""Scores the FAQ's questions; an immutable index."""

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from intents.decide import Candidate, Decision, Thresholds, decide
from intents.normalize import Normalizer
from intents.schema import FAQ

__all__ = ["Candidate", "Decision", "Match", "Matcher"]

MAX_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Match:
    """What a message was understood to mean."""

    text: str
    decision: Decision
    intent: str | None
    """The best intent: what is answered, or the first that is offered; None on a fallback."""
    score: float
    candidates: tuple[Candidate, ...]
    """Up to five, best first, also on a fallback."""


class Matcher:
    """Finds the intent of a message; safe to share between threads."""

    def __init__(self, faq: FAQ, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._normalize = Normalizer()
        listed = [(intent.id, question) for intent in faq.intents for question in intent.questions]
        outside = faq.out_of_scope.questions if faq.out_of_scope else ()
        listed += [("", question) for question in outside]
        self._owners = [owner for owner, _ in listed]
        self._questions = [self._normalize(question) for _, question in listed]

    def match(self, text: str) -> Match:
        """The decision, the best intent, its score and the candidates for one message."""
        query = self._normalize(text)
        if not query:
            return Match(text, Decision.FALLBACK, None, 0.0, ())
        scores = process.cdist([query], self._questions, scorer=fuzz.ratio, processor=None)[0]
        best: dict[str, float] = {}
        for owner, score in zip(self._owners, scores.tolist(), strict=True):
            best[owner] = max(best.get(owner, 0.0), score / 100)
        outside = best.pop("", 0.0)
        ranked = sorted((Candidate(owner, round(score, 4)) for owner, score in best.items()), key=_order)
        candidates = tuple(ranked[:MAX_CANDIDATES])
        decision = decide(candidates, outside, self._thresholds)
        intent = candidates[0].intent if decision is not Decision.FALLBACK else None
        return Match(text, decision, intent, candidates[0].score if candidates else 0.0, candidates)


def _order(candidate: Candidate) -> tuple[float, str]:
    return (-candidate.score, candidate.intent)
