"""What was learned from a FAQ's questions, kept on disk by what it was learned from, so that a second start doesn't learn again.

The key is a hash of the questions and of all that governs the learning, the code included, so nothing that is kept is ever out of date.
What can't be read or written is learned instead, each time anew.
"""

import os
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

import numpy as np
import opencc
from numpy.typing import NDArray

from intents.matching import linear
from intents.matching.features import FeatureView
from intents.matching.linear import Matrix
from intents.matching.vocabulary import Vocabulary

WORTH_KEEPING = 2_000
"""From so many questions on, learning takes longer than reading."""
MAX_FILES = 4
"""So many sets of weights are kept: a FAQ is edited and undone, and there may be two of it."""
_SUFFIX = ".npy"
_GOVERNING = ("intents.matching", "intents.chinese")
"""The packages whose code and tables say what is learned from a question."""


@dataclass(frozen=True)
class LearnedWeights:
    """What is learned from questions."""

    normalized: Sequence[str]
    """The questions as they are compared, in their order."""
    vocabulary: Vocabulary
    weights: Matrix
    """By feature of the vocabulary and class."""


@dataclass(frozen=True, slots=True)
class Key:
    """What names a set of weights, and what it must look like."""

    digest: str
    questions: int
    classes: int

    @classmethod
    def of(
        cls,
        questions: Sequence[tuple[str, str]],
        lexicon: Sequence[Sequence[str]],
        views: Mapping[FeatureView, float],
    ) -> "Key":
        """The key of questions, each with its class before it, that are read by a lexicon."""
        training = (linear.BIAS, linear.REGULARISATION, linear.POSITIVE_WEIGHT, linear.STEPS, linear.LINE_SEARCH_STEPS)
        written = repr((training, sorted(views.items()), [*map(list, lexicon)], questions))
        found = blake2b(written.encode("utf-8", "surrogatepass"), key=_governing_digest(), digest_size=20)
        return cls(found.hexdigest(), len(questions), len({label for label, _ in questions}))

    @property
    def path(self) -> Path:
        """Where the weights stand."""
        return cache_folder() / f"{self.digest}{_SUFFIX}"

    @property
    def worth_keeping(self) -> bool:
        """Whether learning takes longer than reading."""
        return self.questions >= WORTH_KEEPING


def read(key: Key) -> LearnedWeights | None:
    """What was learned before; None where nothing of it can be used."""
    if not key.worth_keeping:
        return None
    try:
        with key.path.open("rb") as file:
            features, weights, unknown, matrix, texts = (np.load(file, allow_pickle=False) for _ in range(5))
        normalized = texts.tobytes().decode().split("\n")
    except (OSError, ValueError, EOFError):
        return None
    count = len(features) if features.ndim else 0
    usable = (
        len(normalized) == key.questions
        and _is(features, np.int64, (count,))
        and _is(weights, np.float32, (count,))
        and _is(unknown, np.float32, (len(FeatureView),))
        and _is(matrix, np.float32, (count, key.classes))
    )
    return LearnedWeights(normalized, Vocabulary(features, weights, unknown), matrix) if usable else None


def write(key: Key, learned: LearnedWeights) -> None:
    """Keep what was learned, as a whole or not at all; what was used longest ago makes room."""
    if not key.worth_keeping:
        return
    vocabulary = learned.vocabulary
    texts = np.frombuffer("\n".join(learned.normalized).encode(), dtype=np.uint8)
    # A folder that can't be written, or a full disk, costs the next start its second, nothing else.
    with suppress(OSError):
        _write(key.path, (vocabulary.features, vocabulary.weights, vocabulary.unknown, learned.weights, texts))


def cache_folder() -> Path:
    """Where weights are kept: the user's cache, as the XDG base directory specification names it."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with suppress(RuntimeError):  # nobody's home is known
        return Path(base).expanduser() / "youshu" / "weights"
    return Path(tempfile.gettempdir()) / "youshu-weights"


@cache
def _governing_digest() -> bytes:
    """A hash of the code and tables that say what is learned, and of the libraries whose tables they use."""
    found = blake2b(f"{opencc.__version__} {unicodedata.unidata_version}".encode())
    for package in _GOVERNING:
        for each in sorted(files(package).iterdir(), key=lambda file: file.name):
            if each.name.endswith((".py", ".tsv")):
                found.update(each.name.encode() + each.read_bytes())
    return found.digest()


def _is(array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]) -> bool:
    return array.dtype == kind and array.shape == shape


def _write(path: Path, arrays: Sequence[NDArray[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for array in arrays:
                np.save(file, array)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    kept = sorted(path.parent.glob(f"*{_SUFFIX}"), key=lambda each: each.stat().st_mtime, reverse=True)
    for old in kept[MAX_FILES:]:
        old.unlink(missing_ok=True)
