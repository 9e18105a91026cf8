"""Finds the intent of a message; an immutable index over one FAQ."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from intents.danger.detector import CRISIS, shipped_detector
from intents.faq.schema import FAQ
from intents.matching.clauses import ReadClause, split_clauses, worth_scoring
from intents.matching.decide import (
    Candidate,
    Decision,
    DecisionReason,
    Thresholds,
    decide,
    load_thresholds,
)
from intents.matching.features import FloatArray
from intents.matching.linear import BIAS
from intents.matching.match import MAX_CANDIDATES, SMALL_TALK, Look, Match, Ranking, with_further_questions
from intents.matching.model import OUT_OF_SCOPE_CLASS, Evidence, Model
from intents.matching.normalize import truncate
from intents.matching.scope import message_scope, none_margin, scope_features, scope_probability
from intents.matching.several import ScoredClauses, asked_beside
from intents.matching.urgency import urgency

__all__ = ["Candidate", "Decision", "Look", "Match", "Matcher", "Ranking"]

_ENDS = re.compile(r"^\W+|\W+$")
"""Marks around a message, which say nothing of its length."""
ASKED = 0.5
"""A further question is answered first only where it is likelier than not that it is asked."""
MOST_BESIDE = 3
"""At most so many further questions are named beneath an answer."""


class Matcher:
    """Finds the intent of a message; immutable and safe to share between threads."""

    def __init__(self, faq: FAQ, thresholds: Thresholds | None = None, model: Model | None = None) -> None:
        """Train on the FAQ's questions, or take what was learned from them before."""
        self.thresholds = thresholds or load_thresholds()
        self.model = model or Model(faq)
        self._danger = shipped_detector() if CRISIS in faq.by_id else None
        self._count = len(faq.by_id)
        self._number = {name: number for number, name in enumerate(self.intent_ids)}
        self._related = _related(faq, self._number)
        normalize = self.model.analyzer.normalize
        self._by_title = {normalize(intent.title): intent.id for intent in faq.intents}
        self._asked = np.array([name != CRISIS and name not in SMALL_TALK for name in self.intent_ids], dtype=np.bool_)

    def match(self, text: str, *, in_danger: bool | None = None, ranking: Ranking | None = None) -> Match:
        """The decision, the best intent, its score and the candidates for one message; never raises.

        Args:
            text: the message.
            in_danger: whether the message says that a life is in danger, where the caller knows; looked for otherwise.
            ranking: what `rank` returns for this text, where the caller has it.
        """
        ranking = ranking or self.rank(text, MAX_CANDIDATES)
        ranking = self._topics_of_word(ranking) or ranking
        if self._danger is not None and (self._danger.is_danger(truncate(text)) if in_danger is None else in_danger):
            rest = tuple(each for each in ranking.candidates[:MAX_CANDIDATES] if each.intent != CRISIS)
            candidates = (Candidate(CRISIS, 1.0), *rest)[:MAX_CANDIDATES]
            return Match(text, Decision.ANSWER, CRISIS, 1.0, candidates, reason=DecisionReason.DANGER)
        best = self._match_one_question(text, ranking.without_stray())
        return best if ranking.exact else self._with_further_questions(best, ranking)

    @property
    def intent_ids(self) -> tuple[str, ...]:
        """The ids of all intents, in the order in which a Look has them."""
        return self.model.classes[: self._count]

    def rank(self, text: str, limit: int | None = None) -> Ranking:
        """The best intents for a message, all of them without a limit; never raises."""
        return self.ranking(self.look(text), limit)

    def look(self, text: str) -> Look:
        """Look at a message: all that is known of it before it is decided about; never raises."""
        clauses = split_clauses(text)
        # Looked at together with the whole, because a call costs more than its work on a few characters.
        normalized, *parts = self.model.analyzer.normalize.batch(
            [text, *(clause.text for clause in clauses[1:] and clauses)]
        )
        if not normalized:
            nothing = np.zeros(self._count, dtype=np.float32)
            return Look("", nothing, nothing, BIAS, 0.0)
        exact = self.model.exact.get(normalized, ())
        whole, *analyzed = self.model.analyzer.analyze_messages([normalized, *parts])
        kept = worth_scoring(clauses, parts, analyzed)
        evidence, *of_clauses = self.model.evidence_of([whole, *(each.analyzed for each in kept)])
        known = evidence.known_share
        scores = self.scores(evidence.margins, known, len(normalized))
        if not (whole.surface and len(evidence.columns)):
            # Where no question has any feature of the message it is about none of the intents; nor where no word is left in Chinese (lol).
            scores = np.zeros_like(scores)
        none = float(none_margin(evidence.margins, self._count))
        scored = self._scored_clauses(kept, of_clauses) if kept else None
        return Look(normalized, evidence.margins[: self._count], scores, none, known, exact, scored)

    def ranking(self, look: Look, limit: int | None = None) -> Ranking:
        """The best intents of what was looked at."""
        if not look.normalized:
            return Ranking((), 1.0)
        in_scope = look.scores.astype(np.float64).round(4)
        # Classes stand by id, so that a stable sort breaks ties by id.
        order = (-in_scope).argsort(kind="stable")[:limit]
        candidates = tuple(map(Candidate, self.intents(order.tolist()), in_scope[order].tolist()))
        ranking = Ranking(candidates, max(0.0, 1 - look.in_scope), normalized=look.normalized, clauses=look.clauses)
        return _with_exact_first(ranking, look.exact) if look.exact else ranking

    def likeness_to_outside(self, text: str) -> float:
        """The margin of the questions out of scope for a message: 0 and more where it is like them, -1 where nothing is."""
        evidence = self.model.evidence(self.model.analyzer(text))
        return float(none_margin(evidence.margins, self._count))

    def warm(self) -> None:
        """Learn pinyin and compile the patterns of danger now, so that the first messages needn't wait for it."""
        self.model.analyzer.warm()
        if self._danger is not None:
            self._danger.warm()
        urgency()

    def scores(
        self, margins: FloatArray, known_share: float | FloatArray, length: int | NDArray[np.int64]
    ) -> FloatArray:
        """Margins by class as probabilities, by intent; what they lack of 1 is that of a message about something else altogether.

        Of several messages at once, each argument has a row for each.
        """
        inside = margins[..., : self._count]
        none = none_margin(margins, self._count)
        shares = softmax(inside * np.float32(self.thresholds.inverse_temperature))
        if isinstance(known_share, float) and isinstance(length, int):
            in_scope = message_scope(self.thresholds.scope, inside.tolist(), float(none), known_share, length)
            return shares * np.float32(in_scope)
        features = scope_features(
            inside, none, np.asarray(known_share, dtype=np.float32), np.asarray(length, dtype=np.float32)
        )
        probabilities: FloatArray = shares * scope_probability(self.thresholds.scope, features)[..., None]
        return probabilities

    def _match_one_question(self, text: str, ranking: Ranking) -> Match:
        decision, reason = self._decide(ranking)
        candidates = ranking.candidates[:MAX_CANDIDATES]
        intent = candidates[0].intent if decision is not Decision.FALLBACK else None
        score = candidates[0].score if candidates else 0.0
        beside = self._beside(candidates) if reason is DecisionReason.SURE else None
        return Match(text, decision, intent, score, candidates, reason=reason, beside=beside)

    def _beside(self, candidates: tuple[Candidate, ...]) -> str | None:
        return next((each.intent for each in candidates[1:2] if each.score >= self.thresholds.beside), None)

    def _decide(self, ranking: Ranking) -> tuple[Decision, DecisionReason]:
        if not ranking.candidates:
            return Decision.FALLBACK, DecisionReason.EMPTY
        if ranking.exact:
            in_scope = ranking.out_of_scope < ranking.candidates[0].score
            return (Decision.ANSWER if in_scope else Decision.FALLBACK), DecisionReason.EXACT
        if self.model.analyzer.is_word(ranking.normalized):
            # A choice of one would be no choice where the word is what the topic is called.
            is_name = [each.intent for each in ranking.candidates] == [self._by_title.get(ranking.normalized)]
            return (Decision.ANSWER, DecisionReason.SURE) if is_name else (Decision.CLARIFY, DecisionReason.TOPIC_ONLY)
        topic_only = len(ranking.normalized) <= self.thresholds.topic_only_length
        return decide(ranking.candidates, ranking.out_of_scope, self.thresholds, topic_only=topic_only)

    def _topics_of_word(self, ranking: Ranking) -> Ranking | None:
        """The topics that speak most of the one word that a message is; None for any other message."""
        normalized = ranking.normalized
        if ranking.exact or not self.model.analyzer.is_word(normalized):
            return None
        mentions = self.model.mentions(normalized)
        total = mentions.total()
        found = [
            (intent, count) for intent, count in mentions.most_common() if intent not in {OUT_OF_SCOPE_CLASS, CRISIS}
        ]
        if not found:
            return None
        return Ranking(
            tuple(Candidate(intent, round(count / total, 4)) for intent, count in found),
            0.0,
            normalized=normalized,
            clauses=ranking.clauses,
        )

    def clauses(self, text: str, ranking: Ranking) -> tuple[FloatArray, ScoredClauses, NDArray[np.bool_], int] | None:
        """What intents.matching.several looks at: the shares of the whole, the clauses, what is related, the length.

        None where a message has one clause only, or asks nothing.
        """
        scored = ranking.clauses
        if scored is None:
            return None
        whole = np.zeros(self._count, dtype=np.float32)
        for each in ranking.candidates:
            whole[self._number[each.intent]] = each.score
        whole *= self._asked
        if not whole.any():
            return None
        return whole / whole.sum(), scored, self._related[int(whole.argmax())], len(_ENDS.sub("", text))

    def intents(self, chosen: Iterable[int]) -> list[str]:
        """The ids of the intents with these numbers, in the order of every array of scores."""
        return [*map(self.model.classes.__getitem__, chosen)]

    def _with_further_questions(self, best: Match, ranking: Ranking) -> Match:
        """What a message asks beside its best intent: the most urgent that is clear is answered, the others are named."""
        found = self.clauses(best.text, ranking)
        if found is None:
            return best
        asked = asked_beside(*found)[:MOST_BESIDE]
        further = [Candidate(self.model.classes[each.intent], round(each.score, 4)) for each in asked]
        clear = [
            candidate
            for candidate, each in zip(further, asked, strict=True)
            if each.leads and each.probability >= ASKED and each.score >= self.thresholds.second_question
        ]
        best_is_clear = bool(clear) and self._says(best.intent, found[1])
        return with_further_questions(best, further, clear, best_is_clear=best_is_clear)

    def _says(self, intent: str | None, clauses: ScoredClauses) -> bool:
        """Whether a question says an intent clearly by itself."""
        if intent is None:
            return False
        number, questions = self._number[intent], clauses.scores[clauses.asks]
        says = (questions.argmax(1) == number) & (questions[:, number] >= self.thresholds.second_question)
        return bool(says.any())

    def _scored_clauses(self, clauses: Sequence[ReadClause], evidence: Sequence[Evidence]) -> ScoredClauses:
        lengths = np.array([each.length for each in clauses])
        known = np.array([each.known_share for each in evidence], dtype=np.float32)
        scores = self.scores(np.stack([each.margins for each in evidence]), known, lengths)
        asking = np.array([each.asks for each in clauses], dtype=np.bool_)
        return ScoredClauses(scores * self._asked, asking, lengths)


def _related(faq: FAQ, number: Mapping[str, int]) -> NDArray[np.bool_]:
    """By two intents, whether one names the other as related."""
    related = np.zeros((len(number), len(number)), dtype=np.bool_)
    for intent in faq.intents:
        for other in filter(number.__contains__, intent.related):
            related[number[intent.id], number[other]] = related[number[other], number[intent.id]] = True
    return related


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
    return replace(ranking, candidates=(*first, *rest), out_of_scope=out_of_scope, exact=len(classes) == 1)


def softmax(values: FloatArray) -> FloatArray:
    """Positive numbers that add up to 1, in the order of the values."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    total: FloatArray = raised / raised.sum(axis=-1, keepdims=True)
    return total
