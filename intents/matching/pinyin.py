"""Pinyin and initials that someone typed, turned into the words of the FAQ: yuqi and yq are 逾期."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice, product
from math import log

from intents.chinese.readings import readings

MAX_WORD = 4
"""The longest run of characters that is learned as one word."""

_FIRST, _LAST = 0x4E00, 0x9FFF
"""The block of Chinese characters that people type."""
_HAN = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]+")
_LATIN = re.compile(r"[a-z]+(?: +[a-z]+)*")
_RARE_READING = 3.0
_UNKNOWN_SYLLABLE = -20.0
_WORD_COHESION = 0.1
_WORD_COUNT = 4
_LEXICON_COUNT = 3
_LEXICON_WEIGHT = 2


class PinyinReader:
    """Reads pinyin and initials as words of the FAQ: yuqi and yq are 逾期; immutable."""

    def __init__(self, texts: Iterable[str], words: Iterable[str]) -> None:
        """Learn from normalised questions, and from words that count even if they are rare."""
        texts = list(texts)
        counts = _counted(texts)
        known = {word for word in words if _HAN.fullmatch(word)}
        for word in known:
            counts[word] += _LEXICON_COUNT
        self._latin = frozenset(found for text in texts for found in re.findall("[a-z]+", text))
        self._syllables = frozenset(s for each in readings().values() for s in each if len(s) > 1 or s in "aoe") - {
            "hm",
            "ng",
        }
        self._words = _by_sound(counts)
        self._initials = _by_initials(counts, known)
        self._longest = max(map(len, self._words), default=0)

    def __call__(self, text: str) -> str:
        """Normalised text with what can be read safely put into characters."""
        return _LATIN.sub(lambda found: self._read(found[0].split()), text).replace(" ", "")

    def _read(self, tokens: list[str]) -> str:
        read: list[str] = []
        for token in tokens:
            if token in self._latin or len(token) == 1:
                read.append(token)
            elif self._spelled(token):
                read.append(self._decoded(token))
            else:
                read.append(self._initials.get(token, (0.0, token))[1])
        return "".join(read)

    def _spelled(self, letters: str) -> bool:
        reached = {0}
        for end in range(1, len(letters) + 1):
            if any(end - size in reached and letters[end - size : end] in self._syllables for size in range(1, 7)):
                reached.add(end)
        return len(letters) in reached

    def _decoded(self, letters: str) -> str:
        """The likeliest words for a run of syllables, by how often the FAQ uses each."""
        best: list[tuple[float, str] | None] = [(0.0, ""), *([None] * len(letters))]
        for start in range(len(letters)):
            so_far = best[start]
            if so_far is None:
                continue
            for end in range(start + 1, min(len(letters), start + self._longest) + 1):
                sound = letters[start:end]
                word = self._words.get(sound) or ((_UNKNOWN_SYLLABLE, sound) if sound in self._syllables else None)
                old = best[end]
                if word and (old is None or so_far[0] + word[0] > old[0]):
                    best[end] = (so_far[0] + word[0], so_far[1] + word[1])
        last = best[-1]
        return last[1] if last else letters


def _counted(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        for run in _HAN.findall(text):
            counts.update(run[i : i + size] for size in range(1, MAX_WORD + 1) for i in range(len(run) - size + 1))
    return counts


def _by_sound(counts: Counter[str]) -> dict[str, tuple[float, str]]:
    total = log(sum(count for word, count in counts.items() if len(word) == 1) or 1)
    table = readings()
    words: dict[str, tuple[float, str]] = {}
    for word, count in counts.items():
        if len(word) > 1 and count == 1:
            continue
        usual = log(count) - total
        choices = [tuple(enumerate(table.get(character, ()))) for character in word]
        for spelling in islice(product(*choices), 8):
            sound = "".join(syllable for _, syllable in spelling)
            entry = (usual - _RARE_READING * sum(rank for rank, _ in spelling), word)
            if sound not in words or entry > words[sound]:
                words[sound] = entry
    return words


def _by_initials(counts: Counter[str], known: set[str]) -> dict[str, tuple[float, str]]:
    table = readings()
    initials: dict[str, tuple[float, str]] = {}
    for word, count in counts.items():
        if len(word) == 1 or (word not in known and count < _WORD_COUNT):
            continue
        parts = ((counts[word[:i]] + _LEXICON_COUNT) * (counts[word[i:]] + _LEXICON_COUNT) for i in range(1, len(word)))
        cohesion = min(count * count / product_of_parts for product_of_parts in parts)
        if word not in known and cohesion < _WORD_COHESION:
            continue
        letters = "".join(table[character][0][0] for character in word if character in table)
        entry = (count * cohesion * (_LEXICON_WEIGHT if word in known else 1), word)
        if letters not in initials or entry > initials[letters]:
            initials[letters] = entry
    return initials
