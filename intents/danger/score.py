"""How a message is worded beside messages in danger: the second line where no pattern tells. Weights from benchmarks/danger.py --fit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from importlib.resources import files
from math import fsum
from operator import add
from types import MappingProxyType

from intents.danger.spelling import BREAK

MAX_CHARACTERS = 400
"""Only so much of a message is weighed; in a long story the telling part is found by patterns."""

MIN_CHARACTERS = 5
"""A shorter message is left to the patterns: 「我在」 and 「不想」 tell nothing by their wording."""

MAX_DOUBTED = 100
"""In a longer message a pattern is believed, whatever the rest of the story sounds like."""

GAPS = (2, 3)
"""How far the characters of a pair stand apart."""

_FIRST, _LAST, _APART = "^$…"
"""Marks that no text in one spelling holds: the ends of a clause, and what is between the characters of a pair."""

_RUNS = (re.compile("(?=(..))"), re.compile("(?=(...))"))
"""Every run of two and of three characters."""

DAMPING = 0.5
"""How much a long message is held back, as a power of its number of runs."""

TOLD = 4
"""How many runs are named as the reason."""


class WordingVerdict(Enum):
    """What the wording as a whole says."""

    DANGER = auto()
    DOUBT = auto()
    """It speaks so plainly against danger that a pattern isn't believed: 「剧本杀里我演一个跳楼的」."""
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class DangerClassifier:
    """A linear classifier on runs of characters and pairs a little apart: which are there, not how often."""

    weights: Mapping[str, float]
    bias: float
    threshold: float
    """At or above, the wording counts as danger."""
    doubt: float
    """Below, it speaks against it."""

    @classmethod
    def load(cls) -> "DangerClassifier":
        """The weights that come with the package."""
        text = files(__package__).joinpath("weights.tsv").read_text(encoding="utf-8")
        _, _, table = text.partition("\n")
        cells = table.replace("\n", "\t").split("\t")
        values = dict(zip(cells[::2], map(float, filter(None, cells[1::2])), strict=False))
        return cls(MappingProxyType(values), values.pop("<bias>"), values.pop("<threshold>"), values.pop("<doubt>"))

    def score(self, folded: str) -> float:
        """How far on the side of danger: the classifier's margin."""
        runs = char_ngrams(folded)
        if not runs:
            return self.bias
        known = self.weights.keys() & runs
        return self.bias + fsum(map(self.weights.__getitem__, known)) / float(len(runs) ** DAMPING)

    def verdict(self, folded: str) -> WordingVerdict:
        """What the wording as a whole says; it never doubts a long message, where one clause is enough."""
        if len(folded) < MIN_CHARACTERS:
            return WordingVerdict.NOTHING
        score = self.score(folded)
        if score >= self.threshold:
            return WordingVerdict.DANGER
        return WordingVerdict.DOUBT if score < self.doubt and len(folded) <= MAX_DOUBTED else WordingVerdict.NOTHING

    def top_ngrams(self, folded: str) -> str:
        """The runs that spoke loudest for danger."""
        ranked = sorted(set(char_ngrams(folded)), key=lambda gram: (-self.weights.get(gram, 0.0), gram))
        return "、".join(gram for gram in ranked[:TOLD] if self.weights.get(gram, 0.0) > 0)


def char_ngrams(folded: str) -> list[str]:
    """Every run of one to three characters that no pause interrupts, and every pair with one or two characters between.

    The ends of a clause count as characters: 「想走了」 ends otherwise than 「想走了法律程序」.
    """
    found: list[str] = []
    for part in folded[:MAX_CHARACTERS].split(BREAK):
        if not part:
            continue
        clause = f"{_FIRST}{part}{_LAST}"
        characters = [*clause]
        found += characters
        for run in _RUNS:
            found += run.findall(clause)
        begun = [one + _APART for one in characters]
        for gap in GAPS:
            found += map(add, begun, characters[gap:])
    return found
