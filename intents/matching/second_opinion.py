"""What a second opinion changes about a match that the core isn't sure of (why, and what it brings: docs/decisions/0017-second-opinion.md).

A second opinion sees a message differently, as sentence embeddings do; intents.matching.semantic has one. With it the core would ask back
below SURE, and hears it before it does. Where no second opinion comes, what the core decides by itself holds.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log
from typing import Protocol

from intents.danger.detector import CRISIS, DangerLevel, shipped_detector
from intents.matching.clauses import split_clauses
from intents.matching.decide import Candidate, Decision, DecisionReason
from intents.matching.match import MAX_CANDIDATES, Match, Ranking
from intents.matching.matcher import Matcher
from intents.matching.model import OUT_OF_SCOPE_CLASS
from intents.matching.normalize import truncate

CORE = 0.7
"""How much the core counts in the weighted mean of the logarithms; the second opinion has the rest."""
SURE = 0.75
"""What the core answers from this score on needs no second opinion; below, both must agree."""
ANSWER = 0.5
"""From this common score on the best intent is answered, if its lead is enough."""
LEAD = 0.05
"""By how much the best common score must exceed the second."""
BESIDE = 0.15
"""From this common score on the second intent is named beneath the answer."""
_LEAST = 1e-5
"""What nobody thinks possible counts as so likely, so that one opinion can't forbid what the other is sure of."""
_DOUBT = frozenset({DecisionReason.OUT_OF_SCOPE, DecisionReason.UNSURE, DecisionReason.SMALL_LEAD})


class SecondOpinion(Protocol):
    """Another view of what a message means; safe to call from one thread at a time."""

    def scores(self, text: str) -> Mapping[str, float]:
        """How likely each intent is, and OUT_OF_SCOPE_CLASS; they add up to 1."""


def is_doubtful(match: Match, ranking: Ranking) -> bool:
    """Whether a second opinion about a match is worth its time; where further questions are offered, it isn't: it knows of one only."""
    likeliest = (each.intent for each in ranking.without_stray().candidates)
    if any(each.intent != name for each, name in zip(match.candidates, likeliest, strict=False)):
        return False
    return match.reason in _DOUBT or (match.reason is DecisionReason.SURE and match.score < SURE)


def has_sign_of_danger(text: str) -> bool:
    """Whether a message, or a part of it, tells of danger to life, however doubtful."""
    assess = shipped_detector().assess
    parts = (truncate(text), *(clause.text for clause in split_clauses(text)))
    return any(assess(part).level is not DangerLevel.NONE for part in parts)


def match_with(matcher: Matcher, opinion: SecondOpinion, text: str) -> Match:
    """What a message by itself means, with a second opinion where that is worth it."""
    ranking = matcher.rank(text)
    match = matcher.match(text, ranking=ranking)
    if not is_doubtful(match, ranking) or has_sign_of_danger(text):
        return match
    return with_second_opinion(match, ranking, opinion.scores(text))


def with_second_opinion(match: Match, ranking: Ranking, scores: Mapping[str, float]) -> Match:
    """A match as it is with a second opinion, if it was doubtful; danger to life is never what the opinion makes of it.

    Args:
        match: what the core decided.
        ranking: the score of every intent, that the core decided by.
        scores: what SecondOpinion.scores says of the same message.
    """
    if not is_doubtful(match, ranking):
        return match
    both = _common_scores(ranking.without_stray(), scores)
    outside = both.pop(OUT_OF_SCOPE_CLASS)
    order = sorted(both, key=lambda name: (-both[name], name))[:MAX_CANDIDATES]
    best, second = both[order[0]], both[order[1]] if order[1:] else 0.0
    is_answer = best >= max(ANSWER, outside) and best - second >= LEAD
    if not is_answer and match.decision is Decision.FALLBACK:
        return match
    return replace(
        match,
        decision=Decision.ANSWER if is_answer else Decision.CLARIFY,
        intent=order[0],
        score=round(best, 4),
        candidates=tuple(Candidate(name, round(both[name], 4)) for name in order),
        reason=DecisionReason.SECOND_OPINION,
        beside=order[1] if is_answer and second >= BESIDE else None,
    )


def _common_scores(ranking: Ranking, scores: Mapping[str, float]) -> dict[str, float]:
    """The weighted mean of both opinions' logarithms, as scores that add up to 1; danger to life takes no part."""
    core = {each.intent: each.score for each in ranking.candidates} | {OUT_OF_SCOPE_CLASS: ranking.out_of_scope}
    names = (core.keys() | scores.keys()) - {CRISIS}
    mean = {name: exp(CORE * _log(core.get(name)) + (1 - CORE) * _log(scores.get(name))) for name in names}
    total = sum(mean.values())
    return {name: value / total for name, value in mean.items()}


def _log(score: float | None) -> float:
    return log(max(score or 0.0, _LEAST))
