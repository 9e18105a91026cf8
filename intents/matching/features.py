"""What a text is made of: characters and pairs of neighbours in the lexicon's words, and pairs by sound."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from intents.chinese.readings import fuzzy_syllable, readings
from intents.matching.lexicon import Lexicon
from intents.matching.normalize import BATCH_SIZE, Normalizer
from intents.matching.pinyin import PinyinReader

Codes = NDArray[np.int64]
Weights = NDArray[np.float32]

LEARNED_WORDS = 20_000
"""Pinyin words are learned from at most this many questions; more don't change them."""


class FeatureView(IntEnum):
    """How the text is looked at."""

    PAIR = 0
    """Pairs of neighbours, in the lexicon's words."""
    SOUND = 1
    """Pairs of syllables, of the text as it is written: what is misspelt is in no lexicon."""
    CHARACTER = 2
    """Single characters, in the lexicon's words."""


_START, _END = 2, 3
_FIRST, _LAST = chr(_START), chr(_END)
_SYLLABLES = 0x110000
"""Syllables are numbered above every code point."""
_SHIFT = 21
_VIEW_SHIFT = 2 * _SHIFT
_ROW_BITS = 63 - _VIEW_SHIFT - max(FeatureView).bit_length()
"""What a token leaves of a number: texts are numbered with it."""


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text in the forms that are compared."""

    surface: str
    """Normalised, pinyin read, digits masked."""
    normalized: str
    """The same in the lexicon's words."""


