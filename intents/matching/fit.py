"""Sets the thresholds from messages with known meaning.

First the scores: the inverse temperature and the margin of “none of these” under which the labels are likeliest (temperature
scaling, Guo et al. 2017), for the FAQ's own questions, each scored by a model that didn't learn from it, and for the corpus alike. Then the
decisions: of the thresholds for answer, clarify, offer and lead, those that answer most and keep out most of what is out of scope, within the Budget.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from intents.faq.schema import FAQ, OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Thresholds
from intents.matching.features import FloatArray
from intents.matching.matcher import softmax
from intents.matching.model import OUT_OF_SCOPE_CLASS, Model, training_questions

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


_INVERSE_TEMPERATURES = tuple(np.arange(4.0, 18.5, 0.5).tolist())
_OOS_MARGINS = (-2.0, *np.arange(-1.0, -0.25, 0.05).tolist())
_ANSWER = tuple(np.arange(0.3, 0.925, 0.025).tolist())
_CLARIFY = tuple(np.arange(0.02, 0.26, 0.02).tolist())
_OFFER = tuple(np.arange(0.02, 0.52, 0.04).tolist())
_LEAD = (0.1, 0.2, 0.3)


@dataclass(frozen=True)
class ScoredUtterances:
    """Messages with the margin of each class."""

    margins: FloatArray
    """By message and class; the last class is what is out of scope."""
    is_right: NDArray[np.bool_]
    """By message and class."""


def out_of_fold(faq: FAQ) -> Iterator[ScoredUtterances]:
    """The FAQ's own questions, a fold at a time, scored by a model trained on the others."""
    for number in range(FOLDS):
        held_out = [
            (label, question)
            for position, (label, question) in enumerate(sorted(training_questions(faq)))
            if position % FOLDS == number
        ]
        model = Model(_without(faq, {question for _, question in held_out}))
        yield _scored(model, [LabeledUtterance(question, label) for label, question in held_out])


def in_corpus(faq: FAQ, utterances: Iterable[LabeledUtterance]) -> ScoredUtterances:
    """Labelled messages, scored by a model trained on the whole FAQ."""
    return _scored(Model(faq), list(utterances))


def fit_thresholds(
    folds: Sequence[ScoredUtterances], corpus: ScoredUtterances, start: Thresholds, budget: Budget | None = None
) -> Thresholds:
    """The thresholds that answer and keep out most within the budget; what isn't fitted is taken over from start."""
    own = _joined(folds)
    inverse_temperature, oos_margin = min(
        product(_INVERSE_TEMPERATURES, _OOS_MARGINS),
        key=lambda pair: sum(_log_loss(scored, *pair) for scored in (own, corpus)),
    )
    probabilities = _probabilities(corpus, inverse_temperature, oos_margin)
    fitted = replace(start, inverse_temperature=inverse_temperature, oos_margin=oos_margin)
    choices = (
        replace(fitted, answer=answer, clarify=clarify, offer=offer, lead=lead)
        for answer, clarify, offer, lead in product(_ANSWER, _CLARIFY, _OFFER, _LEAD)
    )
    limits = budget or Budget()
    return max(choices, key=lambda each: _objective(_outcome(probabilities, corpus.is_right, each), limits))


def as_yaml(thresholds: Thresholds) -> str:
    """The text of thresholds.yaml."""
    lines = [f"{name}: {value:g}" for name, value in asdict(thresholds).items()]
    return "\n".join(["# Set by `youshu eval --fit`; not by hand. What each means stands in decide.py.", *lines, ""])


def _scored(model: Model, utterances: Sequence[LabeledUtterance]) -> ScoredUtterances:
    margins = np.stack([model.evidence(model.analyzer(utterance.text)).margins for utterance in utterances])
    is_right = np.array([[name in _classes(utterance) for name in model.classes] for utterance in utterances])
    return ScoredUtterances(margins, is_right)


def _classes(utterance: LabeledUtterance) -> frozenset[str]:
    """The classes that are right for a message."""
    return frozenset((OUT_OF_SCOPE_CLASS if utterance.intent == OUT_OF_SCOPE else utterance.intent, *utterance.also))


def _without(faq: FAQ, held_out: set[str]) -> FAQ:
    kept = tuple(
        intent.model_copy(update={"questions": tuple(q for q in intent.questions if q not in held_out)})
        for intent in faq.intents
    )
    outside = faq.out_of_scope
    if outside is not None:
        outside = outside.model_copy(update={"questions": tuple(q for q in outside.questions if q not in held_out)})
    return faq.model_copy(update={"intents": kept, "out_of_scope": outside})


def _joined(parts: Sequence[ScoredUtterances]) -> ScoredUtterances:
    return ScoredUtterances(
        np.concatenate([each.margins for each in parts]), np.concatenate([each.is_right for each in parts])
    )


def _probabilities(scored: ScoredUtterances, inverse_temperature: float, oos_margin: float) -> FloatArray:
    """By message and class; that of “none of these” is added to the last class, what is out of scope."""
    none_of_these = np.full((len(scored.margins), 1), oos_margin, dtype=np.float32)
    probabilities = softmax(np.hstack([scored.margins, none_of_these]) * np.float32(inverse_temperature))
    by_class = probabilities[:, :-1].copy()
    by_class[:, -1] += probabilities[:, -1]
    return by_class


def _log_loss(scored: ScoredUtterances, inverse_temperature: float, oos_margin: float) -> float:
    probabilities = _probabilities(scored, inverse_temperature, oos_margin)
    return float(-np.log(np.maximum((probabilities * scored.is_right).sum(1), 1e-9)).mean())


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What thresholds make of the corpus: shares of the messages in scope, and of those out of scope."""

    answered: float
    """In scope, and answered right."""
    wrong: float
    """In scope, and answered wrong."""
    refused: float
    """In scope, and offered nothing."""
    let_in: float
    """Out of scope, and answered."""
    kept_out: float
    """Out of scope, and offered nothing."""


def _outcome(probabilities: FloatArray, is_right: NDArray[np.bool_], thresholds: Thresholds) -> _Outcome:
    """What decide() would make of all messages at once."""
    inside, outside = probabilities[:, :-1], probabilities[:, -1]
    order = np.argsort(-inside, axis=1)[:, :2]
    best, second = np.take_along_axis(inside, order, 1).T
    hit = np.take_along_axis(is_right, order, 1)[:, 0]
    refused = (best < thresholds.clarify) | ((outside > best) & (best < thresholds.offer))
    answered = ~refused & (outside <= best) & (best >= thresholds.answer) & (best - second >= thresholds.lead)
    in_scope = ~is_right[:, -1]
    return _Outcome(
        answered=_mean(answered[in_scope] & hit[in_scope]),
        wrong=_mean(answered[in_scope] & ~hit[in_scope]),
        refused=_mean(refused[in_scope]),
        let_in=_mean(answered[~in_scope]),
        kept_out=_mean(refused[~in_scope]),
    )


def _mean(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean()) if len(holds) else 0.0


def _objective(outcome: _Outcome, budget: Budget) -> tuple[float, float]:
    """What is maximised: keeping within the budget first, then the share answered and, a tenth as much, the share kept out."""
    excess = sum(max(0.0, getattr(outcome, field.name) - getattr(budget, field.name)) for field in fields(Budget))
    return (-round(excess, 4), outcome.answered + outcome.kept_out / 10)
