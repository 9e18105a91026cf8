"""Which messages two matchers may understand differently, found for thousands at once in a fraction of the time of matching them."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from intents.danger.detector import CRISIS
from intents.matching.analyzer import AnalyzedText, Analyzer
from intents.matching.features import FloatArray
from intents.matching.matcher import Matcher
from intents.matching.model import Model

TOLERANCE = 0.01
"""A margin that moves by less changes a score by less than a hundredth."""
_CHUNK = 512
"""Texts whose margins are held in memory at once."""
_LATIN = re.compile("[a-z]{2}")


def may_differ(old: Matcher, new: Matcher, texts: Sequence[str], tolerance: float = TOLERANCE) -> list[bool]:
    """Whether each text may be understood differently: not, where both know it word for word, or its margins hardly moved.

    Args:
        old: the matcher before.
        new: the matcher after.
        texts: messages.
        tolerance: by how much a margin may move without being looked at again.
    """
    if (CRISIS in old.model.classes) != (CRISIS in new.model.classes):
        return [True] * len(texts)
    normalized = new.model.analyzer.normalize.batch(texts)
    same = [_is_exact_in_both(old.model, new.model, text) for text in normalized]
    open_texts = [text for text, known in zip(normalized, same, strict=True) if not known]
    moved = iter(_margin_shifts(old.model, new.model, open_texts) > tolerance)
    return [not known and bool(next(moved)) for known in same]


def nearest_text(matcher: Matcher, text: str, others: Sequence[str], least: float = 0.0) -> int | None:
    """The position of the text that is likest to this one; None where none is likelier than `least`.

    Likeness is the cosine of the vectors that the matcher weighs, 0 to 1.
    """
    analyzer = matcher.model.analyzer
    normalized = analyzer.normalize.batch([text, *others])
    own, *vectors = matcher.model.vocabulary.transform_many(_analyzed(analyzer, normalized))
    weights = np.zeros(len(matcher.model.vocabulary), dtype=np.float32)
    weights[own[0]] = own[1]
    likeness = [float(weights[columns] @ values) for columns, values in vectors]
    best = max(range(len(likeness)), key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] > least else None


def _is_exact_in_both(old: Model, new: Model, text: str) -> bool:
    owners = new.exact.get(text, ())
    return not text or (len(owners) == 1 and old.exact.get(text) == owners)


def _margin_shifts(old: Model, new: Model, texts: Sequence[str]) -> FloatArray:
    """By text, how far the margin of any class has moved."""
    classes = sorted({*old.classes, *new.classes})
    before, after = _positions(old, classes), _positions(new, classes)
    shifts: list[FloatArray] = [np.empty(0, dtype=np.float32)]
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        difference = _margins(old, chunk)[:, before] - _margins(new, chunk)[:, after]
        shifts.append(np.abs(difference).max(axis=1, initial=0))
    return np.concatenate(shifts)


def _positions(model: Model, classes: Sequence[str]) -> NDArray[np.int64]:
    """Where each class stands in the model's margins; one that it doesn't have, behind the last."""
    number = {key: position for position, key in enumerate(model.classes)}
    return np.array([number.get(key, len(model.classes)) for key in classes])


def _margins(model: Model, texts: Sequence[str]) -> FloatArray:
    """The margins by text and class, and one column more for a class that isn't there."""
    vectors = model.vocabulary.transform_many(_analyzed(model.analyzer, texts))
    rows = [model.classifier.margins(columns, values) for columns, values in vectors]
    margins = np.full((len(texts), len(model.classes) + 1), -np.inf, dtype=np.float32)
    margins[:, :-1] = rows
    return margins


def _analyzed(analyzer: Analyzer, texts: Sequence[str]) -> Sequence[AnalyzedText]:
    plain = iter(analyzer.analyze_questions([text for text in texts if not _LATIN.search(text)]))
    return [analyzer.analyze_normalized(text) if _LATIN.search(text) else next(plain) for text in texts]
