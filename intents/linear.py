"""A linear classifier on sparse vectors: one against all, squared hinge, trained from scratch in a tenth of a second.

The method is liblinear's L2-loss SVM (Fan et al. 2008) solved through its kernel matrix with a few Newton rounds of conjugate gradients
(Chapelle 2007). scikit-learn does the same, but costs more than the whole start-up budget to import: docs/decisions/0001-matching.md.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from intents.features import Codes, Rows, Weights

Matrix = NDArray[np.float32]

BIAS = -1.0
"""The margin of every class for a text of which nothing is known."""
REGULARISATION = 0.5
OWN = 2.0
"""How much more an intent's own questions count for it than each other question counts against it."""
ROUNDS = (6, 5, 5)
"""Newton rounds, and the steps of conjugate gradients in each."""
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


def _solve(kernel: Matrix, targets: Matrix) -> Matrix:
    shifted = targets - np.float32(BIAS)
    price = np.where(targets > 0, REGULARISATION / OWN, REGULARISATION).astype(np.float32)
    solution = _descend(
        partial(_damped, kernel, np.ones_like(targets), price), np.zeros_like(targets), shifted, ROUNDS[0]
    )
    for steps in ROUNDS[1:]:
        # Only texts inside the margin shape the next solution.
        wrong = (targets * (kernel @ solution + BIAS) < 1).astype(np.float32)
        solution = wrong * solution
        rest = wrong * shifted - _damped(kernel, wrong, price, solution)
        solution = _descend(partial(_damped, kernel, wrong, price), solution, rest, steps)
    return solution


def _damped(kernel: Matrix, wrong: Matrix, price: Matrix, solution: Matrix) -> Matrix:
    damped: Matrix = wrong * (kernel @ solution) + price * solution
    return damped


def _descend(apply: Callable[[Matrix], Matrix], solution: Matrix, rest: Matrix, steps: int) -> Matrix:
    """Conjugate gradients on all classes side by side; apply is the matrix to be inverted."""
    direction = rest.copy()
    size = (rest * rest).sum(0)
    tiny = np.float32(1e-12)
    for _ in range(steps):
        image = apply(direction)
        step = size / np.maximum((direction * image).sum(0), tiny)
        solution = solution + step * direction
        rest = rest - step * image
        new = (rest * rest).sum(0)
        direction = rest + new / np.maximum(size, tiny) * direction
        size = new
    return solution


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

    def kernel(self) -> Matrix:
        """How alike each two texts are."""
        kernel: Matrix = self._dense @ self._dense.T
        for _, texts, values in self._groups():
            where = texts[:, :, None] * len(kernel) + texts[:, None, :]
            np.add.at(kernel.reshape(-1), where.reshape(-1), (values[:, :, None] * values[:, None, :]).reshape(-1))
        return kernel

    def transposed(self, solution: Matrix) -> Matrix:
        """From weights by text to weights by column."""
        weights = np.zeros((len(self._frequency), solution.shape[1]), dtype=np.float32)
        weights[self._common] = self._dense.T @ solution
        for columns, texts, values in self._groups():
            weights[columns] = np.einsum("ck,ckn->cn", values, solution[texts])
        return weights
