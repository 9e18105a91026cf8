"""Finds the intent of a message; an immutable index over one FAQ."""

import re
from dataclasses import dataclass

import numpy as np

from intents.danger.detector import CRISIS, shipped_detector
from intents.faq.schema import FAQ
from intents.matching.decide import Candidate, Decision, DecisionReason, Thresholds, decide, load_thresholds
from intents.matching.features import AnalyzedText, Weights
from intents.matching.model import OUTSIDE, Model
from intents.matching.normalize import bounded, sentences

__all__ = ["Candidate", "Decision", "Match", "Matcher"]

MAX_CANDIDATES = 5
_ASKING = re.compile(
    "[？?吗么嘛咩怎咋几哪谁]|如何|点[样算解]|什么|啥|多少|多久|为何|能不能|可不可以|会不会|要不要|是不是|有没有|行不行|可以"
)


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
    secondary_intent: str | None = None
    """The intent of a second question in the same message."""
    reason: DecisionReason = DecisionReason.SURE
    """What decided."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All intents with their scores, best first, and the score of being none of them."""

    candidates: tuple[Candidate, ...]
    outside: float
    exact: bool = False
    """The message is a question of the FAQ, word for word."""

    def without_stray_crisis(self) -> "Ranking":
        """The ranking of a message that isn't in danger: likeness alone must not offer danger to life as a topic."""
        if self.exact:
            return self
        return Ranking(tuple(each for each in self.candidates if each.intent != CRISIS), self.outside)


