"""A linear classifier on sparse vectors: one against all, squared hinge, trained from scratch in a fifth of a second.

The method is liblinear's L2-loss SVM (Fan et al. 2008) in the form of Chapelle, Training a Support Vector Machine in the Primal (2007),
solved by nonlinear conjugate gradients (Polak and Ribière 1969). scikit-learn does the same, but costs more than the whole start-up budget to
import: docs/decisions/0001-matching.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.matching.features import Codes, SparseRows, Weights

Matrix = NDArray[np.float32]

BIAS = -1.0
"""The margin of every class for a text of which nothing is known."""
REGULARISATION = 0.5
OWN = 2.0
"""How much more an intent's own questions count for it than each other question counts against it."""
STEPS = 6
"""Steps of conjugate gradients; more lower the loss, and no longer raise the accuracy on questions that were held out."""
LINE_STEPS = 3
"""Newton steps along each line."""
_TINY = np.float32(1e-12)
_COMMON = 128
"""Tokens of at least so many texts are multiplied densely."""


class LinearClassifier:
    """Weights by column and class; immutable."""

    def __init__(self, weights: Matrix) -> None:
        self._weights = weights

    def margins(self, columns: Codes, values: Weights) -> Weights:
        """What a text's columns add up to, by class."""
        added: Weights = values @ self._weights[columns] + np.float32(BIAS)
        return added

    def contributions(self, columns: Codes, values: Weights, wanted: int) -> Weights:
        """What each column gives one class."""
        given: Weights = self._weights[columns, wanted] * values
        return given


def train(rows: SparseRows, owners: Codes, classes: int, columns: int) -> LinearClassifier:
    """Learn from texts; owners[i] is the class of text i."""
    targets = np.full((len(owners), classes), -1, dtype=np.float32)
    targets[np.arange(len(owners)), owners] = 1
    texts = _Texts(rows, len(owners), columns, classes)
    return LinearClassifier(texts.transposed(_solve(texts.kernel, targets)))


def _solve(kernel: Callable[[Matrix], Matrix], targets: Matrix) -> Matrix:
    """All classes side by side; STEPS products with the kernel, which cost nearly all of the time."""
    price = np.where(targets > 0, OWN / REGULARISATION, 1 / REGULARISATION).astype(np.float32)
    at = _Point(np.zeros_like(targets), np.zeros_like(targets))
    move, before, size = _Point(at.solution, at.image), at.solution, np.ones(targets.shape[1], dtype=np.float32)
    for _ in range(STEPS):
        # The gradient in the kernel's own metric: its length is measured with the kernel too.
        slack = np.maximum(0, 1 - targets * (at.image + np.float32(BIAS)))
        down = price * targets * slack - at.solution
        image = kernel(down)
        turn = np.maximum(0, ((down - before) * image).sum(0) / np.maximum(size, _TINY))
        move = _Point(down + turn * move.solution, image + turn * move.image)
        before, size = down, (down * image).sum(0)
        at = at.moved(_best_step(at, move, targets, price), move)
    return at.solution


@dataclass(frozen=True, slots=True)
class _Point:
    """Weights by text, or a change of them, and what the kernel makes of it."""

    solution: Matrix
    image: Matrix

    def moved(self, step: Weights, move: "_Point") -> "_Point":
        return _Point(self.solution + step * move.solution, self.image + step * move.image)


def _best_step(at: _Point, move: _Point, targets: Matrix, price: Matrix) -> Weights:
    """How far to go, by class: the loss along a line is a parabola in pieces, so Newton's method finds its lowest point."""
    slope, bend = (at.solution * move.image).sum(0), (move.solution * move.image).sum(0)
    step: Weights = np.zeros_like(slope)
    for _ in range(LINE_STEPS):
        slack = 1 - targets * (at.image + step * move.image + np.float32(BIAS))
        pull = price * (slack > 0) * move.image
        rise = slope + step * bend - (pull * targets * slack).sum(0)
        step = step - rise / np.maximum(bend + (pull * move.image).sum(0), _TINY)
    return step


