"""Pinyin and initials that someone typed, turned into the words of the FAQ: yuqi and yq are 逾期."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import islice, product
from math import log
from typing import NamedTuple

from intents.chinese.readings import readings

MAX_WORD = 4
"""The longest run of characters that is learned as one word."""
MAX_SPELLINGS = 8
"""At most so many spellings of a word are learned, where its characters have several readings."""

_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z]+(?: +[a-z]+)*")
_MAX_SYLLABLE = 6
"""Letters of the longest syllable: zhuang, chuang, shuang."""
_NO_SYLLABLES = frozenset({"hm", "ng"})
"""Readings in the table that nobody types for a word."""

_RARE_READING = 3.0
"""What the log probability of a word loses for each character that is read in its less usual way."""
_UNKNOWN_SYLLABLE = -20.0
"""The log probability of a syllable that stays in Latin letters, because no question has a word for it."""
_MIN_COHESION = 0.1
"""How much oftener than by chance the parts of a run must stand together for its initials to be learned."""
_MIN_COUNT = 4
"""How often a run must occur for its initials to be learned."""
_LEXICON_COUNT = 3
"""The lexicon's words count as if they stood in so many more questions."""
_LEXICON_WEIGHT = 2
"""By how much a word of the lexicon is preferred to another with the same initials."""


class _Entry(NamedTuple):
    """A word for a spelling or for initials; the greater score wins."""

    score: float
    word: str


class PinyinDecoder:
    """Puts pinyin and initials into the FAQ's words; immutable."""

    def __init__(self, questions: Iterable[str], lexicon: Iterable[str]) -> None:
        """Learn from normalised questions, and from the lexicon's words, which count even if they are rare."""
        questions = list(questions)
        counts = _run_counts(questions)
        known = {word for word in lexicon if _HAN.fullmatch(word)}
        for word in known:
            counts[word] += _LEXICON_COUNT
        self._latin_words = frozenset(word for question in questions for word in re.findall("[a-z]+", question))
        self._syllables = _typed_syllables()
        self._by_spelling = _index_by_spelling(counts)
        self._by_initials = _index_by_initials(counts, known)
        self._longest = max(map(len, self._by_spelling), default=0)

    def __call__(self, text: str) -> str:
        """The normalised text with what can safely be read as pinyin put into characters."""
        return _LATIN.sub(lambda found: self._decode_words(found[0].split()), text).replace(" ", "")

    def _decode_words(self, words: list[str]) -> str:
        return "".join(map(self._decode_word, words))

    def _decode_word(self, word: str) -> str:
        if word in self._latin_words or len(word) == 1:
            return word
        if is_pinyin(word):
            return self._decode_pinyin(word)
        entry = self._by_initials.get(word)
        return entry.word if entry else word

    def _decode_pinyin(self, letters: str) -> str:
        """The likeliest words for these letters, by how often the FAQ uses each (Viterbi)."""
        best: list[_Entry | None] = [_Entry(0.0, ""), *([None] * len(letters))]
        for start in range(len(letters)):
            so_far = best[start]
            if so_far is None:
                continue
            for end in range(start + 1, min(len(letters), start + self._longest) + 1):
                entry = self._entry(letters[start:end])
                old = best[end]
                if entry and (old is None or so_far.score + entry.score > old.score):
                    best[end] = _Entry(so_far.score + entry.score, so_far.word + entry.word)
        last = best[-1]
        return last.word if last else letters

    def _entry(self, letters: str) -> _Entry | None:
        known = self._by_spelling.get(letters)
        return known or (_Entry(_UNKNOWN_SYLLABLE, letters) if letters in self._syllables else None)


def is_pinyin(letters: str) -> bool:
    """Whether syllables can be cut from the letters so that nothing is left."""
    syllables = _typed_syllables()
    ends = {0}
    for end in range(1, len(letters) + 1):
        sizes = range(1, _MAX_SYLLABLE + 1)
        if any(end - size in ends and letters[end - size : end] in syllables for size in sizes):
            ends.add(end)
    return len(letters) in ends


@cache
def _typed_syllables() -> frozenset[str]:
    """The syllables that a person may type; of one letter only those that are a whole syllable."""
    return frozenset(s for each in readings().values() for s in each if len(s) > 1 or s in "aoe") - _NO_SYLLABLES


def _run_counts(questions: Iterable[str]) -> Counter[str]:
    """How often each run of one to MAX_WORD characters occurs."""
    counts: Counter[str] = Counter()
    for question in questions:
        for run in _HAN.findall(question):
            counts.update(run[i : i + size] for size in range(1, MAX_WORD + 1) for i in range(len(run) - size + 1))
    return counts


def _index_by_spelling(counts: Counter[str]) -> dict[str, _Entry]:
    """For each spelling in pinyin the word that the FAQ most likely means, with its log probability."""
    total = log(sum(count for word, count in counts.items() if len(word) == 1) or 1)
    table = readings()
    entries: dict[str, _Entry] = {}
    for word, count in counts.items():
        if len(word) > 1 and count == 1:
            continue
        probability = log(count) - total
        choices = [tuple(enumerate(table.get(character, ()))) for character in word]
        for syllables in islice(product(*choices), MAX_SPELLINGS):
            spelling = "".join(syllable for _, syllable in syllables)
            entry = _Entry(probability - _RARE_READING * sum(rank for rank, _ in syllables), word)
            if spelling not in entries or entry > entries[spelling]:
                entries[spelling] = entry
    return entries


def _index_by_initials(counts: Counter[str], known: set[str]) -> dict[str, _Entry]:
    """For the first letters of each word the word that is most often and most surely one."""
    table = readings()
    entries: dict[str, _Entry] = {}
    for word, count in counts.items():
        if len(word) == 1 or (word not in known and count < _MIN_COUNT):
            continue
        splits = (
            (counts[word[:i]] + _LEXICON_COUNT) * (counts[word[i:]] + _LEXICON_COUNT) for i in range(1, len(word))
        )
        cohesion = min(count * count / by_chance for by_chance in splits)
        if word not in known and cohesion < _MIN_COHESION:
            continue
        initials = "".join(table[character][0][0] for character in word if character in table)
        entry = _Entry(count * cohesion * (_LEXICON_WEIGHT if word in known else 1), word)
        if initials not in entries or entry > entries[initials]:
            entries[initials] = entry
    return entries
