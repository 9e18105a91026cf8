"""How a message is worded beside messages in danger: weighs what patterns find, and finds what they don't. Set by benchmarks/danger.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from math import fsum
from operator import add

import yaml

from intents.danger.spelling import BREAK

MAX_CHARACTERS = 400
"""Only so much of a message is weighed; in a long story the telling part is found by patterns."""

GAPS = (2, 3)
"""How far the characters of a pair stand apart."""

_FIRST, _LAST, _APART = "^$…"
"""Marks that no text in one spelling holds: the ends of a clause, and what is between the characters of a pair."""

DICTATED = 12
"""From this many characters on, a message without any pause is a dictated one."""

UNHEARD = 0.16
"""So much more a dictated message speaks for danger than its runs, which lack the pauses, do."""

_SPOKEN_PAUSE = re.compile("(?<=[了吧呢啦])(?=[我你他她它这那现今明就人老爸妈儿谁哪])")
"""Where somebody who dictates goes on to the next clause."""

DAMPING = 0.5
"""How much a long message is held back, as a power of its number of runs."""

TOLD = 4
"""How many runs are named as the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where margins count: the least that is needed of each."""

    danger: float
    plain: float


@dataclass(frozen=True, slots=True)
class Margins:
    """How far a message is on one side: of danger, of danger that is said plainly, of another one's danger."""

    danger: float
    plain: float
    another: float

    def reach(self, line: Line) -> bool:
        """Whether the message counts as danger of any level."""
        return self.danger >= line.danger or self.plain >= line.plain


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the margins of a message count."""

    wording: Line
    """Of a message in which nothing else tells."""
    named: Line
    """Of one that names death, a means, a place or a farewell."""
    leaning: Line
    """Of one with a pattern that says danger only doubtfully."""
    signed: Line
    """Of one with a pattern that says it plainly."""
    sure: Line
    """Of one with a pattern that says it plainly and is hardly ever a figure of speech."""

    def least_unsure(self) -> Line:
        """The least with which any message counts that has no sure pattern."""
        unsure = (self.wording, self.named, self.leaning, self.signed)
        return Line(min(each.danger for each in unsure), min(each.plain for each in unsure))


@dataclass(frozen=True, slots=True)
class DangerClassifier:
    """Three linear classifiers on runs of characters and pairs a little apart: which are there, not how often."""

    weights: Mapping[str, tuple[float, float, float]]
    """For each of the margins."""
    bias: Margins
    lines: Lines
    categories: re.Pattern[str]

    @classmethod
    def load(cls) -> "DangerClassifier":
        """The weights that come with the package."""
        text = files(__package__).joinpath("weights.tsv").read_text(encoding="utf-8")
        _, _, table = text.partition("\n")
        cells = table.rstrip("\n").replace("\n", "\t").split("\t")
        columns = (map(float, cells[column::4]) for column in (1, 2, 3))
        values = dict(zip(cells[::4], zip(*columns, strict=True), strict=True))
        bias = Margins(*values.pop("<bias>"))
        lines = Lines(**{each.name: Line(*values.pop(f"<{each.name}>")[:2]) for each in fields(Lines)})
        return cls(values, bias, lines, load_categories())

    def margins(self, folded: str) -> Margins:
        """The margins of a text in one spelling."""
        grams = danger_ngrams(folded, self.categories)
        if not grams:
            return self.bias
        found = [*filter(None, map(self.weights.get, set(grams)))]
        held_back = float(len(grams) ** DAMPING)
        danger, plain, another = (fsum(each) / held_back for each in zip(*found, strict=True)) if found else (0.0,) * 3
        if is_dictated(folded):
            danger += UNHEARD
        return Margins(self.bias.danger + danger, self.bias.plain + plain, self.bias.another + another)

    def top_ngrams(self, folded: str) -> str:
        """The runs that spoke loudest for danger."""
        weight = {
            gram: self.weights[gram][0] for gram in danger_ngrams(folded, self.categories) if gram in self.weights
        }
        ranked = sorted(weight, key=lambda gram: (-weight[gram], gram))
        return "、".join(gram for gram in ranked[:TOLD] if weight[gram] > 0)


def load_categories() -> re.Pattern[str]:
    """categories.yaml as one pattern; the name of what matched is the letter that takes its place."""
    text = files(__package__).joinpath("categories.yaml").read_text(encoding="utf-8")
    listed: dict[str, str] = yaml.safe_load(text)
    first = "".join(_first_characters(word) for words in listed.values() for word in words.split())
    groups = "|".join(f"(?P<{letter}>{'|'.join(words.split())})" for letter, words in listed.items())
    # Most characters begin no word, and needn't be tried with every group.
    return re.compile(f"(?=[{first}])(?:{groups})")


def _first_characters(word: str) -> str:
    """The characters that a word of a category can begin with: `[0-9]+楼` with a figure.

    Raises ValueError for a word whose beginning can't be told, which would otherwise never be found again.
    """
    if "|" in word or not (word[0].isalnum() or word[0] == "["):
        raise ValueError(f"categories.yaml: {word} begins with neither a character nor a class of them")
    return word[1 : word.index("]")] if word.startswith("[") else word[0]


def is_dictated(folded: str) -> bool:
    """Whether nobody set a pause in a message that should have some."""
    return len(folded) >= DICTATED and BREAK not in folded


def danger_ngrams(folded: str, categories: re.Pattern[str]) -> list[str]:
    """The runs and pairs of a text, and those of the text in categories that hold one."""
    paused = folded[:MAX_CHARACTERS]
    if is_dictated(folded):
        paused = _SPOKEN_PAUSE.sub(BREAK, paused)
    grams = char_ngrams(paused)
    abstract = categories.sub(lambda found: found.lastgroup or "", paused)
    if abstract != paused:
        # Capital letters are categories; a text in one spelling has none.
        parts = (part for part in abstract[:MAX_CHARACTERS].split(BREAK) if part != part.lower())
        grams += filter(str.isupper, char_ngrams(BREAK.join(parts)))
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
        pairs = [*map(add, clause, clause[1:])]
        begun = [one + _APART for one in clause]
        found += clause
        found += pairs
        found += map(add, pairs, clause[2:])
        for gap in GAPS:
            found += map(add, begun, clause[gap:])
    return found
