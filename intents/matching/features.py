"""The features of a text: single characters, pairs of neighbours, and pairs of syllables.

A feature is numbered by its view and one or two code points, so that numpy can find those of many texts at once.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from intents.chinese.readings import fuzzy_syllable, readings
from intents.matching.analyzer import AnalyzedText

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


class FeatureView(IntEnum):
    """How the text is looked at."""

    PAIR = 0
    """Pairs of neighbouring characters, in the lexicon's words."""
    SOUND = 1
    """Pairs of neighbouring syllables, of the text as it is written: a misspelt word is in no lexicon."""
    CHARACTER = 2
    """Single characters, in the lexicon's words."""


VIEW_WEIGHTS: Mapping[FeatureView, float] = MappingProxyType(
    {FeatureView.PAIR: 1.5, FeatureView.SOUND: 0.5, FeatureView.CHARACTER: 2.5}
)
"""How much the features of each view count; measured in docs/decisions/0001-matching.md."""

_START, _END = 2, 3
"""Code points that mark the ends of a text; no normalised text holds them."""
_FIRST_SYLLABLE = 0x110000
"""Syllables are numbered from here on, above every code point."""
_CODE_BITS = 21
VIEW_SHIFT = 2 * _CODE_BITS
"""How far a feature's number is shifted to give its view."""
FEATURE_BITS = VIEW_SHIFT + max(FeatureView).bit_length()
"""How many bits a feature's number takes."""
_PAIRS, _SOUNDS, _CHARACTERS = (
    int(view) << VIEW_SHIFT for view in (FeatureView.PAIR, FeatureView.SOUND, FeatureView.CHARACTER)
)


def extract_features(texts: Sequence[AnalyzedText]) -> tuple[IntArray, IntArray]:
    """Every occurrence of a feature in these texts: the position of the text, and the feature's number."""
    row, codes = _joined([text.normalized for text in texts])
    surface_row, surface = _joined([text.surface for text in texts])
    sounds = np.where(surface < len(_sounds()), _sounds()[np.minimum(surface, len(_sounds()) - 1)], surface)
    found = (
        _pairs(FeatureView.PAIR, row, codes),
        # Syllables aren't paired with the ends of the text: sound repairs a word, it doesn't say where a message begins.
        _pairs(FeatureView.SOUND, surface_row, sounds, ends=False),
        _characters(row, codes),
    )
    return np.concatenate([rows for rows, _ in found]), np.concatenate([features for _, features in found])


def count_features(text: AnalyzedText) -> dict[int, int]:
    """How often each feature occurs in one text.

    What extract_features finds, in plain Python: for one message numpy's calls take several times as long as the work.
    """
    counts: dict[int, int] = {}
    codes = [*map(ord, text.normalized)]
    before = _START
    for code in (*codes, _END):
        number = _PAIRS | (before << _CODE_BITS) | code
        counts[number] = counts.get(number, 0) + 1
        before = code
    sound_of = _sound_of()
    sounds = [sound_of.get(character) or ord(character) for character in text.surface]
    for one, other in pairwise(sounds):
        number = _SOUNDS | (one << _CODE_BITS) | other
        counts[number] = counts.get(number, 0) + 1
    for code in codes:
        number = _CHARACTERS | (code << _CODE_BITS)
        counts[number] = counts.get(number, 0) + 1
    return counts


def view_of(features: IntArray) -> IntArray:
    """The view of each of these features."""
    return features >> VIEW_SHIFT


def feature_name(feature: int) -> tuple[FeatureView, str]:
    """A feature as people read it: ^ and $ are the ends of the text, syllables stand apart."""
    view = FeatureView(feature >> VIEW_SHIFT)
    pair = ((feature >> _CODE_BITS) & ((1 << _CODE_BITS) - 1), feature & ((1 << _CODE_BITS) - 1))
    return view, (" " if view is FeatureView.SOUND else "").join(_code_name(code) for code in pair if code)


def _code_name(code: int) -> str:
    if code >= _FIRST_SYLLABLE:
        return _syllables()[code - _FIRST_SYLLABLE]
    return {_START: "^", _END: "$"}.get(code) or chr(code)


def _joined(texts: Sequence[str]) -> tuple[IntArray, IntArray]:
    """All texts in one row, each between its ends: the position of the text and the code point, by character."""
    joined = "".join(f"{chr(_START)}{text}{chr(_END)}" for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    return np.cumsum(codes == _START) - 1, codes


def _pairs(view: FeatureView, row: IntArray, codes: IntArray, *, ends: bool = True) -> tuple[IntArray, IntArray]:
    inner = _is_inner(codes)
    is_pair = row[:-1] == row[1:] if ends else inner[:-1] & inner[1:]
    return row[:-1][is_pair], _numbered(view, codes[:-1][is_pair]) | codes[1:][is_pair]


def _characters(row: IntArray, codes: IntArray) -> tuple[IntArray, IntArray]:
    inner = _is_inner(codes)
    return row[inner], _numbered(FeatureView.CHARACTER, codes[inner])


def _is_inner(codes: IntArray) -> NDArray[np.bool_]:
    """Where a character of a text stands and not an end."""
    inner: NDArray[np.bool_] = (codes != _START) & (codes != _END)
    return inner


def _numbered(view: FeatureView, first: IntArray) -> IntArray:
    """The numbers of features that begin with these code points; the second one fits into the lowest bits."""
    return (first | (int(view) << _CODE_BITS)) << _CODE_BITS


@cache
def _sound_of() -> Mapping[str, int]:
    """For each character that has a reading the number of its usual syllable."""
    number = {syllable: _FIRST_SYLLABLE + position for position, syllable in enumerate(_syllables())}
    usual = [syllables[0] for syllables in readings().values()]
    numbers = {syllable: number[fuzzy_syllable(syllable)] for syllable in set(usual)}
    return dict(zip(readings(), (numbers[syllable] for syllable in usual), strict=True))


@cache
def _sounds() -> IntArray:
    """For each code point of the first plane the number of its usual syllable, or the code point itself."""
    table = np.arange(0x10000, dtype=np.int64)
    sound_of = _sound_of()
    table[[*map(ord, sound_of)]] = [*sound_of.values()]
    return table


@cache
def _syllables() -> Sequence[str]:
    return tuple(dict.fromkeys(map(fuzzy_syllable, dict.fromkeys(usual for usual, *_ in readings().values()))))
