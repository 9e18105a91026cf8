"""English words put into the Chinese words of the questions: 「can they call my boss」 is read as 可以 打电话 老板."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from intents.matching.pinyin import is_pinyin

SURE_WORDS = 2
"""With so many English words that can't be pinyin, those that could be (can, he, men) are English too."""
ENGLISH_WORDS = 3
"""A message with so many English words is in English: words that the glossary lacks are dropped."""
MAX_WORDS = 5
"""The longest phrase of the glossary, in words."""

_NEVER_PINYIN = frozenset(
    {"delete", "emo", "fake", "guarantee", "human", "late", "loan", "police", "reduce", "refuse", "sue"}
)
"""Words of the glossary that could be syllables, but of no word that anybody types: 「招行要sue我」."""

_RUN = re.compile("[a-z]+(?: +[a-z]+)*")

_Phrase = tuple[str, ...]


def translate(text: str) -> str:
    """The normalised text with English words of the glossary in Chinese; everything else as it was."""
    runs = [run.split() for run in _RUN.findall(text)]
    sure = sum(_is_sure(word) for run in runs for word in run)
    if not sure:
        return text
    return _RUN.sub(lambda found: "".join(_translated(found[0].split(), sure)), text)


def _is_sure(word: str) -> bool:
    """Whether a word is English and nothing else."""
    return word in _NEVER_PINYIN or (word in _single_words() and len(word) > 1 and not is_pinyin(word))


def _translated(words: Sequence[str], sure: int) -> Iterator[str]:
    """The words of one run, the longest phrases first; what stays Latin keeps its spaces."""
    start = 0
    while start < len(words):
        size, chinese = _longest_phrase(words[start : start + MAX_WORDS])
        if size and (sure >= SURE_WORDS or any(map(_is_sure, words[start : start + size]))):
            yield chinese
        elif sure < ENGLISH_WORDS or is_known_latin(words[start]):
            size = 1
            yield f" {words[start]} "
        start += max(size, 1)


def is_known_latin(word: str) -> bool:
    """Whether a word is used in Chinese as it is: app, gps."""
    return word in {"app", "gps", "abs", "ip", "pos"}


def _longest_phrase(words: Sequence[str]) -> tuple[int, str]:
    for size in range(len(words), 0, -1):
        if (chinese := _glossary().get(tuple(words[:size]))) is not None:
            return size, chinese
    return 0, ""


@cache
def _glossary() -> Mapping[_Phrase, str]:
    """Phrases in words, with what the questions say for them."""
    lines = files(__package__).joinpath("english.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {tuple(phrase.split()): chinese for chinese, phrases in reversed(rows) for phrase in phrases.split(",")}


@cache
def _single_words() -> frozenset[str]:
    return frozenset(word for phrase in _glossary() for word in phrase)
