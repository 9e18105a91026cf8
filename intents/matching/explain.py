"""Why a message was understood as it was: what was read, which words told, which rule decided."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from intents.danger.detector import CRISIS, DangerSignal, shipped_detector
from intents.faq.schema import FAQ
from intents.matching.decide import DecisionReason
from intents.matching.features import AnalyzedText, FeatureView
from intents.matching.matcher import Match, Matcher
from intents.matching.model import Evidence, Model

SHOWN = 3
"""How many candidates are explained."""
TOLD = 5
"""How many words that told are named."""
WINDOWS = 80
"""How many places of a message are tried for words that told."""


@dataclass(frozen=True, slots=True)
class WordInfluence:
    """Two characters of the message, and how much of the lead over the second candidate goes when they are taken out."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """What each view of the message gives one candidate; with the bias they add up to its margin."""

    intent: str
    score: float
    margin: float
    shares: Mapping[FeatureView, float]
    nearest: str
    """The candidate's question that is most like the message."""
    likeness: float
    """How like, 0 to 100: rapidfuzz ratio."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that made a match."""

    match: Match
    reading: AnalyzedText
    outside: float
    """The score of being none of the intents."""
    known: float
    """The share of the message's single characters that some question of the FAQ has, 0 to 1."""
    signal: DangerSignal | None
    """What told of danger to life."""
    parts: tuple[CandidateEvidence, ...]
    telling: tuple[WordInfluence, ...]

    @property
    def reason(self) -> DecisionReason:
        """What decided."""
        return self.match.reason


def explain(faq: FAQ, matcher: Matcher, text: str) -> Explanation:
    """Take a match apart; slower than the match itself."""
    model = matcher.model
    reading = model.analyzer(text)
    match = matcher.match(text)
    evidence = model.evidence(reading)
    views = np.array([model.vocabulary.name(int(column))[0] for column in evidence.columns], dtype=np.int64)
    shown = [each for each in match.candidates[:SHOWN] if each.intent in model.classes]
    numbers = [model.classes.index(each.intent) for each in shown]
    parts = []
    for candidate, number in zip(shown, numbers, strict=True):
        given = model.scorer.contributions(evidence.columns, evidence.values, number)
        shares = {view: float(given[views == view].sum()) for view in FeatureView}
        nearest, likeness = _nearest(faq, matcher, candidate.intent, text)
        parts.append(
            CandidateEvidence(
                candidate.intent, candidate.score, float(evidence.margins[number]), shares, nearest, likeness
            )
        )
    return Explanation(
        match=match,
        reading=reading,
        outside=matcher.outside(text),
        known=_known(model, evidence, reading),
        signal=shipped_detector().find(text) if CRISIS in faq.by_id else None,
        parts=tuple(parts),
        telling=_telling(model, reading, numbers[:2]),
    )


def _telling(model: Model, reading: AnalyzedText, rivals: list[int]) -> tuple[WordInfluence, ...]:
    """The words without which the lead would change most, none overlapping another."""
    if not rivals[1:]:
        return ()
    text = reading.surface
    whole = _lead(model, reading, rivals)
    windows = range(min(len(text) - 1, WINDOWS))
    losses = {
        at: whole - _lead(model, model.analyzer.analyze_question(text[:at] + text[at + 2 :]), rivals) for at in windows
    }
    told: list[int] = []
    for at in sorted(losses, key=lambda at: (-abs(losses[at]), at)):
        if len(told) < TOLD and all(abs(at - other) > 1 for other in told):
            told.append(at)
    return tuple(WordInfluence(text[at : at + 2], losses[at]) for at in told)


def _lead(model: Model, reading: AnalyzedText, rivals: list[int]) -> float:
    margins = model.evidence(reading).margins
    return float(margins[rivals[0]] - margins[rivals[1]])


def _known(model: Model, evidence: Evidence, reading: AnalyzedText) -> float:
    characters = set(reading.normalized)
    names = map(model.vocabulary.name, map(int, evidence.columns))
    seen = {token for view, token in names if view is FeatureView.CHARACTER}
    return len(characters & seen) / len(characters) if characters else 0.0


def _nearest(faq: FAQ, matcher: Matcher, intent: str, text: str) -> tuple[str, float]:
    questions = faq.by_id[intent].questions
    normalize = matcher.model.analyzer.normalize
    found = process.extractOne(normalize(text), questions, scorer=fuzz.ratio, processor=normalize)
    return (found[0], found[1]) if found else ("", 0.0)
