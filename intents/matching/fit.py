"""Sets the thresholds from messages with known meaning, whole authors at a time.

Every message is scored by a model that learned nothing from its author. From those scores first follow the probabilities: the temperature
of the softmax over intents under which the labels are likeliest (temperature scaling, Guo et al. 2017), and the logistic regression that
tells what is in scope. Then the decisions: of the thresholds for answer and lead those that answer most within the Budget, and for offer
the greatest that refuses few enough.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from intents.danger.detector import CRISIS
from intents.faq.schema import OUT_OF_SCOPE
from intents.matching.corpus import LabeledUtterance
from intents.matching.decide import Thresholds
from intents.matching.features import FloatArray
from intents.matching.matcher import softmax
from intents.matching.model import OUT_OF_SCOPE_CLASS, Model
from intents.matching.scope import fit_scope, none_margin, scope_features, scope_probability


@dataclass(frozen=True, slots=True)
class Budget:
    """What may go wrong, as shares of the messages; tighter than the goals, since strangers are never quite like these."""

    wrong: float = 0.02
    """In scope, and given a wrong answer."""
    refused: float = 0.008
    """In scope, and offered nothing."""
    let_in: float = 0.05
    """Out of scope, and answered."""


_INVERSE_TEMPERATURES = tuple(np.arange(4.0, 14.5, 0.5).tolist())
_ANSWER = tuple(np.arange(0.2, 0.925, 0.0125).tolist())
_NEVER = -9.0
"""A margin that no intent has."""
_OFFER = tuple(np.arange(0.3, 0.01, -0.01).tolist())
_LEAD = (0.05, 0.1, 0.15, 0.2)


@dataclass(frozen=True)
class ScoredUtterances:
    """Messages with what a model that never saw their author makes of them."""

    inside: FloatArray
    """The margins by message and intent."""
    features: FloatArray
    """What the scope is told from, by message."""
    is_right: NDArray[np.bool_]
    """By message and intent; none is right for what is out of scope."""
    in_scope: NDArray[np.bool_]
    """By message."""


def score(model: Model, utterances: Sequence[LabeledUtterance]) -> ScoredUtterances:
    """Labelled messages as a model sees them."""
    names = [name for name in model.classes if name != OUT_OF_SCOPE_CLASS]
    normalized = [model.analyzer.normalize(utterance.text) for utterance in utterances]
    evidence = [model.evidence(model.analyzer.analyze_normalized(text)) for text in normalized]
    margins = np.stack([each.margins for each in evidence])
    inside = margins[:, : len(names)]
    known = np.array([each.known_share for each in evidence], dtype=np.float32)
    length = np.array([len(text) for text in normalized], dtype=np.float32)
    features = scope_features(inside, none_margin(margins, len(names)), known, length)
    is_right = np.array([[name in (each.intent, *each.also) for name in names] for each in utterances])
    in_scope = np.array([each.intent != OUT_OF_SCOPE for each in utterances])
    # Likeness alone never offers danger to life, so it takes no part in what is decided.
    stray = np.array([name == CRISIS for name in names])
    return ScoredUtterances(np.where(stray, np.float32(_NEVER), inside), features, is_right, in_scope)


def joined(parts: Iterable[ScoredUtterances]) -> ScoredUtterances:
    """The messages of several authors; all models must know the same intents."""
    listed = list(parts)
    return ScoredUtterances(
        np.concatenate([each.inside for each in listed]),
        np.concatenate([each.features for each in listed]),
        np.concatenate([each.is_right for each in listed]),
        np.concatenate([each.in_scope for each in listed]),
    )


def fit_thresholds(scored: ScoredUtterances, start: Thresholds, budget: Budget | None = None) -> Thresholds:
    """The thresholds that answer and keep out most within the budget; what isn't fitted is taken over from start."""
    limits = budget or Budget()
    inside = scored.in_scope & scored.is_right.any(1)
    inverse_temperature = min(
        _INVERSE_TEMPERATURES, key=lambda value: _log_loss(scored.inside[inside], scored.is_right[inside], value)
    )
    scope = fit_scope(scored.features, scored.in_scope)
    fitted = replace(start, inverse_temperature=inverse_temperature, scope=scope)
    chance = scope_probability(scope, scored.features)
    scores = _Scores.of(scored, softmax(scored.inside * np.float32(inverse_temperature)) * chance[:, None])
    offer = next((each for each in _OFFER if scores.refused(chance, each, start.floor) <= limits.refused), _OFFER[-1])
    choices = [
        replace(fitted, answer=round(answer, 4), offer=round(offer, 4), lead=lead)
        for answer, lead in product(_ANSWER, _LEAD)
    ]
    return max(choices, key=lambda each: scores.objective(each, limits))


def as_yaml(thresholds: Thresholds) -> str:
    """The text of thresholds.yaml."""
    numbers = asdict(thresholds)
    weights = numbers.pop("scope")
    lines = [f"{name}: {value:g}" for name, value in numbers.items()]
    lines += ["scope:", *(f"  {name}: {value:.6g}" for name, value in weights.items())]
    return "\n".join(["# Set by `youshu eval --fit`; not by hand. What each means stands in decide.py.", *lines, ""])


def _log_loss(inside: FloatArray, is_right: NDArray[np.bool_], inverse_temperature: float) -> float:
    shares = softmax(inside * np.float32(inverse_temperature))
    return float(-np.log(np.maximum((shares * is_right).sum(1), 1e-9)).mean()) if len(inside) else 0.0


@dataclass(frozen=True)
class _Scores:
    """The two best scores of each message."""

    best: FloatArray
    second: FloatArray
    hit: NDArray[np.bool_]
    """The best intent is right."""
    in_scope: NDArray[np.bool_]

    @classmethod
    def of(cls, scored: ScoredUtterances, probabilities: FloatArray) -> "_Scores":
        order = np.argsort(-probabilities, axis=1)[:, :2]
        best, second = np.take_along_axis(probabilities, order, 1).T
        return cls(best, second, np.take_along_axis(scored.is_right, order, 1)[:, 0], scored.in_scope)

    def refused(self, chance: FloatArray, offer: float, floor: float) -> float:
        """The share of what is in scope that is offered nothing."""
        return _mean(((chance < offer) | (self.best < floor))[self.in_scope])

    def objective(self, thresholds: Thresholds, budget: Budget) -> tuple[float, float]:
        """What is maximised: keeping within the budget first, then the share answered right."""
        answered = (self.best >= thresholds.answer) & (self.best - self.second >= thresholds.lead)
        inside, outside = answered[self.in_scope], answered[~self.in_scope]
        hit = self.hit[self.in_scope]
        excess = max(0.0, _mean(inside & ~hit) - budget.wrong) + max(0.0, _mean(outside) - budget.let_in)
        return (-round(excess, 4), _mean(inside & hit))


def _mean(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean()) if len(holds) else 0.0
