"""Trained weights kept on disk by what they were learned from, so that a second start doesn't train.

The key is a hash of the training rows themselves and of all that governs the training, so nothing that is kept is ever out of date. What
can't be read or written is trained instead, each time anew.
"""

import os
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np

from intents.matching import linear
from intents.matching.features import IntArray
from intents.matching.linear import LinearClassifier, Matrix
from intents.matching.vocabulary import SparseRows

WORTH_KEEPING = 2_000
"""From so many questions on, training takes longer than reading."""
MAX_FILES = 4
"""So many sets of weights are kept: a FAQ is edited and undone, and there may be two of it."""
_SUFFIX = ".npy"


def learn(rows: SparseRows, labels: IntArray, classes: int, columns: int) -> LinearClassifier:
    """The classifier that linear.train learns, from disk where it was learned before."""
    if len(labels) < WORTH_KEEPING:
        return linear.train(rows, labels, classes, columns)
    path = cache_folder() / f"{_key(rows, labels, classes, columns)}{_SUFFIX}"
    kept = _read(path, (columns, classes))
    if kept is not None:
        return LinearClassifier(kept)
    classifier = linear.train(rows, labels, classes, columns)
    # A folder that can't be written, or a full disk, costs the next start its second, nothing else.
    with suppress(OSError):
        _write(path, classifier.weights)
    return classifier


def cache_folder() -> Path:
    """Where weights are kept: the user's cache, as the XDG base directory specification names it."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with suppress(RuntimeError):  # nobody's home is known
        return Path(base).expanduser() / "youshu" / "weights"
    return Path(tempfile.gettempdir()) / "youshu-weights"


def _key(rows: SparseRows, labels: IntArray, classes: int, columns: int) -> str:
    governing = (linear.BIAS, linear.REGULARISATION, linear.POSITIVE_WEIGHT, linear.STEPS, linear.LINE_SEARCH_STEPS)
    found = blake2b(repr((governing, classes, columns)).encode(), digest_size=20)
    for array in (rows.row, rows.column, rows.value, labels):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> Matrix | None:
    try:
        kept = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    usable = isinstance(kept, np.ndarray) and kept.shape == shape and kept.dtype == np.float32
    return kept if usable else None


def _write(path: Path, weights: Matrix) -> None:
    """As a whole or not at all; what was used longest ago makes room."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, weights)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    kept = sorted(path.parent.glob(f"*{_SUFFIX}"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in kept[MAX_FILES:]:
        old.unlink(missing_ok=True)
