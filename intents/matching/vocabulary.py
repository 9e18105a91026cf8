"""The features that the FAQ's questions have, with their TF-IDF weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from intents.matching.analyzer import AnalyzedText
from intents.matching.features import (
    FEATURE_BITS,
    FEATURE_MASK,
    VIEW_SHIFT,
    VIEW_WEIGHTS,
    FeatureView,
    FloatArray,
    IntArray,
    extract_features,
    extract_placed_features,
    feature_name,
    view_of,
)

UNKNOWN_WEIGHT = 1.0
"""How much a feature that no question has counts for the length of a message: the more is unknown, the weaker is the rest."""

_NO_FEATURE = -1
"""Stands behind the last feature, for what is greater than all of them."""
_ROW_BITS = 63 - FEATURE_BITS
"""What a feature leaves of a 64-bit number for the position of its text."""


@dataclass(frozen=True)
class SparseRows:
    """A sparse matrix with rows of unit length: entry k is value[k], in row[k] (a text) and column[k] (a feature)."""

    row: IntArray
    column: IntArray
    value: FloatArray


class Vocabulary:
    """The features of at most half a million questions, weighted by TF-IDF: a rare one weighs more; immutable."""

    def __init__(self, features: IntArray, weights: FloatArray, unknown: FloatArray) -> None:
        """Take the features in order, the weight of each, and by view that of a feature that no question has."""
        self.features, self.weights, self.unknown = features, weights, unknown
        self._ended_features = np.append(features, _NO_FEATURE)
        self._unknown_weights = sqrt(UNKNOWN_WEIGHT) * unknown.astype(np.float64)

    @classmethod
    def learn(
        cls, questions: Sequence[AnalyzedText], weights: Mapping[FeatureView, float] = VIEW_WEIGHTS
    ) -> tuple["Vocabulary", SparseRows]:
        """The features of these questions, and the questions themselves, a row each."""
        features, column, row, count = _counted(*extract_features(questions))
        frequency = np.bincount(column, minlength=len(features))
        scale = np.sqrt(np.array([weights[view] for view in FeatureView]))
        inverse_frequency = np.log((1 + len(questions)) / (1 + frequency)) + 1
        found = (inverse_frequency * scale[view_of(features)]).astype(np.float32)
        unknown = ((np.log(1 + len(questions)) + 1) * scale).astype(np.float32)
        value = (1 + np.log(count)) * found[column]
        length = np.sqrt(np.bincount(row, value * value, minlength=len(questions)))
        return cls(features, found, unknown), SparseRows(row, column, (value / length[row]).astype(np.float32))

    def __len__(self) -> int:
        return len(self.features)

    def feature_name(self, column: int) -> tuple[FeatureView, str]:
        """The feature in this column, as people read it."""
        return feature_name(int(self.features[column]))

    def transform(self, text: AnalyzedText) -> tuple[IntArray, FloatArray]:
        """A text's columns and values, a vector of at most unit length; features that no question has are left out."""
        return self.transform_many((text,))[0]

    def transform_many(self, texts: Sequence[AnalyzedText]) -> list[tuple[IntArray, FloatArray]]:
        """The same for many texts at once, in a fraction of the time."""
        keys = extract_placed_features(texts)
        # By text, then by feature, so that each text's columns stand together and in order.
        keys.sort()
        first, count = _stretches(keys)
        keys = keys[first]
        row, feature = keys >> FEATURE_BITS, keys & FEATURE_MASK
        column = self.features.searchsorted(feature)
        is_known = self._ended_features[column] == feature
        column = column[is_known]
        value = self._unknown_weights[feature >> VIEW_SHIFT]
        value[is_known] = (1 + np.log(count[is_known])) * self.weights[column]
        length = np.sqrt(np.bincount(row, value * value, minlength=len(texts)))
        known_row = row[is_known]
        values = (value[is_known] / length[known_row]).astype(np.float32)
        ends = known_row.searchsorted(np.arange(len(texts) + 1)).tolist()
        return [(column[start:end], values[start:end]) for start, end in pairwise(ends)]


def _counted(row: IntArray, feature: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """The different features in order; then, for each feature of each text: its column, the text's row, how often it occurs."""
    # One sort of both together, where sorting features and then pairs would be two.
    keys = feature << _ROW_BITS
    keys |= row
    keys.sort()
    first, count = _stretches(keys)
    keys = keys[first]
    row = keys & ((1 << _ROW_BITS) - 1)
    keys >>= _ROW_BITS
    is_new = _is_new(keys)
    return keys[is_new], np.cumsum(is_new) - 1, row, count


def _stretches(ordered: IntArray) -> tuple[IntArray, IntArray]:
    """Where each stretch of equal numbers begins, and how long it is."""
    bounds = np.ones(len(ordered) + 1, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=bounds[1:-1])
    (found,) = bounds.nonzero()
    return found[:-1], found[1:] - found[:-1]


def _is_new(ordered: IntArray) -> NDArray[np.bool_]:
    """Where a number differs from the one before it."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
