"""Whether a message is about any intent at all."""

import math
from dataclasses import astuple

import numpy as np
import pytest

from intents.matching.linear import BIAS
from intents.matching.scope import RIDGE, fit_scope, message_scope, none_margin, scope_features, scope_probability
from intents.matching.scope_weights import ScopeWeights

WEIGHTS = ScopeWeights(0.0, -2.0, 3.0, 0.0, 1.0, 0.0, 0.0)


def probability(inside: list[float], none: float, known: float = 0.5, length: int = 10) -> float:
    margins = np.array(inside, dtype=np.float32)
    alone, share, characters = (np.array(value, dtype=np.float32) for value in (none, known, length))
    features = scope_features(margins, alone, share, characters)
    return float(scope_probability(WEIGHTS, features))


def test_the_more_like_an_intent_and_the_less_like_what_is_outside_the_likelier() -> None:
    assert probability([0.5, -0.9], -0.9) > probability([-0.5, -0.9], -0.9) > probability([-0.5, -0.9], 0.5)


@pytest.mark.parametrize("bias", [-3.0, -0.5, 0.0, 0.5, 3.0])
def test_one_message_alone_is_as_likely_as_among_others(bias: float) -> None:
    weights, inside = ScopeWeights(bias, -2.0, 3.0, 0.5, 1.0, -0.5, 0.125), [0.5, -0.25, -0.9]
    margins, none, known, length = (np.array(each, dtype=np.float32) for each in (inside, -0.5, 0.75, 12))
    together = float(scope_probability(weights, scope_features(margins, none, known, length)))
    assert message_scope(weights, inside, -0.5, 0.75, 12) == pytest.approx(together, abs=1e-6)


def test_no_margin_is_too_large_for_a_probability() -> None:
    assert message_scope(WEIGHTS, [1e6], 0.0, 0.0, 1) == 1
    assert message_scope(WEIGHTS, [-1e6], 0.0, 0.0, 1) == 0


def test_more_known_words_make_it_likelier() -> None:
    assert probability([0.0], -0.5, known=0.9) > probability([0.0], -0.5, known=0.1)


def test_without_a_class_of_what_is_outside_its_margin_is_the_bias() -> None:
    assert none_margin(np.array([0.5, 0.1], dtype=np.float32), 2) == pytest.approx(BIAS)
    assert none_margin(np.array([0.5, 0.1, 0.25], dtype=np.float32), 2) == pytest.approx(0.25)


def test_the_fit_finds_what_separates() -> None:
    # Not before: importing it takes as long as all tests of this module.

    rng = np.random.default_rng(1)
    features = rng.normal(size=(400, 6)).astype(np.float32)
    in_scope = features[:, 1] - features[:, 0] + rng.normal(scale=0.3, size=400) > 0
    found = fit_scope(features, in_scope)
    assert found.best_margin > 1 > -1 > found.none_margin
    right = (scope_probability(found, features) > 0.5) == in_scope
    assert right.mean() > 0.9


def test_the_fit_is_the_same_as_scikit_learns() -> None:
    # Not before: importing it takes as long as all tests of this module.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    rng = np.random.default_rng(2)
    features = (rng.normal(size=(300, 6)) * [1, 2, 3, 0.1, 10, 50] + [3, -1, 0, 5, 20, -40]).astype(np.float32)
    in_scope = features[:, 1] / 2 - features[:, 0] + 3 + rng.normal(size=300) > 0
    mean, deviation = features.mean(0).astype(np.float64), features.std(0).astype(np.float64)
    theirs = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=10_000).fit((features - mean) / deviation, in_scope)
    raw = theirs.coef_[0] / deviation
    found = astuple(fit_scope(features, in_scope))
    assert found[1:] == pytest.approx(raw, rel=1e-4)
    assert found[0] == pytest.approx(theirs.intercept_[0] - raw @ mean, rel=1e-4)


def test_what_is_weighed_of_a_message() -> None:
    inside = np.array([[0.5, 0.5], [0.5, -0.5]], dtype=np.float32)
    known, length = (np.array(value, dtype=np.float32) for value in ([0.25, 1.0], [0, 9]))
    features = scope_features(inside, np.array([-0.75, -1.0], dtype=np.float32), known, length)
    mean = 0.5 + math.log((1 + math.exp(-5)) / 2) / 5
    assert features == pytest.approx(
        np.array([[-0.75, 0.5, 0.5, 0.25, 0, 0], [-1, 0.5, mean, 1, math.log(10), math.log(10) ** 2]]), abs=1e-6
    )


def test_a_feature_that_never_varies_stops_no_fit() -> None:
    features = np.zeros((20, 6), dtype=np.float32)
    features[:10, 1] = 1
    found = fit_scope(features, np.arange(20) < 10)
    assert found.best_margin > 0
