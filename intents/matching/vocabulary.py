"""The features that the FAQ's questions have, with their TF-IDF weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from intents.matching.analyzer import AnalyzedText
from intents.matching.features import (
    FEATURE_BITS,
    VIEW_SHIFT,
    VIEW_WEIGHTS,
    FeatureView,
    FloatArray,
    IntArray,
    count_features,
    extract_features,
    feature_name,
    view_of,
)

UNKNOWN_WEIGHT = 1.0
"""How much a feature that no question has counts for the length of a message: the more is unknown, the weaker is the rest."""

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

    def __init__(self, questions: Sequence[AnalyzedText], weights: Mapping[FeatureView, float] = VIEW_WEIGHTS) -> None:
        self._features, column, row, count = _counted(*extract_features(questions))
        frequency = np.bincount(column, minlength=len(self._features))
        scale = np.sqrt(np.array([weights[view] for view in FeatureView]))
        inverse_frequency = np.log((1 + len(questions)) / (1 + frequency)) + 1
        self._weights = (inverse_frequency * scale[view_of(self._features)]).astype(np.float32)
        self._unknown_weights = ((np.log(1 + len(questions)) + 1) * scale).astype(np.float32)
        self._unknown_squares = [float(weight) ** 2 for weight in self._unknown_weights]
        value = (1 + np.log(count)) * self._weights[column]
        length = np.sqrt(np.bincount(row, value * value, minlength=len(questions)))
        self.training_rows = SparseRows(row, column, (value / length[row]).astype(np.float32))
        """The questions themselves, a row each."""

    def __len__(self) -> int:
        return len(self._features)

    def feature_name(self, column: int) -> tuple[FeatureView, str]:
        """The feature in this column, as people read it."""
        return feature_name(int(self._features[column]))

    def transform(self, text: AnalyzedText) -> tuple[IntArray, FloatArray]:
        """A text's columns and values, a vector of at most unit length; features that no question has are left out."""
        counts = count_features(text)
        feature = np.array(sorted(counts), dtype=np.int64)
        column = np.minimum(self._features.searchsorted(feature), len(self._features) - 1)
        known = self._features[column] == feature
        views = [number >> VIEW_SHIFT for number in feature[~known].tolist()]
        column = column[known]
        value = self._weights[column].astype(np.float64)
        if max(counts.values()) > 1:
            value *= [1 + log(counts[number]) for number in feature[known].tolist()]
        squares = sum(self._unknown_squares[view] for view in views)
        length = sqrt(float(value.dot(value)) + UNKNOWN_WEIGHT * squares)
        return column, (value / (length or 1.0)).astype(np.float32)

    def transform_many(self, texts: Sequence[AnalyzedText]) -> list[tuple[IntArray, FloatArray]]:
        """The same for many texts at once, in a fraction of the time; the order of the columns may be another."""
        feature, number, row, count = _counted(*extract_features(texts))
        column = np.minimum(np.searchsorted(self._features, feature), len(self._features) - 1)
        is_known = (self._features[column] == feature)[number]
        unknown = self._unknown_weights[view_of(feature)][number]
        value = np.where(is_known, (1 + np.log(count)) * self._weights[column][number], 0)
        squares = np.where(is_known, value * value, UNKNOWN_WEIGHT * unknown * unknown)
        length = np.sqrt(np.bincount(row, squares, minlength=len(texts)))
        value = (value / length[row]).astype(np.float32)
        order = np.argsort(row[is_known], kind="stable")
        columns, values = column[number][is_known][order], value[is_known][order]
        ends = np.cumsum(np.bincount(row[is_known], minlength=len(texts)))[:-1]
        return list(zip(np.split(columns, ends), np.split(values, ends), strict=True))


def _counted(row: IntArray, feature: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """The different features in order; then, for each feature of each text: its column, the text's row, how often it occurs."""
    # One sort of both together, where sorting features and then pairs would be two.
    keys = feature << _ROW_BITS
    keys |= row
    keys.sort()
    first = np.flatnonzero(_is_new(keys))
    count = np.diff(first, append=len(keys))
    keys = keys[first]
    row = keys & ((1 << _ROW_BITS) - 1)
    keys >>= _ROW_BITS
    is_new = _is_new(keys)
    return keys[is_new], np.cumsum(is_new) - 1, row, count


def _is_new(ordered: IntArray) -> NDArray[np.bool_]:
    """Where a number differs from the one before it."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
