"""For a FAQ of very many intents: each intent's questions as one document, compared by their angle (Rocchio).

Less exact than linear.py, but its cost grows with the questions and not with questions times intents.
"""

import numpy as np

from intents.matching.features import Codes, SparseRows, Weights
from intents.matching.linear import BIAS

_REACHED = 1.2
"""By how much, on average, a question lifts its own intent above the bias."""


class RocchioClassifier:
    """Weights by column and class, of those pairs only that occur; immutable."""

    def __init__(self, rows: SparseRows, owners: Codes, classes: int, columns: int) -> None:
        keys = rows.column * classes + owners[rows.row]
        pairs, place = np.unique(keys, return_inverse=True)
        weight = np.bincount(place, rows.value)
        self._class = (pairs % classes).astype(np.int32)
        column = pairs // classes
        length = np.sqrt(np.bincount(self._class, weight * weight, minlength=classes))
        weight = weight / length[self._class]
        reached = np.bincount(rows.row, rows.value * weight[place])
        self._weight = (weight * (_REACHED / reached.mean())).astype(np.float32)
        self._first = np.searchsorted(column, np.arange(columns + 1))
        self._classes = classes

    def margins(self, columns: Codes, values: Weights) -> Weights:
        """What a text's columns add up to, by class."""
        counts = self._first[columns + 1] - self._first[columns]
        ends = np.cumsum(counts)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self._first[columns] - (ends - counts), counts)
        lifted = np.bincount(
            self._class[entries], self._weight[entries] * np.repeat(values, counts), minlength=self._classes
        )
        return (lifted + BIAS).astype(np.float32)

    def contributions(self, columns: Codes, values: Weights, wanted: int) -> Weights:
        """What each column gives one class."""
        given = np.zeros(len(columns), dtype=np.float32)
        for k, column in enumerate(columns):
            entries = np.arange(self._first[column], self._first[column + 1])
            given[k] = self._weight[entries[self._class[entries] == wanted]].sum()
        return given * values
