"""Whether a message is about any of the intents at all: a logistic regression on what its margins look like.

A softmax over the classes knows only how much the best intent leads. How much of the message the FAQ's questions know, and how long
it is, says more about whether it belongs here: docs/decisions/0011-strangers.md.
"""

from collections.abc import Sequence
from math import exp, fsum, log, log1p
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from intents.matching.features import FloatArray
from intents.matching.linear import BIAS
from intents.matching.scope_weights import ScopeWeights

SHARPNESS = 5.0
"""How much greater margins count more in the mean of all of them."""
RIDGE = 1.0
"""How strongly the fit is held to small weights, for features of unit variance."""
ROUNDS = 25
"""Newton steps of the fit; it stands still long before."""

_FACTORS = attrgetter("none_margin", "best_margin", "mean_margin", "known_share", "length", "length_squared")
"""The weights in the order of scope_features."""


def scope_probability(weights: ScopeWeights, features: FloatArray) -> FloatArray:
    """How likely messages are in scope, from their features."""
    scores = np.float32(weights.bias) + features @ np.array(_FACTORS(weights), dtype=np.float32)
    probability: FloatArray = 1 / (1 + np.exp(-scores))
    return probability


def scope_features(
    inside: FloatArray, none: FloatArray, known: FloatArray | np.float32, length: FloatArray | np.float32
) -> FloatArray:
    """By message, what ScopeWeights weighs.

    Args:
        inside: the intents' margins, by message and intent.
        none: the margin of the class out of scope, by message; -1 where the FAQ has no such class.
        known: the share of each message that the questions know.
        length: its length in characters.
    """
    best = inside.max(axis=-1)
    mean = best + np.log(np.exp(SHARPNESS * (inside - best[..., None])).mean(axis=-1)) / SHARPNESS
    logarithm = np.log1p(length)
    features = (none, best, mean, known, logarithm, logarithm**2)
    rows = np.empty((*best.shape, len(features)), dtype=np.float32)
    for place, feature in enumerate(features):
        rows[..., place] = feature
    return rows


def message_scope(weights: ScopeWeights, inside: Sequence[float], none: float, known: float, length: int) -> float:
    """How likely one message is in scope: scope_probability of its scope_features, whose calls of numpy take longer than the work."""
    best = max(inside)
    mean = best + log(fsum(exp(SHARPNESS * (margin - best)) for margin in inside) / len(inside)) / SHARPNESS
    logarithm = log1p(length)
    score = (
        weights.bias
        + weights.none_margin * none
        + weights.best_margin * best
        + weights.mean_margin * mean
        + weights.known_share * known
        + weights.length * logarithm
        + weights.length_squared * logarithm**2
    )
    return 1 / (1 + exp(-score)) if score > 0 else exp(score) / (1 + exp(score))


def fit_scope(features: FloatArray, in_scope: NDArray[np.bool_]) -> ScopeWeights:
    """The weights under which the labels are likeliest (Newton's method, as in scikit-learn's newton-cholesky)."""
    mean, deviation = features.mean(0).astype(np.float64), features.std(0).astype(np.float64)
    deviation[deviation == 0] = 1.0
    rows = np.hstack([np.ones((len(features), 1)), (features - mean) / deviation])
    penalty = np.diag([0.0, *[RIDGE] * features.shape[1]])
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        probability = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (probability - in_scope) + penalty @ weights
        curvature = (rows * (probability * (1 - probability))[:, None]).T @ rows + penalty
        weights -= np.linalg.solve(curvature + 1e-6 * np.eye(len(curvature)), gradient)
    raw = weights[1:] / deviation
    return ScopeWeights(float(weights[0] - raw @ mean), *map(float, raw))


def none_margin(margins: FloatArray, count: int) -> FloatArray:
    """The margin of the class out of scope, which stands behind the count intents; BIAS where there is none."""
    if margins.shape[-1] > count:
        return margins[..., count]
    return np.full(margins.shape[:-1], BIAS, dtype=np.float32)
