"""The features of a text: single characters, pairs of neighbours, and pairs of syllables.

A feature is numbered by its view and one or two code points, so that numpy can find those of many texts at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache
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
"""Code points that mark the ends of a text; all of a normalised text are greater."""
_FIRST_SYLLABLE = 0x110000
"""Syllables are numbered from here on, above every code point."""
_CODE_BITS = 21
VIEW_SHIFT = 2 * _CODE_BITS
"""How far a feature's number is shifted to give its view."""
FEATURE_BITS = VIEW_SHIFT + max(FeatureView).bit_length()
"""How many bits a feature's number takes."""
FEATURE_MASK = (1 << FEATURE_BITS) - 1
_PAIRS, _SOUNDS, _CHARACTERS = (
    int(view) << VIEW_SHIFT for view in (FeatureView.PAIR, FeatureView.SOUND, FeatureView.CHARACTER)
)


def extract_features(texts: Sequence[AnalyzedText]) -> tuple[IntArray, IntArray]:
    """Every occurrence of a feature in these texts: the position of the text, and the feature's number."""
    found = extract_placed_features(texts)
    return found >> FEATURE_BITS, found & FEATURE_MASK


def extract_placed_features(texts: Sequence[AnalyzedText]) -> IntArray:
    """The same in one number each: above the FEATURE_BITS of the feature stands the position of the text."""
    # A message is short: each call of numpy costs more than its work, so that both forms are taken together and what isn't wanted is
    # taken out once, at the end.
    lengths = [len(text.normalized) + 2 for text in texts]
    begin = sum(lengths)
    lengths += [len(text.surface) + 2 for text in texts]
    codes = _joined([*(text.normalized for text in texts), *(text.surface for text in texts)])
    places = np.arange(len(texts)) << FEATURE_BITS
    place = np.concatenate((places, places)).repeat(lengths)
    inner, sounds = codes > _END, _sounds_of(codes[begin:])
    first = place[:begin] | codes[:begin] << _CODE_BITS
    found = np.concatenate(
        (
            _PAIRS | first[:-1] | codes[1:begin],
            # Syllables aren't paired with the ends of the text: sound repairs a word, it doesn't say where a message begins.
            _SOUNDS | place[begin:-1] | sounds[:-1] << _CODE_BITS | sounds[1:],
            _CHARACTERS | first,
        )
    )
    wanted = np.concatenate((codes[: max(begin - 1, 0)] != _END, inner[begin:-1] & inner[begin + 1 :], inner[:begin]))
    features: IntArray = found[wanted]
    return features


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


def _joined(texts: Iterable[str]) -> IntArray:
    """The code points of all texts in one row, each between its ends."""
    joined = "".join([f"{chr(_START)}{text}{chr(_END)}" for text in texts])
    return np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)


def _sounds_of(codes: IntArray) -> IntArray:
    """The number of each character's usual syllable, or its code point where it has none."""
    table = _sounds()
    found = table.take(codes, mode="clip")
    return np.where(codes < len(table), found, codes) if codes.max(initial=0) >= len(table) else found


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
