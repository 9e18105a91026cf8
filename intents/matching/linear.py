"""A linear classifier on sparse vectors: a support vector machine for each intent against all others (L2 loss), in numpy alone.

The loss is liblinear's (Fan et al. 2008), in the form of Chapelle, Training a Support Vector Machine in the Primal (2007), minimised by nonlinear
conjugate gradients (Polak and Ribière 1969). scikit-learn would do the same, but takes too long to import: docs/decisions/0001-matching.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.matching.features import FloatArray, IntArray
from intents.matching.vocabulary import SparseRows

Matrix = NDArray[np.float32]

BIAS = -1.0
"""The margin of every class for a text without any known feature."""
REGULARISATION = 0.5
POSITIVE_WEIGHT = 2.0
"""How much more a question of the class counts in the loss than each question of the others."""
STEPS = 6
"""Steps of conjugate gradients; more lower the loss, but don't raise the accuracy on held-out questions."""
LINE_SEARCH_STEPS = 3
"""Newton steps in each line search."""
DENSE_FROM = 128
"""A column with at least so many entries is stored densely."""
_TINY = np.float32(1e-12)
"""Keeps a division by zero away."""


class LinearClassifier:
    """Weights by column and class; immutable."""

    def __init__(self, weights: Matrix) -> None:
        self.weights = weights

    def margins(self, columns: IntArray, values: FloatArray) -> FloatArray:
        """The margin of a text for each class."""
        margins: FloatArray = values @ self.weights[columns] + np.float32(BIAS)
        return margins

    def contributions(self, columns: IntArray, values: FloatArray, label: int) -> FloatArray:
        """What each column adds to the margin of one class."""
        contributions: FloatArray = self.weights[columns, label] * values
        return contributions


def train(rows: SparseRows, labels: IntArray, classes: int, columns: int) -> LinearClassifier:
    """Learn from rows; labels[i] is the class of row i."""
    signs = np.full((len(labels), classes), -1, dtype=np.float32)
    signs[np.arange(len(labels)), labels] = 1
    matrix = _TrainingMatrix(rows, len(labels), columns, classes)
    return LinearClassifier(matrix.column_weights(_minimise(matrix.gram_product, signs)))


def _minimise(gram_product: Callable[[Matrix], Matrix], signs: Matrix) -> Matrix:
    """The coefficients by row and class with the lowest loss that STEPS find; all classes side by side.

    signs is 1 where a row belongs to the class, -1 elsewhere. Nearly all of the time goes into the products with the Gram matrix.
    """
    cost = np.where(signs > 0, POSITIVE_WEIGHT / REGULARISATION, 1 / REGULARISATION).astype(np.float32)
    current = direction = _Coefficients(np.zeros_like(signs), np.zeros_like(signs))
    residual, norm = current.values, np.ones(signs.shape[1], dtype=np.float32)
    for _ in range(STEPS):
        # The residual is the negative gradient in the metric of the Gram matrix, with which its norm is measured too.
        violation = np.maximum(0, 1 - signs * (current.scores + np.float32(BIAS)))
        previous, residual = residual, cost * signs * violation - current.values
        scores = gram_product(residual)
        beta = np.maximum(0, ((residual - previous) * scores).sum(0) / np.maximum(norm, _TINY))
        direction = _Coefficients(residual + beta * direction.values, scores + beta * direction.scores)
        norm = (residual * scores).sum(0)
        current = current.moved(_line_search(current, direction, signs, cost), direction)
    return current.values


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """Coefficients by row and class, or a change of them."""

    values: Matrix
    scores: Matrix
    """Their product with the Gram matrix: what they add to the margin of each row."""

    def moved(self, step: FloatArray, direction: "_Coefficients") -> "_Coefficients":
        return _Coefficients(self.values + step * direction.values, self.scores + step * direction.scores)


def _line_search(current: _Coefficients, direction: _Coefficients, signs: Matrix, cost: Matrix) -> FloatArray:
    """How far to go, by class: along a line the loss is a parabola in pieces, whose lowest point Newton's method finds."""
    slope, curvature = (current.values * direction.scores).sum(0), (direction.values * direction.scores).sum(0)
    step: FloatArray = np.zeros_like(slope)
    for _ in range(LINE_SEARCH_STEPS):
        violation = 1 - signs * (current.scores + step * direction.scores + np.float32(BIAS))
        active = cost * (violation > 0) * direction.scores
        derivative = slope + step * curvature - (active * signs * violation).sum(0)
        step = step - derivative / np.maximum(curvature + (active * direction.scores).sum(0), _TINY)
    return step