class _Texts:
    """The texts as a matrix of texts by columns, in three parts, each multiplied in its own way.

    Common columns stand side by side as a dense matrix, rare ones are summed entry by entry, and a column that only one text has
    makes that text more like itself and like no other.
    """

    def __init__(self, rows: SparseRows, count: int, columns: int, classes: int) -> None:
        frequency = np.bincount(rows.column, minlength=columns)
        self._columns = columns
        self._common = np.flatnonzero(frequency >= _COMMON)
        self._rare = np.flatnonzero((frequency > 1) & (frequency < _COMMON))
        number = np.zeros(columns, dtype=np.int64)
        number[self._common] = np.arange(len(self._common))
        number[self._rare] = np.arange(len(self._rare))
        often = frequency[rows.column]
        common, rare = _only(rows, often >= _COMMON), _only(rows, (often > 1) & (often < _COMMON))
        self._own = _only(rows, often == 1)
        self._dense = np.zeros((count, len(self._common)), dtype=np.float32)
        self._dense[common.row, number[common.column]] = common.value
        self._by_column = _Sums(number[rare.column], rare.row, rare.value, len(self._rare), classes)
        self._by_text = _Sums(rare.row, number[rare.column], rare.value, count, classes)
        self._alone = np.bincount(self._own.row, self._own.value**2, minlength=count).astype(np.float32)[:, None]

    def kernel(self, weights: Matrix) -> Matrix:
        """What weights by text come to at each text, by how alike each two are."""
        reached: Matrix = self._dense @ (self._dense.T @ weights)
        reached += self._by_text(self._by_column(weights))
        reached += self._alone * weights
        return reached

    def transposed(self, solution: Matrix) -> Matrix:
        """From weights by text to weights by column."""
        weights = np.zeros((self._columns, solution.shape[1]), dtype=np.float32)
        weights[self._common] = self._dense.T @ solution
        weights[self._rare] = self._by_column(solution)
        weights[self._own.column] = self._own.value[:, None] * solution[self._own.row]
        return weights


class _Sums:
    """A sparse matrix: each row of the product adds up some rows of the other factor, which has so many columns.

    Rows that add up as many are worked out together: numpy's sums over stretches of differing length take several times as long.
    The product is the same array each time, because fresh memory costs as much as what is done with it.
    """

    def __init__(self, row: Codes, column: Codes, value: Weights, rows: int, width: int) -> None:
        # Of 16-bit numbers numpy sorts by their digits.
        order = np.argsort(row.astype(np.min_scalar_type(rows)), kind="stable")
        column, value = column[order], value[order]
        count = np.bincount(row, minlength=rows)
        first = np.cumsum(count) - count
        self._product = np.zeros((rows, width), dtype=np.float32)
        self._groups: list[tuple[Codes, Codes, Weights]] = []
        for size in np.flatnonzero(np.bincount(count[count > 0])):
            alike = np.flatnonzero(count == size)
            entries = first[alike][:, None] + np.arange(size)
            self._groups.append((alike, column[entries], value[entries][:, None, :]))
        most = max((columns.size for _, columns, _ in self._groups), default=0)
        self._taken = np.empty(most * width, dtype=np.float32)

    def __call__(self, factor: Matrix) -> Matrix:
        for rows, columns, values in self._groups:
            taken = self._taken[: columns.size * factor.shape[1]].reshape(*columns.shape, factor.shape[1])
            self._product[rows] = (values @ factor.take(columns, axis=0, out=taken, mode="clip"))[:, 0]
        return self._product


def _only(rows: SparseRows, wanted: NDArray[np.bool_]) -> SparseRows:
    return SparseRows(rows.row[wanted], rows.column[wanted], rows.value[wanted])