class Analyzer:
    """From a message to a Reading; immutable."""

    def __init__(self, questions: Sequence[str], groups: Sequence[Sequence[str]]) -> None:
        """Learn how the FAQ writes, from its normalised questions and its lexicon."""
        self.normalize = Normalizer()
        self._questions = questions
        self._lexicon = Lexicon(groups, self.normalize.each)

    @cached_property
    def _pinyin(self) -> PinyinReader:
        """Made when the first message with Latin letters comes: a sixth of what loading a FAQ would cost."""
        step = max(1, len(self._questions) // LEARNED_WORDS)
        return PinyinReader(self._questions[::step], self._lexicon.words)

    def warm(self) -> None:
        """Do now what the first message with Latin letters would wait for."""
        self._pinyin("")

    def __call__(self, text: str) -> AnalyzedText:
        """The text's forms; empty where nothing is left."""
        return self.analyze_normalized(self.normalize(text))

    def analyze_normalized(self, normalised: str) -> AnalyzedText:
        """The forms of an already normalised text."""
        return self.analyze_question(self._pinyin(normalised) if _LATIN.search(normalised) else normalised)

    def analyze_question(self, question: str) -> AnalyzedText:
        """The forms of one of the FAQ's normalised questions, whose Latin words are what they are."""
        return self.analyze_questions((question,))[0]

    def analyze_questions(self, questions: Sequence[str]) -> list[AnalyzedText]:
        """The forms of many of the FAQ's normalised questions, in half the time that one after the other would take."""
        return [
            reading
            for start in range(0, len(questions), BATCH_SIZE)
            for reading in self._owns(questions[start : start + BATCH_SIZE])
        ]

    def _owns(self, questions: Sequence[str]) -> Iterator[AnalyzedText]:
        written = _DIGITS.sub(_masked, "\n".join(questions).replace(" ", ""))
        return map(AnalyzedText, written.split("\n"), self._lexicon(written).split("\n"))


_LATIN = re.compile("[a-z]{2}")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_HOTLINE = 5
"""A number of at least so many digits is a telephone number, which tells; a shorter one is an amount."""


def _masked(number: re.Match[str]) -> str:
    return number[0] if len(number[0]) >= _HOTLINE else "0"


@cache
def _sounds() -> Codes:
    """For each code point of the first plane, the number of its syllable, or itself."""
    number = {syllable: _SYLLABLES + position for position, syllable in enumerate(_syllable_names())}
    usual = [syllables[0] for syllables in readings().values()]
    numbers = {syllable: number[fuzzy_syllable(syllable)] for syllable in set(usual)}
    table = np.arange(0x10000, dtype=np.int64)
    table[[ord(character) for character in readings()]] = [numbers[syllable] for syllable in usual]
    return table


def tokens(texts: Sequence[AnalyzedText]) -> tuple[Codes, Codes]:
    """Of many texts at once: which text (by position) has which token; one entry for each occurrence."""
    text, codes = _joined([each.normalized for each in texts])
    text_written, written = _joined([each.surface for each in texts])
    sounds = np.where(written < len(_sounds()), _sounds()[np.minimum(written, len(_sounds()) - 1)], written)
    found = (
        _pairs(FeatureView.PAIR, text, codes),
        # Syllables have no edges: sound repairs a word, it doesn't say where a message begins.
        _pairs(FeatureView.SOUND, text_written, sounds, edges=False),
        _characters(text, codes),
    )
    return np.concatenate([text for text, _ in found]), np.concatenate([token for _, token in found])


def _joined(texts: Sequence[str]) -> tuple[Codes, Codes]:
    """All texts as one row of code points: which text each belongs to, and the code point."""
    joined = "".join(f"{_FIRST}{text}{_LAST}" for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    return np.cumsum(codes == _START) - 1, codes


def _pairs(view: FeatureView, text: Codes, codes: Codes, *, edges: bool = True) -> tuple[Codes, Codes]:
    inner = _inner(codes)
    pair = text[:-1] == text[1:] if edges else inner[:-1] & inner[1:]
    return text[:-1][pair], _raised(view, codes[:-1][pair]) | codes[1:][pair]


def _characters(text: Codes, codes: Codes) -> tuple[Codes, Codes]:
    inner = _inner(codes)
    return text[inner], _raised(FeatureView.CHARACTER, codes[inner])


def _inner(codes: Codes) -> NDArray[np.bool_]:
    """What is a character of a text and not its edge."""
    inner: NDArray[np.bool_] = (codes != _START) & (codes != _END)
    return inner


def _raised(view: FeatureView, codes: Codes) -> Codes:
    return (codes | (int(view) << _SHIFT)) << _SHIFT


def spell(token: int) -> tuple[FeatureView, str]:
    """A token as people read it: ^ and $ are the ends of the text, syllables stand apart."""
    view = FeatureView(token >> _VIEW_SHIFT)
    pair = ((token >> _SHIFT) & ((1 << _SHIFT) - 1), token & ((1 << _SHIFT) - 1))
    return view, (" " if view is FeatureView.SOUND else "").join(_character(code) for code in pair if code)


def _character(code: int) -> str:
    if code >= _SYLLABLES:
        return _syllable_names()[code - _SYLLABLES]
    return {_START: "^", _END: "$"}.get(code) or chr(code)


@cache
def _syllable_names() -> Sequence[str]:
    return tuple(dict.fromkeys(map(fuzzy_syllable, dict.fromkeys(syllables[0] for syllables in readings().values()))))


VIEW_WEIGHTS: Mapping[FeatureView, float] = MappingProxyType(
    {FeatureView.PAIR: 1.5, FeatureView.SOUND: 0.5, FeatureView.CHARACTER: 2.5}
)
"""How much each view counts; measured in docs/decisions/0001-matching.md."""


STRANGE = 1.0
"""How much a token that no question has counts for the length of a message: the more of a message is unknown, the weaker is the rest."""


@dataclass(frozen=True)
class SparseRows:
    """Sparse vectors of unit length: entry k says that text row[k] has token column[k] with this value."""

    row: Codes
    column: Codes
    value: Weights


class Vocabulary:
    """The tokens of at most half a million questions with their weights: rare ones weigh more (TF-IDF); immutable."""

    def __init__(self, texts: Sequence[AnalyzedText], weights: Mapping[FeatureView, float] = VIEW_WEIGHTS) -> None:
        self._tokens, column, row, count = _counted(*tokens(texts))
        frequency = np.bincount(column, minlength=len(self._tokens))
        views = np.sqrt(np.array([weights[view] for view in FeatureView]))
        self._weights = ((np.log((1 + len(texts)) / (1 + frequency)) + 1) * views[self._tokens >> _VIEW_SHIFT]).astype(
            np.float32
        )
        self._strange = ((np.log(1 + len(texts)) + 1) * views).astype(np.float32)
        value = (1 + np.log(count)) * self._weights[column]
        length = np.sqrt(np.bincount(row, value * value, minlength=len(texts)))
        self.learned = SparseRows(row, column, (value / length[row]).astype(np.float32))
        """The texts themselves."""

    def __len__(self) -> int:
        return len(self._tokens)

    def name(self, column: int) -> tuple[FeatureView, str]:
        """The token in this column, as people read it."""
        return spell(int(self._tokens[column]))

    def transform(self, text: AnalyzedText) -> tuple[Codes, Weights]:
        """A text's columns and values, a vector of unit length; tokens that no question has are left out."""
        # numpy's unique would do, but first imports all of its masked arrays.
        ordered = np.sort(tokens((text,))[1])
        first = np.flatnonzero(_is_new(ordered))
        token, count = ordered[first], np.diff(first, append=len(ordered))
        column = np.minimum(np.searchsorted(self._tokens, token), len(self._tokens) - 1)
        known = self._tokens[column] == token
        strange = self._strange[token[~known] >> _VIEW_SHIFT]
        column = column[known]
        value = (1 + np.log(count[known])) * self._weights[column]
        length = np.sqrt(np.dot(value, value) + STRANGE * np.dot(strange, strange))
        return column, (value / (length or 1.0)).astype(np.float32)


def _counted(row: Codes, token: Codes) -> tuple[Codes, Codes, Codes, Codes]:
    """The different tokens in order; and each that a text has, by token: its position, the text, and how often it occurs."""
    # One sort of both together, where sorting tokens and then pairs would be two.
    keys = token << _ROW_BITS
    keys |= row
    keys.sort()
    first = np.flatnonzero(_is_new(keys))
    count = np.diff(first, append=len(keys))
    keys = keys[first]
    row = keys & ((1 << _ROW_BITS) - 1)
    keys >>= _ROW_BITS
    is_new = _is_new(keys)
    return keys[is_new], np.cumsum(is_new) - 1, row, count


def _is_new(ordered: Codes) -> NDArray[np.bool_]:
    """Where another number begins."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new
