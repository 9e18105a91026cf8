"""Finds the intent of a message; an immutable index over one FAQ."""

import re
from dataclasses import dataclass

import numpy as np

from intents.danger.detector import CRISIS, shipped_detector
from intents.faq.schema import FAQ
from intents.matching.decide import Candidate, Decision, DecisionReason, Thresholds, decide, load_thresholds
from intents.matching.features import FloatArray
from intents.matching.model import OUT_OF_SCOPE_CLASS, Model
from intents.matching.normalize import split_sentences, truncate
from intents.matching.scope import none_margin, scope_features, scope_probability

__all__ = ["Candidate", "Decision", "Match", "Matcher", "Ranking"]

MAX_CANDIDATES = 5
SMALL_TALK = frozenset({"about_bot", "greeting", "thanks"})
"""Intents that no question about a debt means."""
MOST_SHARED = 6.0
"""At most by so much the other scores grow where danger to life, which a message isn't, had a share."""
STRAY = 0.25
"""Below this score an intent of SMALL_TALK is noise, and isn't offered."""
_QUESTION = re.compile(
    "[？?吗么嘛咩怎咋几哪谁]|如何|点[样算解]|什么|啥|多少|多久|为何|能不能|可不可以|会不会|要不要|是不是|有没有|行不行|可以"
)
"""What makes a sentence a question."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a message was understood to mean."""

    text: str
    decision: Decision
    intent: str | None
    """The best intent: what is answered, or the first that is offered; None on a fallback."""
    score: float
    candidates: tuple[Candidate, ...]
    """Up to MAX_CANDIDATES, best first, also on a fallback."""
    secondary_intent: str | None = None
    """The intent of a second question in the same message."""
    reason: DecisionReason = DecisionReason.SURE
    """Which rule decided."""
    beside: str | None = None
    """The intent that may have been meant instead, where the answer isn't sure: it is named beneath."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Intents with their scores, best first; the scores of all of them and out_of_scope add up to 1."""

    candidates: tuple[Candidate, ...]
    out_of_scope: float
    """The score of being none of the intents."""
    exact: bool = False
    """The message is a question of one intent of the FAQ, or out of scope, word for word."""

    def without_stray(self) -> "Ranking":
        """The ranking of a message that isn't in danger, without what likeness alone put there: danger to life, small talk."""
        if self.exact:
            return self
        kept = [each for each in self.candidates if each.intent != CRISIS]
        # What the message isn't is shared out among the others; one that is like hardly anything else stays unlike it.
        stray = next((each.score for each in self.candidates if each.intent == CRISIS), 0.0)
        inside = 1 - self.out_of_scope
        share = inside / max(inside - stray, inside / MOST_SHARED, 1e-9)
        scored = [Candidate(each.intent, round(each.score * share, 4)) for each in kept]
        likely = tuple(each for each in scored if each.intent not in SMALL_TALK or each.score >= STRAY)
        dropped = sum(each.score for each in scored) - sum(each.score for each in likely)
        return Ranking(likely, min(1.0, self.out_of_scope + dropped))


