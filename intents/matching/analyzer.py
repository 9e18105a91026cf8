"""A message in the forms in which it is compared with the FAQ's questions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from intents.matching.dialect import DialectLexicon
from intents.matching.english import translate
from intents.matching.lexicon import Lexicon
from intents.matching.normalize import BATCH_SIZE, Normalizer
from intents.matching.pinyin import PinyinDecoder

MAX_PINYIN_QUESTIONS = 20_000
"""Pinyin is learned from at most this many questions; more don't change what is learned."""

_LATIN = re.compile("[a-z]{2}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HOTLINE_DIGITS = 5
"""A number of at least so many digits is a telephone number, which says what is meant; a shorter one is an amount."""


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text in the forms that are compared."""

    surface: str
    """The normalised text with pinyin put into characters and amounts masked."""
    normalized: str
    """The same in the lexicon's words."""


class Analyzer:
    """Turns messages and the FAQ's questions into AnalyzedText; immutable."""

    def __init__(self, questions: Sequence[str], lexicon: Sequence[Sequence[str]]) -> None:
        """Take the FAQ's normalised questions, from which pinyin is learned, and the groups of its lexicon."""
        self.normalize = Normalizer()
        self._questions = questions
        self._dialect = DialectLexicon(self.normalize.batch)
        self._lexicon = Lexicon(lexicon, self.normalize.batch)

    @cached_property
    def _pinyin(self) -> PinyinDecoder:
        """Made for the first message with Latin letters, because a load would take a sixth longer."""
        step = max(1, len(self._questions) // MAX_PINYIN_QUESTIONS)
        return PinyinDecoder(self._questions[::step], self._lexicon.words)

    def warm(self) -> None:
        """Learn pinyin now, so that the first message with Latin letters needn't wait for it."""
        self._pinyin("")

    def __call__(self, message: str) -> AnalyzedText:
        """Analyse a message; both forms are empty where it holds no word."""
        return self.analyze_normalized(self.normalize(message))

    def is_word(self, normalized: str) -> bool:
        """Whether a normalised message is one word of the lexicon and nothing else: 信用卡."""
        return normalized in self._lexicon

    def analyze_normalized(self, text: str) -> AnalyzedText:
        """Analyse a message that is normalised already."""
        return self.analyze_question(self._pinyin(translate(text)) if _LATIN.search(text) else text)

    def analyze_messages(self, texts: Sequence[str]) -> list[AnalyzedText]:
        """Analyse several messages that are normalised already."""
        read = [self._pinyin(translate(text)) if _LATIN.search(text) else text for text in texts]
        return self.analyze_questions(read)

    def analyze_question(self, question: str) -> AnalyzedText:
        """Analyse one of the FAQ's normalised questions, whose Latin letters aren't pinyin."""
        return self.analyze_questions((question,))[0]

    def analyze_questions(self, questions: Sequence[str]) -> list[AnalyzedText]:
        """Analyse many of the FAQ's normalised questions, in half the time that one after the other would take."""
        return [
            analyzed
            for start in range(0, len(questions), BATCH_SIZE)
            for analyzed in self._analyze_batch(questions[start : start + BATCH_SIZE])
        ]

    def _analyze_batch(self, questions: Sequence[str]) -> Iterator[AnalyzedText]:
        joined = "\n".join(translate(each) if _LATIN.search(each) else each for each in questions).replace(" ", "")
        surface = _NUMBER.sub(_masked, self._dialect(joined))
        return map(AnalyzedText, surface.split("\n"), self._lexicon(surface).split("\n"))


def _masked(number: re.Match[str]) -> str:
    return number[0] if len(number[0]) >= _HOTLINE_DIGITS else "0"
