"""Whether a message is about any intent at all."""

import numpy as np
import pytest

from intents.matching.linear import BIAS
from intents.matching.scope import fit_scope, none_margin, scope_features, scope_probability
from intents.matching.scope_weights import ScopeWeights

WEIGHTS = ScopeWeights(0.0, -2.0, 3.0, 0.0, 1.0, 0.0, 0.0)


def probability(inside: list[float], none: float, known: float = 0.5, length: int = 10) -> float:
    margins = np.array(inside, dtype=np.float32)
    alone, share, characters = (np.array(value, dtype=np.float32) for value in (none, known, length))
    features = scope_features(margins, alone, share, characters)
    return float(scope_probability(WEIGHTS, features))


def test_the_more_like_an_intent_and_the_less_like_what_is_outside_the_likelier() -> None:
    assert probability([0.5, -0.9], -0.9) > probability([-0.5, -0.9], -0.9) > probability([-0.5, -0.9], 0.5)


def test_more_known_words_make_it_likelier() -> None:
    assert probability([0.0], -0.5, known=0.9) > probability([0.0], -0.5, known=0.1)


def test_without_a_class_of_what_is_outside_its_margin_is_the_bias() -> None:
    assert none_margin(np.array([0.5, 0.1], dtype=np.float32), 2) == pytest.approx(BIAS)
    assert none_margin(np.array([0.5, 0.1, 0.25], dtype=np.float32), 2) == pytest.approx(0.25)


def test_the_fit_finds_what_separates() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(400, 6)).astype(np.float32)
    in_scope = features[:, 1] - features[:, 0] + rng.normal(scale=0.3, size=400) > 0
    found = fit_scope(features, in_scope)
    assert found.best_margin > 1 > -1 > found.none_margin
    right = (scope_probability(found, features) > 0.5) == in_scope
    assert right.mean() > 0.9


def test_a_feature_that_never_varies_stops_no_fit() -> None:
    features = np.zeros((20, 6), dtype=np.float32)
    features[:10, 1] = 1
    found = fit_scope(features, np.arange(20) < 10)
    assert found.best_margin > 0