class Matcher:
    """Finds the intent of a message; immutable and safe to share between threads."""

    def __init__(self, faq: FAQ, thresholds: Thresholds | None = None, model: Model | None = None) -> None:
        """Train on the FAQ's questions, or take what was learned from them before."""
        self.thresholds = thresholds or load_thresholds()
        self.model = model or Model(faq)
        self._danger = shipped_detector() if CRISIS in faq.by_id else None
        self._count = len(faq.by_id)
        self._names = np.array(self.model.classes[: self._count])

    def match(self, text: str, *, in_danger: bool | None = None, ranking: Ranking | None = None) -> Match:
        """The decision, the best intent, its score and the candidates for one message; never raises.

        Args:
            text: the message.
            in_danger: whether the message says that a life is in danger, where the caller knows; looked for otherwise.
            ranking: what `rank` returns for this text, where the caller has it.
        """
        ranking = ranking or self.rank(text, MAX_CANDIDATES)
        ranking = self._topics_of_word(text, ranking) or ranking
        if self._danger is not None and (self._danger.is_danger(truncate(text)) if in_danger is None else in_danger):
            rest = tuple(each for each in ranking.candidates[:MAX_CANDIDATES] if each.intent != CRISIS)
            candidates = (Candidate(CRISIS, 1.0), *rest)[:MAX_CANDIDATES]
            return Match(text, Decision.ANSWER, CRISIS, 1.0, candidates, reason=DecisionReason.DANGER)
        two_questions = None if ranking.exact else self._match_two_questions(text)
        return two_questions or self._match_one_question(text, ranking.without_stray())

    def rank(self, text: str, limit: int | None = None) -> Ranking:
        """The best intents for a message, all of them without a limit; never raises."""
        normalized = self.model.analyzer.normalize(text)
        if not normalized:
            return Ranking((), 1.0)
        ranking = self._rank_by_score(normalized, limit)
        classes = self.model.exact.get(normalized)
        return _with_exact_first(ranking, classes) if classes else ranking

    def likeness_to_outside(self, text: str) -> float:
        """The margin of the questions out of scope for a message: 0 and more where it is like them, -1 where nothing is."""
        evidence = self.model.evidence(self.model.analyzer(text))
        return float(none_margin(evidence.margins, self._count))

    def warm(self) -> None:
        """Learn pinyin and compile the patterns of danger now, so that the first messages needn't wait for it."""
        self.model.analyzer.warm()
        if self._danger is not None:
            self._danger.warm()

    def scores(self, margins: FloatArray, known_share: float, length: int) -> FloatArray:
        """Margins by class as probabilities, by intent; what they lack of 1 is that of a message about something else altogether."""
        inside = margins[: self._count]
        none = none_margin(margins, self._count)
        features = scope_features(
            inside, none, np.array(known_share, dtype=np.float32), np.array(length, dtype=np.float32)
        )
        shares = softmax(inside * np.float32(self.thresholds.inverse_temperature))
        probabilities: FloatArray = shares * scope_probability(self.thresholds.scope, features)
        return probabilities

    def _match_one_question(self, text: str, ranking: Ranking) -> Match:
        decision, reason = self._decide(text, ranking)
        candidates = ranking.candidates[:MAX_CANDIDATES]
        intent = candidates[0].intent if decision is not Decision.FALLBACK else None
        score = candidates[0].score if candidates else 0.0
        beside = self._beside(candidates) if reason is DecisionReason.SURE else None
        return Match(text, decision, intent, score, candidates, reason=reason, beside=beside)

    def _beside(self, candidates: tuple[Candidate, ...]) -> str | None:
        return next((each.intent for each in candidates[1:2] if each.score >= self.thresholds.beside), None)

    def _decide(self, text: str, ranking: Ranking) -> tuple[Decision, DecisionReason]:
        if not ranking.candidates:
            return Decision.FALLBACK, DecisionReason.EMPTY
        if ranking.exact:
            in_scope = ranking.out_of_scope < ranking.candidates[0].score
            return (Decision.ANSWER if in_scope else Decision.FALLBACK), DecisionReason.EXACT
        normalized = self.model.analyzer.normalize(text)
        if self.model.analyzer.is_word(normalized):
            return Decision.CLARIFY, DecisionReason.TOPIC_ONLY
        topic_only = len(normalized) <= self.thresholds.topic_only_length
        return decide(ranking.candidates, ranking.out_of_scope, self.thresholds, topic_only=topic_only)

    def _topics_of_word(self, text: str, ranking: Ranking) -> Ranking | None:
        """The topics that speak most of the one word that a message is; None for any other message."""
        normalized = self.model.analyzer.normalize(text)
        if ranking.exact or not self.model.analyzer.is_word(normalized):
            return None
        mentions = self.model.mentions(normalized)
        total = mentions.total()
        found = [
            (intent, count) for intent, count in mentions.most_common() if intent not in {OUT_OF_SCOPE_CLASS, CRISIS}
        ]
        if not found:
            return None
        return Ranking(tuple(Candidate(intent, round(count / total, 4)) for intent, count in found), 0.0)

    def _match_two_questions(self, text: str) -> Match | None:
        """The surer of two clear questions with the other one beside it; None unless the message has two."""
        questions = [sentence for sentence in split_sentences(text) if _QUESTION.search(sentence)]
        if not questions[1:]:
            return None
        matches = (self._match_one_question(each, self.rank(each).without_stray()) for each in questions)
        clear = sorted(filter(self._is_clear, matches), key=lambda match: (-match.score, match.intent or ""))
        others = [match for match in clear if match.intent != clear[0].intent]
        if not others:
            return None
        best, second = clear[0], others[0]
        first, *rest = (each for each in best.candidates if each.intent != second.intent)
        candidates = (first, Candidate(second.intent or "", second.score), *rest)[:MAX_CANDIDATES]
        return Match(
            text, Decision.ANSWER, best.intent, best.score, candidates, second.intent, DecisionReason.TWO_QUESTIONS
        )

    def _is_clear(self, match: Match) -> bool:
        return match.decision is Decision.ANSWER and match.score >= self.thresholds.second_question

    def _rank_by_score(self, normalized: str, limit: int | None) -> Ranking:
        evidence = self.model.evidence(self.model.analyzer.analyze_normalized(normalized))
        if len(evidence.columns):
            scores = self.scores(evidence.margins, evidence.known_share, len(normalized))
        else:
            # No question has any feature of the message: it is about none of the intents.
            scores = np.zeros(self._count, dtype=np.float32)
        in_scope = np.round(scores.astype(np.float64), 4)
        # Classes stand by id, so that a stable sort breaks ties by id.
        order = np.argsort(-in_scope, kind="stable")[:limit]
        candidates = tuple(map(Candidate, self._names[order].tolist(), in_scope[order].tolist()))
        return Ranking(candidates, max(0.0, 1 - float(scores.sum())))


def _with_exact_first(ranking: Ranking, classes: tuple[str, ...]) -> Ranking:
    """The ranking of a question that these classes have word for word: they share the score, whatever else it resembles."""
    owners = [each for each in classes if each != OUT_OF_SCOPE_CLASS]
    share = 1.0 / len(classes)
    left = 1.0 - share * len(owners)
    rest = (
        Candidate(each.intent, round(each.score * left, 4)) for each in ranking.candidates if each.intent not in owners
    )
    first = (Candidate(owner, round(share, 4)) for owner in owners)
    out_of_scope = share if OUT_OF_SCOPE_CLASS in classes else 0.0
    return Ranking((*first, *rest), out_of_scope, exact=len(classes) == 1)


def softmax(values: FloatArray) -> FloatArray:
    """Positive numbers that add up to 1, in the order of the values."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    total: FloatArray = raised / raised.sum(axis=-1, keepdims=True)
    return total
