"""A classifier for a FAQ of very many intents: all of an intent's questions are one document (Rocchio).

Used from 256 intents on, as in the FAQ twenty times as large of benchmarks/check.py: its cost grows with the questions, that of linear.py
with questions times intents. docs/decisions/0001-matching.md has the figures.
"""

import numpy as np

from intents.matching.features import FloatArray, IntArray
from intents.matching.linear import BIAS
from intents.matching.vocabulary import SparseRows

_MEAN_SCORE = 1.2
"""How far above the bias a question scores for its own intent, on average."""


class RocchioClassifier:
    """Weights by column and class, of those pairs only that occur; immutable."""

    def __init__(self, rows: SparseRows, labels: IntArray, classes: int, columns: int) -> None:
        """Learn from rows; labels[i] is the class of row i."""
        pairs, position = np.unique(rows.column * classes + labels[rows.row], return_inverse=True)
        weight = np.bincount(position, rows.value)
        self._class = (pairs % classes).astype(np.int32)
        length = np.sqrt(np.bincount(self._class, weight * weight, minlength=classes))
        weight = weight / length[self._class]
        own_score = np.bincount(rows.row, rows.value * weight[position])
        self._weight = (weight * (_MEAN_SCORE / own_score.mean())).astype(np.float32)
        self._first = np.searchsorted(pairs // classes, np.arange(columns + 1))
        """Where the weights of each column begin."""
        self._classes = classes

    def margins(self, columns: IntArray, values: FloatArray) -> FloatArray:
        """The margin of a text for each class."""
        counts = self._first[columns + 1] - self._first[columns]
        ends = np.cumsum(counts)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self._first[columns] - (ends - counts), counts)
        scores = np.bincount(
            self._class[entries], self._weight[entries] * np.repeat(values, counts), minlength=self._classes
        )
        return (scores + BIAS).astype(np.float32)

    def contributions(self, columns: IntArray, values: FloatArray, label: int) -> FloatArray:
        """What each column adds to the margin of one class."""
        weights = np.zeros(len(columns), dtype=np.float32)
        for position, column in enumerate(columns):
            entries = np.arange(self._first[column], self._first[column + 1])
            weights[position] = self._weight[entries[self._class[entries] == label]].sum()
        return weights * values
