"""Why a message was understood as it was: what was read, what spoke for each intent, which words counted, which rule decided."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from intents.danger.detector import CRISIS, DangerSignal, shipped_detector
from intents.faq.schema import FAQ
from intents.matching.analyzer import AnalyzedText
from intents.matching.features import FeatureView
from intents.matching.matcher import Match, Matcher
from intents.matching.model import Evidence, Model
from intents.matching.second_opinion import SecondOpinion, match_with

EXPLAINED_CANDIDATES = 3
NAMED_WORDS = 5
"""How many of the words that counted are named."""
TRIED_WORDS = 80
"""How many words of a message are tried, from its beginning."""


@dataclass(frozen=True, slots=True)
class WordInfluence:
    """Two neighbouring characters of the message, and what they contribute to the best candidate's lead."""

    word: str
    weight: float
    """By how much the lead over the second candidate, in margins, shrinks without them."""


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """What speaks for one candidate."""

    intent: str
    score: float
    margin: float
    """The sum of shares, and the bias."""
    shares: Mapping[FeatureView, float]
    """What the features of each view add to the margin."""
    nearest_question: str
    """The candidate's question that is most like the message."""
    likeness: float
    """How like, 0 to 100: rapidfuzz ratio."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that made a match."""

    match: Match
    analyzed: AnalyzedText
    """The message in the forms that were compared."""
    out_of_scope: float
    """The score of being none of the intents."""
    known_share: float
    """The share of the message's different characters that some question of the FAQ has, 0 to 1."""
    signal: DangerSignal | None
    """What told of danger to life."""
    candidates: tuple[CandidateEvidence, ...]
    influences: tuple[WordInfluence, ...]
    """The words that counted most, first the one that counted most."""


def explain(faq: FAQ, matcher: Matcher, text: str, opinion: SecondOpinion | None = None) -> Explanation:
    """Take a match apart, made with a second opinion where there is one; many times slower than the match itself."""
    model = matcher.model
    analyzed = model.analyzer(text)
    match = matcher.match(text) if opinion is None else match_with(matcher, opinion, text)
    evidence = model.evidence(analyzed)
    views = np.array([model.vocabulary.feature_name(int(column))[0] for column in evidence.columns], dtype=np.int64)
    explained = [each for each in match.candidates[:EXPLAINED_CANDIDATES] if each.intent in model.classes]
    labels = [model.classes.index(each.intent) for each in explained]
    candidates = []
    for candidate, label in zip(explained, labels, strict=True):
        contributions = model.classifier.contributions(evidence.columns, evidence.values, label)
        shares = {view: float(contributions[views == view].sum()) for view in FeatureView}
        margin = float(evidence.margins[label])
        question, likeness = _nearest_question(faq, matcher, candidate.intent, text)
        candidates.append(CandidateEvidence(candidate.intent, candidate.score, margin, shares, question, likeness))
    return Explanation(
        match=match,
        analyzed=analyzed,
        out_of_scope=matcher.rank(text).out_of_scope,
        known_share=_known_share(model, evidence, analyzed),
        signal=shipped_detector().find(text) if CRISIS in faq.by_id else None,
        candidates=tuple(candidates),
        influences=_influences(model, analyzed, labels[:2]),
    )


def _influences(model: Model, analyzed: AnalyzedText, rivals: list[int]) -> tuple[WordInfluence, ...]:
    """The words without which the lead would change most, none overlapping another."""
    if not rivals[1:]:
        return ()
    text = analyzed.surface
    lead = _lead(model, analyzed, rivals)
    without = {
        start: model.analyzer.analyze_question(text[:start] + text[start + 2 :])
        for start in range(min(len(text) - 1, TRIED_WORDS))
    }
    weights = {start: lead - _lead(model, rest, rivals) for start, rest in without.items()}
    named: list[int] = []
    for start in sorted(weights, key=lambda start: (-abs(weights[start]), start)):
        if len(named) < NAMED_WORDS and all(abs(start - other) > 1 for other in named):
            named.append(start)
    return tuple(WordInfluence(text[start : start + 2], weights[start]) for start in named)


def _lead(model: Model, analyzed: AnalyzedText, rivals: list[int]) -> float:
    margins = model.evidence(analyzed).margins
    return float(margins[rivals[0]] - margins[rivals[1]])


def _known_share(model: Model, evidence: Evidence, analyzed: AnalyzedText) -> float:
    characters = set(analyzed.normalized)
    names = map(model.vocabulary.feature_name, map(int, evidence.columns))
    known = {name for view, name in names if view is FeatureView.CHARACTER}
    return len(characters & known) / len(characters) if characters else 0.0


def _nearest_question(faq: FAQ, matcher: Matcher, intent: str, text: str) -> tuple[str, float]:
    questions = faq.by_id[intent].questions
    normalize = matcher.model.analyzer.normalize
    found = process.extractOne(normalize(text), questions, scorer=fuzz.ratio, processor=normalize)
    return (found[0], found[1]) if found else ("", 0.0)
