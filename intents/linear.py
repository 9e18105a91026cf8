"""A linear classifier on sparse vectors: one against all, squared hinge, trained from scratch in a tenth of a second.

The method is liblinear's L2-loss SVM (Fan et al. 2008) in the form of Chapelle, Training a Support Vector Machine in the Primal (2007),
solved by nonlinear conjugate gradients (Polak and Ribière 1969). scikit-learn does the same, but costs more than the whole start-up budget to
import: docs/decisions/0001-matching.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.features import Codes, Rows, Weights

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
_COMMON = 64
"""Tokens of at least so many texts are multiplied densely."""


class Learned:
    """Weights by column and class; immutable."""

    def __init__(self, weights: Matrix) -> None:
        self._weights = weights

    def margins(self, columns: Codes, values: Weights) -> Weights:
        """What a text's columns add up to, by class."""
        added: Weights = values @ self._weights[columns] + np.float32(BIAS)
        return added

    def gains(self, columns: Codes, values: Weights, wanted: int) -> Weights:
        """What each column gives one class."""
        given: Weights = self._weights[columns, wanted] * values
        return given


def train(rows: Rows, owners: Codes, classes: int, columns: int) -> Learned:
    """Learn from texts; owners[i] is the class of text i."""
    targets = np.full((len(owners), classes), -1, dtype=np.float32)
    targets[np.arange(len(owners)), owners] = 1
    table = _Table(rows, len(owners), columns)
    return Learned(table.transposed(_solve(table.kernel(), targets)))


def _solve(kernel: "_Kernel", targets: Matrix) -> Matrix:
    """All classes side by side; STEPS products with the kernel, which cost nearly all of the time."""
    price = np.where(targets > 0, OWN / REGULARISATION, 1 / REGULARISATION).astype(np.float32)
    at = _Point(np.zeros_like(targets), np.zeros_like(targets))
    move, before, size = _Point(at.solution, at.image), at.solution, np.ones(targets.shape[1], dtype=np.float32)
    for _ in range(STEPS):
        # The gradient in the kernel's own metric: its length is measured with the kernel too.
        slack = np.maximum(0, 1 - targets * (at.image + np.float32(BIAS)))
        down = price * targets * slack - at.solution
        image = kernel.times(down)
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


class _Table:
    """The texts by column: common columns side by side as a dense matrix, the others grouped by how many texts have them."""

    def __init__(self, rows: Rows, count: int, columns: int) -> None:
        order = np.argsort(rows.column, kind="stable")
        self._text, self._value = rows.row[order], rows.value[order]
        frequency = np.bincount(rows.column, minlength=columns)
        self._first = np.cumsum(frequency) - frequency
        self._frequency = frequency
        self._common = np.flatnonzero(frequency >= _COMMON)
        entries = np.repeat(frequency >= _COMMON, frequency)
        self._dense = np.zeros((count, len(self._common)), dtype=np.float32)
        position = np.repeat(np.arange(len(self._common)), frequency[self._common])
        self._dense[self._text[entries], position] = self._value[entries]

    def _groups(self) -> Iterator[tuple[Codes, Codes, Weights]]:
        """Columns of the same frequency, with the texts and values of each."""
        for size in range(1, _COMMON):
            columns = np.flatnonzero(self._frequency == size)
            if len(columns):
                entries = self._first[columns][:, None] + np.arange(size)
                yield columns, self._text[entries], self._value[entries]

    def kernel(self) -> "_Kernel":
        """How alike each two texts are."""
        count = len(self._dense)
        # np.zeros would be given small pages one by one, which takes as long as all that follows.
        rare = np.empty(count * count, dtype=np.float32)
        rare.fill(0)
        for _, texts, values in self._groups():
            where = texts[:, :, None] * count + texts[:, None, :]
            np.add.at(rare, where.reshape(-1), (values[:, :, None] * values[:, None, :]).reshape(-1))
        return _Kernel(self._dense, rare.reshape(count, count))

    def transposed(self, solution: Matrix) -> Matrix:
        """From weights by text to weights by column."""
        weights = np.zeros((len(self._frequency), solution.shape[1]), dtype=np.float32)
        weights[self._common] = self._dense.T @ solution
        for columns, texts, values in self._groups():
            weights[columns] = np.einsum("ck,ckn->cn", values, solution[texts])
        return weights


@dataclass(frozen=True, slots=True)
class _Kernel:
    """How alike each two texts are: by what the common columns give, which is cheaper as a product, and what the rare ones give."""

    common: Matrix
    """Texts by columns."""
    rare: Matrix
    """Texts by texts."""

    def times(self, weights: Matrix) -> Matrix:
        product: Matrix = self.common @ (self.common.T @ weights) + self.rare @ weights
        return product
