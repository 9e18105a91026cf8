"""The clauses of a message: people ask several things without a mark between them, after a blank, a comma or 「还有」."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from intents.matching.analyzer import AnalyzedText
from intents.matching.normalize import truncate

_HAN = "\u3400-\u9fff"
_AFTER_HAN = rf"(?<=[{_HAN}”」）)])[ \u3000]+(?=[{_HAN}“「（(0-9a-zA-Z])"
_BEFORE_HAN = rf"(?<=[0-9a-zA-Z])[ \u3000]+(?=[{_HAN}“「（(]{{3}})"
_AFTER_PARTICLE = rf"(?<=[吗嘛呢])(?=[{_HAN}]{{4}})"
_BEFORE_CONNECTIVE = (
    rf"(?<=[{_HAN}]{{6}})(?=还有[我他她你这那要]|另外|再一个|再就是|以及|顺便|要是|如果|完了|完事|又说)"
)
_MARKS = r"[。？！；?!;\n，,、：:…~～]+"
_CUT = re.compile(f"{_MARKS}|{_AFTER_HAN}|{_BEFORE_HAN}|{_AFTER_PARTICLE}|{_BEFORE_CONNECTIVE}")
_ASKS = re.compile(
    r"[？?吗么嘛咩怎咋几哪谁]|如何|点[样算解]|什么|啥|多少|多久|多长|多大|好多|为何|可以|能否|是否|该不该|还是|有没有|几时"
    r"|(.)不\1|边[个样度]|合法|违法|能信|[不没][啊呀呢]?$"
)
"""What makes a clause a question, in the words that dialects are read as."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, as it is written."""

    text: str
    has_mark: bool
    """A question mark ends it."""


class ReadClause(NamedTuple):
    """A clause as it is scored."""

    analyzed: AnalyzedText
    length: int
    """Of what is compared, in characters."""
    asks: bool


def split_clauses(text: str) -> list[Clause]:
    """The clauses of a message, in order, without what parts them."""
    text = truncate(text)
    clauses: list[Clause] = []
    start = 0
    for cut in _CUT.finditer(text):
        clauses.append(Clause(text[start : cut.start()], has_mark="？" in cut[0] or "?" in cut[0]))
        start = cut.end()
    clauses.append(Clause(text[start:], has_mark=False))
    return [clause for clause in clauses if clause.text.strip()]


def asks(surface: str) -> bool:
    """Whether a clause asks something, from its analysed surface."""
    return _ASKS.search(surface) is not None


def worth_scoring(
    clauses: Sequence[Clause], normalized: Sequence[str], analyzed: Sequence[AnalyzedText]
) -> Sequence[ReadClause]:
    """The clauses that say something; none where only one does, or none asks."""
    kept = [
        ReadClause(read, len(text), clause.has_mark or asks(read.surface))
        for clause, text, read in zip(clauses, normalized, analyzed, strict=False)
        if len(read.surface) > 1
    ]
    return kept if kept[1:] and any(each.asks for each in kept) else ()
