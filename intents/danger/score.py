"""How a message is worded beside messages in danger: weighs what patterns find, and finds what they don't. Weights from benchmarks/danger.py --fit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import fsum
from operator import add
from types import MappingProxyType

import yaml

from intents.danger.spelling import BREAK

MAX_CHARACTERS = 400
"""Only so much of a message is weighed; in a long story the telling part is found by patterns."""

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


@dataclass(frozen=True, slots=True)
class Margins:
    """How far a message is on the side of danger, and on the side of danger that is said plainly."""

    danger: float
    plain: float

    def reach(self, line: "Margins") -> bool:
        """Whether either is at its line."""
        return self.danger >= line.danger or self.plain >= line.plain


@dataclass(frozen=True, slots=True)
class Lines:
    """Where a margin counts; each is the least that is needed."""

    wording: Margins
    """Of a message in which nothing else tells."""
    named: Margins
    """Of one that names death, a means, a place or a farewell."""
    signed: Margins
    """Of one in which a pattern was found."""
    sure: Margins
    """Of one in which a pattern was found that is hardly ever a figure of speech."""


@dataclass(frozen=True, slots=True)
class DangerClassifier:
    """Two linear classifiers on runs of characters and pairs a little apart: which are there, not how often."""

    weights: Mapping[str, tuple[float, float]]
    """For danger, for plain danger."""
    bias: Margins
    lines: Lines
    categories: re.Pattern[str]

    @classmethod
    def load(cls) -> "DangerClassifier":
        """The weights that come with the package."""
        text = files(__package__).joinpath("weights.tsv").read_text(encoding="utf-8")
        _, _, table = text.partition("\n")
        cells = table.rstrip("\n").replace("\n", "\t").split("\t")
        pairs = zip(map(float, cells[1::3]), map(float, cells[2::3]), strict=True)
        values = dict(zip(cells[::3], pairs, strict=True))
        taken = {name: Margins(*values.pop(f"<{name}>")) for name in ("bias", "wording", "named", "signed", "sure")}
        return cls(MappingProxyType(values), taken.pop("bias"), Lines(**taken), load_categories())

    def margins(self, folded: str) -> Margins:
        """Both margins of a text in one spelling."""
        grams = danger_ngrams(folded, self.categories)
        if not grams:
            return self.bias
        found = [self.weights[gram] for gram in self.weights.keys() & grams]
        held_back = float(len(grams) ** DAMPING)
        return Margins(
            self.bias.danger + fsum(danger for danger, _ in found) / held_back,
            self.bias.plain + fsum(plain for _, plain in found) / held_back,
        )

    def top_ngrams(self, folded: str) -> str:
        """The runs that spoke loudest for danger."""
        weight = {gram: self.weights.get(gram, (0.0, 0.0))[0] for gram in danger_ngrams(folded, self.categories)}
        ranked = sorted(weight, key=lambda gram: (-weight[gram], gram))
        return "、".join(gram for gram in ranked[:TOLD] if weight[gram] > 0)


def load_categories() -> re.Pattern[str]:
    """categories.yaml as one pattern; the name of what matched is the letter that takes its place."""
    text = files(__package__).joinpath("categories.yaml").read_text(encoding="utf-8")
    listed: dict[str, str] = yaml.safe_load(text)
    return re.compile("|".join(f"(?P<{letter}>{'|'.join(words.split())})" for letter, words in listed.items()))


def danger_ngrams(folded: str, categories: re.Pattern[str]) -> list[str]:
    """The runs and pairs of a text, and those of the text in categories that hold one."""
    grams = char_ngrams(folded)
    abstract = categories.sub(lambda found: found.lastgroup or "", folded[:MAX_CHARACTERS])
    if abstract != folded:
        # Capital letters are categories; a text in one spelling has none.
        grams += filter(str.isupper, char_ngrams(abstract))
    return grams


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
