"""How a message is worded beside messages in danger: the second line where no pattern tells. Weights from benchmarks/danger.py --fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import fsum
from types import MappingProxyType

from intents.danger_spelling import BREAK

MAX_CHARACTERS = 400
"""Only so much of a message is weighed; in a long story the telling part is found by patterns."""

MIN_CHARACTERS = 5
"""A shorter message is left to the patterns: 「我在」 and 「不想」 tell nothing by their wording."""

MAX_DOUBTED = 100
"""In a longer message a pattern is believed, whatever the rest of the story sounds like."""

GRAM = 3
"""The longest run of characters that has a weight."""

GAPS = (2, 3)
"""How far the characters of a pair stand apart."""

_FIRST, _LAST, _APART = "^$…"
"""Marks that no text in one spelling holds: the ends of a clause, and what is between the characters of a pair."""

DAMPING = 0.5
"""How much a long message is held back, as a power of its number of runs."""

TOLD = 4
"""How many runs are named as the reason."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A linear classifier on runs of characters and pairs a little apart: which are there, not how often."""

    weights: Mapping[str, float]
    bias: float
    threshold: float
    """At or above, the wording counts as danger."""
    doubt: float
    """Below, the wording speaks so plainly against it that a pattern isn't believed: 「剧本杀里我演一个跳楼的」."""

    @classmethod
    def load(cls) -> "Wording":
        """The weights that come with the package."""
        text = files(__package__).joinpath("danger_weights.tsv").read_text(encoding="utf-8")
        _, _, table = text.partition("\n")
        cells = table.replace("\n", "\t").split("\t")
        values = dict(zip(cells[::2], map(float, filter(None, cells[1::2])), strict=False))
        return cls(MappingProxyType(values), values.pop("<bias>"), values.pop("<threshold>"), values.pop("<doubt>"))

    def score(self, folded: str) -> float:
        """How far on the side of danger: the classifier's margin."""
        runs = grams(folded)
        if not runs:
            return self.bias
        known = self.weights.keys() & set(runs)
        return self.bias + fsum(self.weights[gram] for gram in known) / float(len(runs) ** DAMPING)

    def tells(self, folded: str) -> bool:
        """Whether the wording as a whole counts as danger."""
        return len(folded) >= MIN_CHARACTERS and self.score(folded) >= self.threshold

    def doubts(self, folded: str) -> bool:
        """Whether the wording as a whole speaks plainly against danger; never of a long message, where one clause is enough."""
        return MIN_CHARACTERS <= len(folded) <= MAX_DOUBTED and self.score(folded) < self.doubt

    def told(self, folded: str) -> str:
        """The runs that spoke loudest for danger."""
        ranked = sorted(set(grams(folded)), key=lambda gram: (-self.weights.get(gram, 0.0), gram))
        return "、".join(gram for gram in ranked[:TOLD] if self.weights.get(gram, 0.0) > 0)


def grams(folded: str) -> list[str]:
    """Every run of one to three characters that no pause interrupts, and every pair with one or two characters between.

    The ends of a clause count as characters: 「想走了」 ends otherwise than 「想走了法律程序」.
    """
    found: list[str] = []
    for part in folded[:MAX_CHARACTERS].split(BREAK):
        if not part:
            continue
        clause = f"{_FIRST}{part}{_LAST}"
        runs = [*clause]
        found += runs
        for size in range(1, GRAM):
            runs = [run + last for run, last in zip(runs, clause[size:], strict=False)]
            found += runs
        for gap in GAPS:
            found += [f"{one}{_APART}{other}" for one, other in zip(clause, clause[gap:], strict=False)]
    return found