class _TrainingMatrix:
    """The rows to learn from, with the columns in three parts, each multiplied in its own way.

    Frequent columns form a dense matrix and rare ones a sparse matrix; a column with a single entry only adds to the diagonal of the Gram matrix.
    """

    def __init__(self, rows: SparseRows, count: int, columns: int, classes: int) -> None:
        frequency = np.bincount(rows.column, minlength=columns)
        self._columns = columns
        self._frequent = np.flatnonzero(frequency >= DENSE_FROM)
        self._rare = np.flatnonzero((frequency > 1) & (frequency < DENSE_FROM))
        position = np.zeros(columns, dtype=np.int64)
        position[self._frequent] = np.arange(len(self._frequent))
        position[self._rare] = np.arange(len(self._rare))
        entries = frequency[rows.column]
        frequent, rare = _select(rows, entries >= DENSE_FROM), _select(rows, (entries > 1) & (entries < DENSE_FROM))
        self._single = _select(rows, entries == 1)
        self._dense = np.zeros((count, len(self._frequent)), dtype=np.float32)
        self._dense[frequent.row, position[frequent.column]] = frequent.value
        self._sparse = _SparseMatrix(rare.row, position[rare.column], rare.value, count, classes)
        self._transposed = _SparseMatrix(position[rare.column], rare.row, rare.value, len(self._rare), classes)
        diagonal = np.bincount(self._single.row, self._single.value**2, minlength=count)
        self._diagonal = diagonal.astype(np.float32)[:, None]

    def gram_product(self, coefficients: Matrix) -> Matrix:
        """The product of the Gram matrix, of the rows' dot products, with coefficients by row and class."""
        product: Matrix = self._dense @ (self._dense.T @ coefficients)
        product += self._sparse(self._transposed(coefficients))
        product += self._diagonal * coefficients
        return product

    def column_weights(self, coefficients: Matrix) -> Matrix:
        """From coefficients by row to weights by column."""
        weights = np.zeros((self._columns, coefficients.shape[1]), dtype=np.float32)
        weights[self._frequent] = self._dense.T @ coefficients
        weights[self._rare] = self._transposed(coefficients)
        weights[self._single.column] = self._single.value[:, None] * coefficients[self._single.row]
        return weights


class _SparseMatrix:
    """A sparse matrix that is multiplied with dense ones of a fixed width.

    Rows with equally many entries are multiplied together, because numpy's sums over stretches of differing length take several times as long.
    The product is the same array each time, because fresh memory costs as much as the product itself.
    """

    def __init__(self, row: IntArray, column: IntArray, value: FloatArray, rows: int, width: int) -> None:
        # numpy sorts 16-bit numbers by radix.
        order = np.argsort(row.astype(np.min_scalar_type(rows)), kind="stable")
        column, value = column[order], value[order]
        count = np.bincount(row, minlength=rows)
        first = np.cumsum(count) - count
        self._product = np.zeros((rows, width), dtype=np.float32)
        self._groups: list[tuple[IntArray, IntArray, FloatArray]] = []
        """Rows with equally many entries, and their entries' columns and values."""
        for size in np.flatnonzero(np.bincount(count[count > 0])):
            same_size = np.flatnonzero(count == size)
            entries = first[same_size][:, None] + np.arange(size)
            self._groups.append((same_size, column[entries], value[entries][:, None, :]))
        largest = max((columns.size for _, columns, _ in self._groups), default=0)
        self._buffer = np.empty(largest * width, dtype=np.float32)

    def __call__(self, factor: Matrix) -> Matrix:
        """The product with a dense matrix; overwritten by the next call."""
        for rows, columns, values in self._groups:
            taken = self._buffer[: columns.size * factor.shape[1]].reshape(*columns.shape, factor.shape[1])
            self._product[rows] = (values @ factor.take(columns, axis=0, out=taken, mode="clip"))[:, 0]
        return self._product


def _select(rows: SparseRows, entries: NDArray[np.bool_]) -> SparseRows:
    return SparseRows(rows.row[entries], rows.column[entries], rows.value[entries])