class Matcher:
    """Finds the intent of a message; immutable and safe to share between threads."""

    def __init__(self, faq: FAQ, thresholds: Thresholds | None = None) -> None:
        """Train on the FAQ's questions: some 0.5 s for five thousand of them."""
        self.thresholds = thresholds or load_thresholds()
        self.model = Model(faq)
        self._danger = shipped_detector() if CRISIS in faq.by_id else None
        self._count = len(faq.by_id)
        self._names = np.array(self.model.classes[: self._count])

    def match(self, text: str, *, in_danger: bool | None = None, ranking: "Ranking | None" = None) -> Match:
        """The decision, the best intent, its score and the candidates for one message; never raises.

        Args:
            text: the message.
            in_danger: whether it tells of danger to life, from who has looked at the whole of it.
            ranking: the ranking of this text, from who has it already.
        """
        ranking = ranking or self._ranking(text, MAX_CANDIDATES)
        if self._danger is not None and (self._danger.is_danger(bounded(text)) if in_danger is None else in_danger):
            rest = tuple(each for each in ranking.candidates[:MAX_CANDIDATES] if each.intent != CRISIS)
            candidates = (Candidate(CRISIS, 1.0), *rest)[:MAX_CANDIDATES]
            return Match(text, Decision.ANSWER, CRISIS, 1.0, candidates, reason=DecisionReason.DANGER)
        two = None if ranking.exact else self._two_questions(text)
        return two or self._decided(text, ranking.without_stray_crisis())

    def warm(self) -> None:
        """Do now what the first messages would wait for, some 0.2 s in all: reading pinyin, the patterns of danger to life."""
        self.model.analyzer.warm()
        if self._danger is not None:
            self._danger.warm()

    def outside(self, text: str) -> float:
        """How likely it is that the message is about none of the intents, 0 to 1."""
        return self._ranking(text).outside

    def ranking(self, text: str) -> Ranking:
        """Every intent with its score, and the score of being none of them."""
        return self._ranking(text)

    def rank(self, text: str) -> tuple[Candidate, ...]:
        """Every intent with its score, best first; the scores and that of being none of them add up to 1."""
        return self._ranking(text).candidates

    def _decided(self, text: str, ranking: Ranking) -> Match:
        decision, rule = self._decide(text, ranking)
        candidates = ranking.candidates[:MAX_CANDIDATES]
        intent = candidates[0].intent if decision is not Decision.FALLBACK else None
        return Match(text, decision, intent, candidates[0].score if candidates else 0.0, candidates, reason=rule)

    def _decide(self, text: str, ranking: Ranking) -> tuple[Decision, DecisionReason]:
        if not ranking.candidates:
            return Decision.FALLBACK, DecisionReason.EMPTY
        if ranking.exact:
            return (
                Decision.ANSWER if ranking.outside < ranking.candidates[0].score else Decision.FALLBACK
            ), DecisionReason.EXACT
        bare = len(self.model.analyzer.normalize(text)) <= self.thresholds.topic_only_length
        return decide(ranking.candidates, ranking.outside, self.thresholds, bare=bare)

    def _two_questions(self, text: str) -> Match | None:
        """The stronger of two clear questions with the other beside it, if the message has two."""
        parts = [part for part in sentences(text) if _ASKING.search(part)] or [text]
        if len(parts) == 1:
            return None
        sure = [
            match
            for match in (self._decided(part, self._ranking(part).without_stray_crisis()) for part in parts)
            if self._clear(match)
        ]
        sure.sort(key=lambda match: (-match.score, match.intent or ""))
        others = [match for match in sure if match.intent != sure[0].intent]
        if not others:
            return None
        best, second = sure[0], others[0]
        near = [each for each in best.candidates if each.intent != second.intent]
        listed = (near[0], Candidate(second.intent or "", second.score), *near[1:])[:MAX_CANDIDATES]
        return Match(
            text, Decision.ANSWER, best.intent, best.score, listed, second.intent, DecisionReason.TWO_QUESTIONS
        )

    def _clear(self, match: Match) -> bool:
        return match.decision is Decision.ANSWER and match.score >= self.thresholds.second_question

    def _ranking(self, text: str, most: int | None = None) -> Ranking:
        normalised = self.model.analyzer.normalize(text)
        if not normalised:
            return Ranking((), 1.0)
        if owners := self.model.owners.get(normalised):
            return self._known(owners, self.model.analyzer.analyze_normalized(normalised), most)
        return self._scored(self.model.analyzer.analyze_normalized(normalised), most)

    def _known(self, owners: tuple[str, ...], reading: AnalyzedText, most: int | None) -> Ranking:
        """A question of the FAQ goes to its owner, whatever else it resembles."""
        scored = self._scored(reading, most)
        inside = [owner for owner in owners if owner != OUTSIDE]
        share = 1.0 / len(owners)
        left = 1.0 - share * len(inside)
        rest = (
            Candidate(each.intent, round(each.score * left, 4))
            for each in scored.candidates
            if each.intent not in inside
        )
        first = (Candidate(owner, round(share, 4)) for owner in inside)
        return Ranking((*first, *rest), share if OUTSIDE in owners else 0.0, exact=len(owners) == 1)

    def _scored(self, reading: AnalyzedText, most: int | None = None) -> Ranking:
        """The best so many intents, or all."""
        evidence = self.model.evidence(reading)
        scores = self.scores(evidence.margins)
        if not len(evidence.columns):
            # Nothing of the message occurs in any question: it speaks for none of them.
            scores = np.append(np.zeros_like(evidence.margins), np.float32(1))
        inside = np.round(scores[: self._count].astype(np.float64), 4)
        # Classes stand by id, so that a stable sort breaks ties by id.
        order = np.argsort(-inside, kind="stable")[:most]
        ranked = tuple(map(Candidate, self._names[order].tolist(), inside[order].tolist()))
        return Ranking(ranked, float(scores[self._count :].sum()))

    def scores(self, margins: Weights) -> Weights:
        """Margins by class as probabilities, with that of an unknown message last."""
        return softmax(
            np.append(margins, np.float32(self.thresholds.oos_margin)) * np.float32(self.thresholds.inverse_temperature)
        )


def softmax(values: Weights) -> Weights:
    """Positive numbers that add up to 1, in the order of the values."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    total: Weights = raised / raised.sum(axis=-1, keepdims=True)
    return total
