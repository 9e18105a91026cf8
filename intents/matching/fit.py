"""Sets the thresholds from messages with known meaning, so that nobody sets them on a hunch.

Two steps. Scores: sharpness and the margin of the unknown are those under which the labels are likeliest
(temperature scaling, Guo et al. 2017), judged half on the FAQ's own questions, each scored by a model that
never saw it, half on the corpus. Decisions: answer, clarify, offer and margin are those that answer most
messages and keep out most of what is out of scope, within the Budget.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Thresholds
from intents.matching.features import Weights
from intents.matching.matcher import softmax
from intents.matching.model import OUTSIDE, Model, labelled_questions

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """What may go wrong, as shares of the corpus; tighter than the goals, since other messages are never quite like these."""

    wrong: float = 0.015
    """In scope, and given a wrong answer."""
    refused: float = 0.002
    """In scope, and offered nothing."""
    let_in: float = 0.04
    """Out of scope, and answered."""


_SHARPNESS = tuple(np.arange(4.0, 18.5, 0.5).tolist())
_UNKNOWN = (-2.0, *np.arange(-1.0, -0.25, 0.05).tolist())
_ANSWER = tuple(np.arange(0.3, 0.925, 0.025).tolist())
_CLARIFY = tuple(np.arange(0.02, 0.26, 0.02).tolist())
_OFFER = tuple(np.arange(0.02, 0.52, 0.04).tolist())
_MARGIN = (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class ScoredUtterances:
    """Margins by message and class, and which classes are right for each message."""

    margins: Weights
    right: NDArray[np.bool_]


def out_of_fold(faq: FAQ) -> Iterator[ScoredUtterances]:
    """The FAQ's own questions, a fold at a time, scored by a model trained on the others."""
    for number in range(FOLDS):
        held = [
            (owner, question)
            for k, (owner, question) in enumerate(sorted(labelled_questions(faq)))
            if k % FOLDS == number
        ]
        model = Model(_without(faq, {question for _, question in held}))
        yield _scored(model, [LabeledUtterance(question, owner) for owner, question in held])


def in_corpus(faq: FAQ, sentences: Iterable[LabeledUtterance]) -> ScoredUtterances:
    """Labelled messages, scored by a model trained on the whole FAQ."""
    return _scored(Model(faq), list(sentences))


def fit_thresholds(
    own: Sequence[ScoredUtterances], corpus: ScoredUtterances, start: Thresholds, budget: Budget | None = None
) -> Thresholds:
    """The thresholds that answer and keep out most within the budget; what isn't fitted is taken over from start."""
    folds = _joined(own)
    sharpness, unknown = min(
        product(_SHARPNESS, _UNKNOWN),
        key=lambda pair: sum(_surprise(scored, *pair) for scored in (folds, corpus)),
    )
    chances = _chances(corpus, sharpness, unknown)
    choices = (
        replace(
            start,
            inverse_temperature=sharpness,
            oos_margin=unknown,
            answer=answer,
            clarify=clarify,
            offer=offer,
            lead=margin,
        )
        for answer, clarify, offer, margin in product(_ANSWER, _CLARIFY, _OFFER, _MARGIN)
    )
    limits = budget or Budget()
    return max(choices, key=lambda each: _worth(_shares(chances, corpus.right, each), limits))


def as_yaml(thresholds: Thresholds) -> str:
    """The text of thresholds.yaml."""
    lines = [f"{name}: {value:g}" for name, value in asdict(thresholds).items()]
    return "\n".join(["# Set by `youshu eval --fit`; not by hand. What each means stands in decide.py.", *lines, ""])


def _scored(model: Model, sentences: Sequence[LabeledUtterance]) -> ScoredUtterances:
    margins = np.stack([model.evidence(model.analyzer(sentence.text)).margins for sentence in sentences])
    right = np.array([[name in _labels(sentence) for name in model.classes] for sentence in sentences])
    return ScoredUtterances(margins, right)


def _labels(sentence: LabeledUtterance) -> frozenset[str]:
    return frozenset((OUTSIDE if sentence.intent == OUT_OF_SCOPE else sentence.intent, *sentence.also))


def _without(faq: FAQ, held: set[str]) -> FAQ:
    kept = tuple(
        intent.model_copy(update={"questions": tuple(q for q in intent.questions if q not in held)})
        for intent in faq.intents
    )
    outside = faq.out_of_scope
    if outside is not None:
        outside = outside.model_copy(update={"questions": tuple(q for q in outside.questions if q not in held)})
    return faq.model_copy(update={"intents": kept, "out_of_scope": outside})


def _joined(parts: Sequence[ScoredUtterances]) -> ScoredUtterances:
    return ScoredUtterances(
        np.concatenate([each.margins for each in parts]), np.concatenate([each.right for each in parts])
    )


def _chances(scored: ScoredUtterances, sharpness: float, unknown: float) -> Weights:
    """Probabilities by class; that of an unknown message is added to the last class, what is out of scope."""
    floor = np.full((len(scored.margins), 1), unknown, dtype=np.float32)
    chances = softmax(np.hstack([scored.margins, floor]) * np.float32(sharpness))
    known = chances[:, :-1].copy()
    known[:, -1] += chances[:, -1]
    return known


def _surprise(scored: ScoredUtterances, sharpness: float, unknown: float) -> float:
    chances = _chances(scored, sharpness, unknown)
    return float(-np.log(np.maximum((chances * scored.right).sum(1), 1e-9)).mean())


@dataclass(frozen=True, slots=True)
class _Shares:
    answered: float
    wrong: float
    refused: float
    let_in: float
    kept_out: float


def _shares(chances: Weights, right: NDArray[np.bool_], thresholds: Thresholds) -> _Shares:
    inside, outside = chances[:, :-1], chances[:, -1]
    order = np.argsort(-inside, axis=1)[:, :2]
    best, second = np.take_along_axis(inside, order, 1).T
    hit = np.take_along_axis(right, order, 1)[:, 0]
    refused = (best < thresholds.clarify) | ((outside > best) & (best < thresholds.offer))
    answered = ~refused & (outside <= best) & (best >= thresholds.answer) & (best - second >= thresholds.lead)
    inner = ~right[:, -1]
    return _Shares(
        answered=_mean(answered[inner] & hit[inner]),
        wrong=_mean(answered[inner] & ~hit[inner]),
        refused=_mean(refused[inner]),
        let_in=_mean(answered[~inner]),
        kept_out=_mean(refused[~inner]),
    )


def _mean(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean()) if len(holds) else 0.0


def _worth(shares: _Shares, budget: Budget) -> tuple[float, float]:
    """Within the budget first; then as many answered and kept out as may be."""
    excess = sum(max(0.0, getattr(shares, field.name) - getattr(budget, field.name)) for field in fields(Budget))
    return (-round(excess, 4), shares.answered + shares.kept_out / 10)
